#pragma once

#include "actions/action.h"
#include "actions/api_caller.h"
#include "actions/hook_event.h"
#include "actions/lua/limits.h"
#include "actions/substitution.h"
#include "aws/assumed_roles.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/rng.h"
#include "block/fwd.h"
#include "graveler/hooks.h"
#include "http/client.h"
#include "runtime/blocking_pool.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/export_journal.h"
#include "tables/export_locks.h"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace tarn::actions {

namespace lua {
class State;
}

/// Adds the modules that need a server to a script's State. `ctx` ends with the hook and carries
/// its user; asynchronous calls run on `executor`.
using LuaModules = std::function<Result<void>(lua::State& state, Context ctx,
                                              boost::asio::any_io_executor executor)>;

struct HookConfig {
  EnvironmentConfig environment;
  /// Of one script; its deadline is set from `lua_timeout`.
  lua::Limits lua_limits;
  std::chrono::nanoseconds lua_timeout = std::chrono::minutes(5);
  LuaModules lua_modules;
  /// Between two looks at the state of a DAG.
  std::chrono::nanoseconds airflow_poll_interval = std::chrono::seconds(5);
  /// For AWS clients whose endpoint no action names; null = HookServices::http.
  http::Client* aws_http = nullptr;
  /// The server's store of objects, and its folder if it is a local one; for exports beside the
  /// data.
  block::Adapter* blocks = nullptr;
  std::string files_root = {};
  /// Of exports that scripts and hooks make; null = nobody notes what did not end.
  tables::ExportJournal* export_journal = nullptr;
  /// Shared by every hook that exports.
  std::shared_ptr<tables::ExportLocks> export_locks = std::make_shared<tables::ExportLocks>();
  /// And every one that takes on a role.
  std::shared_ptr<aws::AssumedRoles> roles = std::make_shared<aws::AssumedRoles>();
};

/// What hooks work with; all outlive them.
struct HookServices {
  ApiCaller& api;
  /// Connects where hooks may (outbound.h).
  http::Client& http;
  const Clock& clock;
  Rng& rng;
  const Environment& environment;
  const HookConfig& config;
};

/// Collects what a hook has to tell.
struct HookLog {
  std::string text;
  Secrets secrets;
};

/// One hook of a run, its properties read, ready to go.
class Hook {
 public:
  virtual ~Hook() = default;
  /// Runs, anew at each call; one call at a time. `pool` is for what blocks. What it prints goes to
  /// `log`, also when it fails; the owner masks secrets. Errors: kHookFailed and others of kind
  /// kPreconditionFailed for what the hook's author decides on, kCancelled, kTimeout, kThrottled.
  virtual Task<Result<void>> run(Context ctx, BlockingPool& pool, HookLog& log) = 0;
};

/// One firing of one hook. The references outlive the hook.
struct HookRequest {
  const graveler::HookRecord& record;
  const HookSpec& spec;
  HookNames names;
  /// Where scripts are read.
  const std::string& files_ref;
};

/// Reads the properties and replaces references to the environment, whose values go to `secrets`.
/// Errors: kInvalidAction, kMissingVariable.
Result<std::unique_ptr<Hook>> make_hook(HookServices services, HookRequest request,
                                        Secrets& secrets);

// The kinds.
Result<std::unique_ptr<Hook>> make_lua_hook(HookServices services, HookRequest request,
                                            Secrets& secrets);
Result<std::unique_ptr<Hook>> make_webhook(HookServices services, HookRequest request,
                                           Secrets& secrets);
Result<std::unique_ptr<Hook>> make_airflow_hook(HookServices services, HookRequest request,
                                                Secrets& secrets);
Result<std::unique_ptr<Hook>> make_catalog_export_hook(HookServices services, HookRequest request,
                                                       Secrets& secrets);

}  // namespace tarn::actions
