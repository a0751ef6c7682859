#pragma once

#include "base/error.h"

namespace tarn {

// The texts are lakeFS's: clients and its test-suite match on them.
inline constexpr ErrorId kInvalidName{ErrorKind::kInvalid, "invalid value: validation error"};
inline constexpr ErrorId kRequiredName{ErrorKind::kInvalid, "required value: validation error"};
inline constexpr ErrorId kMissingPath{ErrorKind::kInvalid,
                                      "missing path: required value: validation error"};
/// The length and the limit follow the text.
inline constexpr ErrorId kPathTooLong{ErrorKind::kInvalid, "invalid value: validation error"};
inline constexpr ErrorId kMalformedUri{ErrorKind::kInvalid, "malformed lakefs URI"};
// A well-formed URI of the wrong shape; the reason and a colon come before the text.
inline constexpr ErrorId kNotRepositoryUri{ErrorKind::kInvalid, "not a valid repo URI"};
inline constexpr ErrorId kNotRefUri{ErrorKind::kInvalid, "not a valid ref URI"};
inline constexpr ErrorId kNotBranchUri{ErrorKind::kInvalid, "not a valid branch URI"};
inline constexpr ErrorId kNotPathUri{ErrorKind::kInvalid, "not a valid path URI"};

}  // namespace tarn
