#pragma once

#include "base/environment.h"
#include "base/error.h"
#include "base/secret.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::ctl {

/// What the client can be told about its server and itself.
struct Config {
  std::string access_key_id;
  Secret secret_access_key;
  std::string provider_type;
  std::string endpoint_url;
  bool retries_enabled = true;
  /// Repetitions, so one less than requests.
  std::uint32_t retries_max = 4;
  std::chrono::nanoseconds retry_wait_min{};
  std::chrono::nanoseconds retry_wait_max{};
  /// A server that says nothing for this long has hung.
  std::chrono::nanoseconds idle_timeout{};
  std::optional<std::int64_t> parallelism;
  bool skip_non_regular_files = false;
  bool symlink_support = false;
};

/// Texts of keys, as they come from a file and the environment.
using ConfigValues = std::map<std::string, std::string, std::less<>>;

/// Which file is meant, and whether it must be there.
struct ConfigFile {
  std::string path;
  /// Named by --config: whatever is wrong with it is an error. Other files that cannot be read or
  /// parsed count as absent.
  bool required = false;
};
/// --config, LAKECTL_CONFIG_FILE (or TARNCTL_…), `$HOME/.lakectl.yaml`.
ConfigFile config_file(std::string_view flag, const Environment& environment);

/// Table, file and environment (`TARNCTL_<KEY>`, then `LAKECTL_<KEY>`, dots as underscores), later
/// ones win. Errors: what cannot be read, unknown keys, bad values, in lakectl's words.
Result<ConfigValues> load_config_values(const ConfigFile& file, const Environment& environment);
/// load_config_values without checks, for showing what there is.
ConfigValues current_config_values(const ConfigFile& file, const Environment& environment);
/// Errors: values that are none of their key's type.
Result<Config> decode_config(const ConfigValues& values);

/// A YAML file of all keys that have a value, sorted.
std::string render_config(const ConfigValues& values);

}  // namespace tarn::ctl
