#pragma once

#include "actions/lua/modules/session.h"
#include "http/client.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions::lua {

// Modules for table formats and for services beside AWS; what their functions do is in docs/lua.md.

/// `lakefs.stat_object`, of a type that the exporters recognise.
struct StatObject {
  SessionPtr session;
  int operator()(Call& call) const;
};

Module delta_module(const SessionPtr& session);       // lakefs/catalogexport/delta_core
Module formats_module(const SessionPtr& session);     // formats
Module databricks_module(const SessionPtr& session);  // databricks
Module azure_module(const SessionPtr& session);       // azure
Module gcloud_module(const SessionPtr& session);      // gcloud
/// All of them.
std::vector<Module> cloud_modules(const SessionPtr& session);

/// For requests to hosts that a script names: connects where hooks may (actions/outbound.h).
http::Client& outbound_client(const Session& session);

/// `http(s)://host[:port][/path]` with `https://` where the script left it out and without a slash
/// at the end; raises what is no such URL.
std::string host_url(Call& call, std::string_view given);

}  // namespace tarn::actions::lua
