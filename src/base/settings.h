#pragma once

#include "base/environment.h"
#include "base/error.h"
#include "base/secret.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tarn {

/// How a setting is written and looked up. In the environment every type is text: lists as a JSON
/// array (or one element), maps as `k1=v1,k2=v2` or a JSON object, records as a JSON array of
/// objects, durations as Go writes them (`1h30m`).
enum class SettingType : std::uint8_t {
  kString,
  kSecret,  // a string that is masked wherever it is shown
  kBool,
  kInt,
  kSize,  // bytes; also with KiB, MiB, GiB
  kFloat,
  kDuration,
  kList,
  kMap,
  kRecords,  // a list of maps
};

/// What the server does with a value.
enum class SettingSupport : std::uint8_t {
  kFull,
  /// Accepted for the sake of existing files and without effect; setting it warns.
  kIgnored,
  /// Setting it refuses the start: to ignore it would change where data goes or who may do what.
  kRefused,
};

/// One row of a settings table, from which parsing, checks and docs/config.md come. Texts live as
/// long as the program.
struct SettingSpec {
  std::string_view key = "";  // dotted, lower case
  SettingType type = SettingType::kString;
  /// As one would write it in the environment; empty = unset.
  std::string_view fallback = "";
  std::string_view text = "";
  SettingSupport support = SettingSupport::kFull;
  /// Allowed words separated by `|`; compared without case, stored as written here. Empty = any.
  std::string_view choices = "";
  /// For numbers, sizes (bytes), and durations (nanoseconds).
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  /// `~` at the front is the home folder.
  bool is_path = false;
  /// A list that is split at commas when it comes as text.
  bool comma_separated = false;
};

/// Where values come from; later ones win: table, `defaults`, file, environment, `overrides`.
struct SettingSources {
  /// Key and text pairs that a mode or a command line flag sets (`--quickstart`).
  std::vector<std::pair<std::string, std::string>> defaults;
  std::vector<std::pair<std::string, std::string>> overrides;
  /// Text of a YAML file; absent = no file.
  std::optional<std::string> file_text;
  /// For messages.
  std::string file_name = "config.yaml";
  /// `TARN_<KEY>` and `LAKEFS_<KEY>`, dots as underscores; TARN_ wins. A section may be given as
  /// one JSON object. An unknown variable with these prefixes only warns. `HOME` resolves `~`.
  Environment environment;
};

/// Values of all settings of a table. Immutable after loading; thread-safe.
/// Looking up a key that is not in the table, or as another type, is a bug and stops the process.
class Settings {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;
  using Value =
      std::variant<std::string, Secret, bool, std::int64_t, double, std::chrono::nanoseconds,
                   std::vector<std::string>, Map, std::vector<Map>>;

  enum class Origin : std::uint8_t { kDefault, kFile, kEnvironment, kOverride };

  /// Errors: kInvalid, whose message lists every unknown key and bad value, one a line. `table`
  /// outlives the settings.
  static Result<Settings> load(std::span<const SettingSpec> table, const SettingSources& sources);

  const std::string& get_string(std::string_view key) const;
  const Secret& get_secret(std::string_view key) const;
  bool get_bool(std::string_view key) const;
  /// kInt and kSize.
  std::int64_t get_int(std::string_view key) const;
  double get_float(std::string_view key) const;
  std::chrono::nanoseconds get_duration(std::string_view key) const;
  const std::vector<std::string>& get_list(std::string_view key) const;
  const Map& get_map(std::string_view key) const;
  const std::vector<Map>& get_records(std::string_view key) const;

  /// True when something other than the table set it.
  bool is_set(std::string_view key) const { return origin(key) != Origin::kDefault; }
  Origin origin(std::string_view key) const;

  /// What to log as warnings: unknown variables, settings without effect.
  const std::vector<std::string>& warnings() const { return warnings_; }
  /// Every key with its value, in the table's order; secrets as `******` (set) or `------` (unset).
  std::vector<std::pair<std::string, std::string>> masked() const;

 private:
  friend class SettingsLoader;
  struct Entry {
    Value value;
    Origin origin = Origin::kDefault;
  };
  explicit Settings(std::span<const SettingSpec> table) : table_(table) {}
  const Entry& entry(std::string_view key, std::initializer_list<SettingType> types) const;

  std::span<const SettingSpec> table_;
  std::map<std::string_view, std::pair<const SettingSpec*, Entry>> entries_;
  std::vector<std::string> warnings_;
};

/// `TARN_DATABASE_LOCAL_PATH` for `database.local.path`.
std::string setting_variable(std::string_view prefix, std::string_view key);

/// docs/config.md: one Markdown table a section.
std::string render_settings_docs(std::span<const SettingSpec> table);

}  // namespace tarn
