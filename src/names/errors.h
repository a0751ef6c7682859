#pragma once

#include "base/error.h"

namespace tarn {

// The texts are lakeFS's: clients and its test-suite match on them.
inline constexpr ErrorId kInvalidName{ErrorKind::kInvalid, "invalid value: validation error"};
inline constexpr ErrorId kRequiredName{ErrorKind::kInvalid, "required value: validation error"};
inline constexpr ErrorId kMalformedUri{ErrorKind::kInvalid, "malformed lakefs URI"};

}  // namespace tarn
