#pragma once

#include "base/error.h"
#include "endpoints/s3/call.h"

namespace tarn::endpoints::s3 {

/// Bearer or Basic credentials were given, and are wrong: answered the way the REST API does.
inline constexpr ErrorId kLoginFailed{ErrorKind::kUnauthenticated, "error authenticating request"};

/// Sets user and signature of the call from its Authorization header or its query. Errors:
/// kLoginFailed, those of aws::parse_authorization and aws::verify (kMissingFields for a stranger),
/// auth::kCredentialsNotFound.
Task<Result<void>> authenticate(Context ctx, Call call);

/// Whether the user may do what the request asks; reads the copy source on the way. Errors:
/// auth::kInsufficientPermissions, kInvalidCopySource.
Task<Result<void>> authorise(Context ctx, Call call);

}  // namespace tarn::endpoints::s3
