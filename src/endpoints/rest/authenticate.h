#pragma once

#include "auth/service.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <string>

namespace tarn::endpoints::rest {

inline constexpr std::string_view kSessionCookie = "internal_auth_session";

/// Who sends the request: bearer token, Basic, or session cookie, the first that is present. Null
/// without any of them. Errors: auth::kUnauthenticated when what is present is wrong.
Task<Result<auth::UserPtr>> authenticate(Context ctx, auth::Service& service,
                                         const http::Request& request);

/// For address conditions in policies: the first hop of X-Forwarded-For, else X-Real-IP, else the
/// peer.
std::string source_address(const http::Request& request);

}  // namespace tarn::endpoints::rest
