#pragma once

#include "actions/api_caller.h"
#include "actions/hook.h"
#include "aws/config.h"
#include "base/environment.h"
#include "tables/export_journal.h"

#include <memory>

namespace tarn::actions {

/// The modules that let a script reach the server and the stores around it (`lakefs`, `aws`,
/// `lakefs/catalogexport/…`, with `net_http` also `net/http`), for HookConfig. `outbound` is for
/// what scripts name themselves. What is given outlives every hook.
LuaModules server_modules(ApiCaller& api, aws::Services aws, const Environment& environment,
                          http::Client& outbound, bool net_http, tables::ExportJournal& journal,
                          std::shared_ptr<aws::AssumedRoles> roles);

}  // namespace tarn::actions
