#include "actions/lua/modules/session.h"

#include "base/bytes.h"

#include <algorithm>

namespace tarn::actions::lua {

std::size_t Session::room(Call& call) {
  const std::size_t limit = call.engine().limits().memory_bytes;
  const std::size_t used = call.engine().memory_used();
  // Twice: once as it arrives, once inside Lua.
  return std::min((limit - std::min(used, limit)) / 2, ApiRequest().response_bytes_max);
}

ApiResponse Session::request(Call& call, std::string method, std::string target, Bytes body) {
  call.charge_bytes(target.size() + body.size());
  ApiRequest request{.method = std::move(method),
                     .target = std::move(target),
                     .body = std::move(body),
                     .user = std::string(host_.ctx.user()),
                     .response_bytes_max = room(call)};
  ApiCaller& api = host_.services.api;
  std::function<Task<Result<ApiResponse>>(Context)> start = [&api, request](Context ctx) {
    return api.call(std::move(ctx), request);
  };
  ApiResponse response = call.unwrap(await<ApiResponse>(call, std::move(start)));
  call.charge_bytes(response.body.size());
  return response;
}

std::shared_ptr<aws::CredentialsProvider> Session::credentials(Call& call) {
  if (call.missing(1) && call.missing(2)) {
    if (!own_credentials_) {
      own_credentials_ = aws::default_chain(host_.services.environment, {}, host_.services.aws);
    }
    return own_credentials_;
  }
  const std::string_view id = call.string_or(1, "");
  const std::string_view secret = call.string_or(2, "");
  // An empty key is a variable that is not set; it must not stand for the server's own.
  if (id.empty() || secret.empty()) {
    call.fail("AWS client: an access key id and a secret access key are needed, or neither");
  }
  return aws::static_credentials({.access_key_id = std::string(id),
                                  .secret_access_key = Secret(std::string(secret)),
                                  .session_token = {},
                                  .expires_at = {}});
}

}  // namespace tarn::actions::lua
