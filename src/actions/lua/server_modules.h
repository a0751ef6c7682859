#pragma once

#include "actions/api_caller.h"
#include "actions/lua/state.h"
#include "aws/assumed_roles.h"
#include "aws/config.h"
#include "base/environment.h"
#include "runtime/context.h"
#include "tables/export_journal.h"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tarn::actions::lua {

/// What the modules that need a server work with. The references outlive every State they are added
/// to.
struct ServerServices {
  ApiCaller& api;
  aws::Services aws;
  /// Endpoints, regions and the credential chain of AWS clients come from here.
  const Environment& environment;
  /// Connects where hooks may (actions/outbound.h): requests of scripts, and AWS clients whose
  /// endpoint a script names. Null = the one of `aws`.
  http::Client* outbound = nullptr;
  /// Scripts get `net/http`.
  bool net_http = false;
  /// Which exports did not end; null = not kept.
  tables::ExportJournal* journal = nullptr;
  /// Roles that clients of scripts take on.
  std::shared_ptr<aws::AssumedRoles> roles = std::make_shared<aws::AssumedRoles>();
};

/// One hook's view of the server.
struct HookSession {
  ServerServices services;
  /// Deadline and cancellation of the hook; its user is whose rights apply.
  Context ctx;
  /// The loop that asynchronous calls of the script's thread run on.
  boost::asio::any_io_executor executor;
};

/// `aws`, `lakefs`, `net/http` (if it is switched on),
/// `lakefs/catalogexport/{internal,hive,table_extractor,symlink_exporter, glue_exporter}`, as
/// docs/lua.md describes them. Adds them to `state`.
Result<void> add_server_modules(State& state, const HookSession& session);

}  // namespace tarn::actions::lua
