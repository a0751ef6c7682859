#pragma once

#include "actions/errors.h"
#include "base/yaml.h"
#include "graveler/hooks.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions {

enum class HookType : std::uint8_t { kWebhook, kAirflow, kLua };
std::string_view to_string(HookType type);

struct HookSpec {
  std::string id;
  HookType type = HookType::kLua;
  std::string description;
  /// `if`: condition.h.
  std::string condition;
  YamlNode properties;
};

/// What one action file says.
struct Action {
  struct Trigger {
    graveler::Event event = graveler::Event::kPreCommit;
    /// Globs (path_match.h); empty = every branch.
    std::vector<std::string> branches;
  };

  std::string name;
  std::string description;
  std::vector<Trigger> triggers;
  std::vector<HookSpec> hooks;

  /// Whether `event` on `branch` runs this action. Errors: kBadPattern.
  Result<bool> matches(graveler::Event event, std::string_view branch) const;
};

/// Reads and checks an action file. Errors: kInvalidAction with the texts that lakeFS's clients
/// know (`'name' is required: invalid action`); `yaml: …` for what does not decode.
Result<Action> parse_action(std::string_view text);

}  // namespace tarn::actions
