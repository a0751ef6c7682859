#pragma once

#include "auth/request_login.h"
#include "auth/service.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <string_view>

namespace tarn::endpoints::rest {

inline constexpr std::string_view kSessionCookie = "internal_auth_session";

/// Who sends the request: bearer token, Basic, or session cookie, the first that is present. Null
/// without any of them. Errors: auth::kUnauthenticated when what is present is wrong.
Task<Result<auth::UserPtr>> authenticate(Context ctx, auth::Service& service,
                                         const http::Request& request);

using auth::source_address;

}  // namespace tarn::endpoints::rest
