#pragma once

#include "base/environment.h"
#include "base/rng.h"
#include "base/secret.h"
#include "base/settings.h"

#include <string>
#include <vector>

namespace tarn::server {

/// Which settings a run takes its values from.
struct Options {
  /// `--config`; empty = look in the usual places.
  std::string config_file;
  bool local_settings = false;
  bool quickstart = false;
};

struct LoadedSettings {
  Settings settings;
  /// The file that was read; empty = none.
  std::string file;
};

/// Reads file, environment and modes. Errors kInvalid with every bad key, kNotFound for a named
/// file that is not there.
Result<LoadedSettings> load_settings(const Options& options, const Environment& environment);

/// Keys that lakeFS requires and that this server makes itself when nobody gives them.
struct ServerSecrets {
  Secret encryption_key;
  Secret signing_key;
  /// True when this call wrote them.
  bool generated = false;
};

/// The configured secrets; what is missing comes from `<data_dir>/secrets.yaml` (mode 0600), which
/// is made when needed. A file that others may read is refused. Errors kInvalid, kUnavailable.
Result<ServerSecrets> load_secrets(const Settings& settings, Rng& rng);

/// A path setting, or `<data_dir>/<below>` where it is not set.
std::string path_or_default(const Settings& settings, std::string_view key, std::string_view below);

}  // namespace tarn::server
