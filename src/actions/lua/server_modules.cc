#include "actions/lua/server_modules.h"

#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/modules/http.h"
#include "actions/lua/modules/server_functions.h"

namespace tarn::actions::lua {

Result<void> add_server_modules(State& state, const HookSession& session) {
  const auto shared = std::make_shared<Session>(session);
  TARN_CHECK_OK(state.add_module(lakefs_module(shared)));
  TARN_CHECK_OK(state.add_module(aws_module(shared)));
  TARN_CHECK_OK(state.add_module(export_module(shared)));
  for (Module& module : cloud_modules(shared)) {
    TARN_CHECK_OK(state.add_module(std::move(module)));
  }
  if (session.services.net_http) {
    TARN_CHECK_OK(state.add_module(http_module(shared)));
  }
  for (const auto& [name, text] : export_sources()) {
    TARN_CHECK_OK(state.add_source(name, text));
  }
  return {};
}

}  // namespace tarn::actions::lua
