#include "auth/request_login.h"

#include "auth/errors.h"
#include "base/encoding.h"
#include "base/text.h"

namespace tarn::auth {
namespace {

/// The rest of an Authorization value of that scheme; empty if it is another.
std::string_view after_scheme(std::string_view value, std::string_view scheme) {
  if (value.size() <= scheme.size() || value[scheme.size()] != ' ' ||
      !http::equals_ignore_case(value.substr(0, scheme.size()), scheme)) {
    return {};
  }
  return trim(value.substr(scheme.size()), " ");
}

}  // namespace

Task<Result<UserPtr>> authenticate_header(Context ctx, Service& service,
                                          const http::Headers& headers) {
  const std::string_view authorization = headers.get("Authorization");
  const std::string_view bearer = after_scheme(authorization, "Bearer");
  if (!bearer.empty() && bearer.find(' ') == std::string_view::npos) {
    co_return co_await service.authenticate_token(std::move(ctx), std::string(bearer));
  }
  const std::string_view basic = after_scheme(authorization, "Basic");
  if (!basic.empty()) {
    const Result<std::string> pair = base64_decode(basic);
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) {
      co_return Error(kUnauthenticated);
    }
    co_return co_await service.authenticate_key(std::move(ctx), pair->substr(0, colon),
                                                pair->substr(colon + 1));
  }
  co_return UserPtr();
}

std::string source_address(const http::Request& request) {
  const std::string_view forwarded = request.headers.get("X-Forwarded-For");
  if (!forwarded.empty()) {
    return std::string(trim(forwarded.substr(0, forwarded.find(',')), " "));
  }
  const std::string_view real = request.headers.get("X-Real-IP");
  return real.empty() ? request.peer_address : std::string(real);
}

}  // namespace tarn::auth
