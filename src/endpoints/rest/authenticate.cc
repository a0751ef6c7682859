#include "endpoints/rest/authenticate.h"

#include "http/fields.h"

namespace tarn::endpoints::rest {

Task<Result<auth::UserPtr>> authenticate(Context ctx, auth::Service& service,
                                         const http::Request& request) {
  TARN_CO_TRY(auth::UserPtr user,
              co_await auth::authenticate_header(ctx, service, request.headers));
  if (user) {
    co_return user;
  }
  std::optional<std::string> session = http::find_cookie(request.headers, kSessionCookie);
  // What is not even shaped like a token counts as no session.
  if (session && session->find('.') != std::string::npos) {
    co_return co_await service.authenticate_token(std::move(ctx), *std::move(session));
  }
  co_return user;
}

}  // namespace tarn::endpoints::rest
