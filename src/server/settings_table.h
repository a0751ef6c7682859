#pragma once

#include "base/settings.h"

#include <span>
#include <string>

namespace tarn::server {

/// Every setting of the server: lakeFS's keys, and `data_dir`. Parser, checks, `--help` and
/// docs/config.md come from it. A key whose part of the server does not exist yet is marked
/// kIgnored or kRefused; whoever builds that part changes the row.
std::span<const SettingSpec> settings_table();

/// The whole text of docs/config.md.
std::string render_config_docs();

}  // namespace tarn::server
