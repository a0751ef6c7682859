#pragma once

#include "base/error.h"

namespace tarn::auth {

/// Wrong key, wrong secret, bad token and unknown user all look alike to who asks.
inline constexpr ErrorId kUnauthenticated{ErrorKind::kUnauthenticated,
                                          "error authenticating request"};
/// REST answers 401, the S3 gateway 403.
inline constexpr ErrorId kInsufficientPermissions{ErrorKind::kForbidden,
                                                  "insufficient permissions"};
inline constexpr ErrorId kUserNotFound{ErrorKind::kNotFound, "user not found"};
inline constexpr ErrorId kCredentialsNotFound{ErrorKind::kNotFound, "credentials not found"};
inline constexpr ErrorId kAlreadyInitialized{ErrorKind::kConflict, "lakeFS already initialized"};
inline constexpr ErrorId kInvalidName{ErrorKind::kInvalid, "validation error"};
/// The encryption key of the configuration does not open what is stored.
inline constexpr ErrorId kWrongSecretKey{
    ErrorKind::kCorruption, "cannot decrypt: wrong auth.encrypt.secret_key or damaged data"};

}  // namespace tarn::auth
