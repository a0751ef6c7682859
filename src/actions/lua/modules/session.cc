#include "actions/lua/modules/session.h"

#include "base/bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

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

namespace {

/// The role that the options of a client name; no ARN = none.
aws::Role read_role(Call& call, int n) {
  aws::Role role;
  if (call.missing(n)) {
    return role;
  }
  call.require_table(n);
  const Json options = call.json(n);
  const std::pair<std::string_view, std::string*> fields[] = {{"role_arn", &role.arn},
                                                              {"external_id", &role.external_id},
                                                              {"session_name", &role.session_name}};
  for (const Json::Member& option : options.members()) {
    const auto field = std::ranges::find_if(
        fields, [&option](const auto& each) { return each.first == option.key; });
    if (field == std::end(fields) || !option.value.is_string()) {
      call.fail(
          fmt::format("AWS client: `{}` is none of the options role_arn, external_id and "
                      "session_name, which are strings",
                      option.key));
    }
    *field->second = *option.value.as_string();
  }
  // A table without a role has a variable in it that is not set; it must not stand for the server.
  if (const Result<void> checked = aws::check_role(role); !checked) {
    call.fail("AWS client: " + checked.error().message());
  }
  return role;
}

}  // namespace

std::shared_ptr<aws::CredentialsProvider> Session::credentials(Call& call) {
  const aws::Role role = read_role(call, 5);
  if (role.arn.empty()) {
    return keys(call);
  }
  std::string region(call.string_or(3, ""));
  if (call.missing(1) && call.missing(2)) {
    return host_.services.roles->find(host_.services.environment, role, std::move(region),
                                      host_.services.aws);
  }
  return aws::assumed_role(host_.services.environment, role, std::move(region), keys(call),
                           host_.services.aws);
}

std::shared_ptr<aws::CredentialsProvider> Session::keys(Call& call) {
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
