#pragma once

#include "base/error.h"

namespace tarn::endpoints::rest {

inline constexpr ErrorId kNotImplemented{ErrorKind::kUnsupported, "Not Implemented"};
/// 416; the answer carries what range there is.
inline constexpr ErrorId kRangeNotSatisfiable{ErrorKind::kInvalid,
                                              "Requested Range Not Satisfiable"};
inline constexpr ErrorId kTooManyPaths{ErrorKind::kInvalid,
                                       "request size exceeded, max paths is set to 1000"};
inline constexpr ErrorId kNotInitialized{ErrorKind::kPreconditionFailed,
                                         "lakeFS is not initialized"};
inline constexpr ErrorId kCommPrefsSet{ErrorKind::kAlreadyExists,
                                       "communication preferences already set"};

}  // namespace tarn::endpoints::rest
