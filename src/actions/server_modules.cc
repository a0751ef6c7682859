#include "actions/server_modules.h"

#include "actions/lua/server_modules.h"

#include <utility>

namespace tarn::actions {

LuaModules server_modules(ApiCaller& api, aws::Services aws, const Environment& environment,
                          http::Client& outbound, bool net_http, tables::ExportJournal& journal,
                          std::shared_ptr<aws::AssumedRoles> roles) {
  const lua::ServerServices services{.api = api,
                                     .aws = aws,
                                     .environment = environment,
                                     .outbound = &outbound,
                                     .net_http = net_http,
                                     .journal = &journal,
                                     .roles = std::move(roles)};
  return [services](lua::State& state, Context ctx, boost::asio::any_io_executor executor) {
    const lua::HookSession session{services, std::move(ctx), std::move(executor)};
    return lua::add_server_modules(state, session);
  };
}

}  // namespace tarn::actions
