#pragma once

#include "action_file/errors.h"
#include "base/yaml.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::action_file {

/// `prepare-commit`, `pre-commit` and so on, all of them.
std::span<const std::string_view> event_names();

enum class HookType : std::uint8_t { kWebhook, kAirflow, kLua, kCatalogExport };
std::string_view to_string(HookType type);

/// How often and when a hook of a post event is tried again after it failed.
struct HookRetry {
  /// With the first one; 1 = never again.
  std::int64_t attempts = 1;
  /// Before the second attempt; each later one waits twice as long as the one before.
  std::chrono::nanoseconds delay = std::chrono::seconds(10);
  std::chrono::nanoseconds delay_max = std::chrono::minutes(5);

  static constexpr std::int64_t kAttemptsMax = 10;
  static constexpr std::chrono::nanoseconds kDelayMax = std::chrono::hours(1);
};

struct HookSpec {
  std::string id;
  HookType type = HookType::kLua;
  std::string description;
  /// `if`: condition.h.
  std::string condition;
  YamlNode properties;
  HookRetry retry;
};

/// What one action file says.
struct Action {
  struct Trigger {
    /// One of event_names().
    std::string event;
    /// Globs (path_match.h); empty = every branch.
    std::vector<std::string> branches;
    /// The same for the tags of tag events.
    std::vector<std::string> tags;
    /// Globs (path_glob) over what the event changes, well formed; empty = whatever it changes.
    std::vector<std::string> paths;

    /// Whether the filters of names let this through; `paths` is for the caller to look at.
    /// Errors: kBadPattern.
    Result<bool> admits(std::string_view branch, std::string_view tag) const;
  };

  std::string name;
  std::string description;
  std::vector<Trigger> triggers;
  std::vector<HookSpec> hooks;

  /// What `event` is to run this action for, or null.
  const Trigger* trigger(std::string_view event) const;
};

/// The events that a file is about, as far as that can be told.
struct FileTriggers {
  /// False when some of what stands below `on` is no event, or when nothing does.
  bool known = false;
  std::vector<Action::Trigger> triggers;
};

/// Reads and checks an action file. Errors: kInvalidAction with the texts that lakeFS's clients
/// know (`'name' is required: invalid action`); `yaml: …` for what does not decode. `seen`, if not
/// null, is filled for files that are wrong, too.
Result<Action> parse_action(std::string_view text, FileTriggers* seen = nullptr);

}  // namespace tarn::action_file
