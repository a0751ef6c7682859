#pragma once

#include "actions/run_store.h"
#include "auth/service.h"
#include "base/clock.h"
#include "catalog/objects.h"
#include "catalog/removal.h"
#include "catalog/tasks.h"
#include "graveler/store.h"

#include <string>

namespace tarn::catalog {
class Imports;
}
namespace tarn::actions {
class ManualRuns;
struct CatalogExportServices;
}

namespace tarn::endpoints::rest {

/// Facts of this server that operations answer with.
struct ServerInfo {
  std::string version;
  std::string default_namespace_prefix;
  std::string login_failed_message = "The credentials don't match.";
  bool tls = false;
  bool comm_prefs_enabled = true;
  bool import_support = false;
};

/// What handlers work with; all outlive the endpoint. Trivially copyable.
struct Services {
  graveler::VersionStore& versions;
  catalog::Objects& objects;
  auth::Service& auth;
  actions::RunStore& runs;
  catalog::Imports& imports;
  const Clock& clock;
  const ServerInfo& info;
  catalog::Tasks& tasks;
  catalog::Removal& removal;
  /// Set when hooks, which call the endpoint themselves, can run.
  actions::ManualRuns* manual_runs = nullptr;
  /// Set when tables can be exported.
  const actions::CatalogExportServices* exports = nullptr;
};

}  // namespace tarn::endpoints::rest
