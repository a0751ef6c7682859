#pragma once

#include "auth/service.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <string>

/// Who sends an HTTP request, in the ways that every protocol of the server shares.
namespace tarn::auth {

/// The user of an Authorization header with a bearer token or Basic credentials. Null without one,
/// or with a scheme that is neither. Errors: kUnauthenticated when what is present is wrong.
Task<Result<UserPtr>> authenticate_header(Context ctx, Service& service,
                                          const http::Headers& headers);

/// For address conditions in policies: the first hop of X-Forwarded-For, else X-Real-IP, else the
/// peer.
std::string source_address(const http::Request& request);

}  // namespace tarn::auth
