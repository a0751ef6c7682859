#include "action_file/action.h"

#include "action_file/path_match.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace tarn::action_file {
namespace {

constexpr std::array<std::string_view, 4> kTypeNames{"webhook", "airflow", "lua", "catalog_export"};
static_assert(kTypeNames.size() == static_cast<std::size_t>(HookType::kCatalogExport) + 1);

constexpr std::array<std::string_view, 17> kEventNames{
    "prepare-commit",     "pre-commit",        "post-commit",        "pre-merge",
    "post-merge",         "pre-create-tag",    "post-create-tag",    "pre-delete-tag",
    "post-delete-tag",    "pre-create-branch", "post-create-branch", "pre-delete-branch",
    "post-delete-branch", "pre-revert",        "post-revert",        "pre-cherry-pick",
    "post-cherry-pick"};

bool is_event(std::string_view name) {
  return std::ranges::find(kEventNames, name) != kEventNames.end();
}

constexpr std::size_t kHookIdBytesMax = 256;

Error invalid(std::string_view what) { return Error(kInvalidAction, what); }

/// A hook as it stands in the file, before its type is known.
struct RawHook {
  std::string id;
  std::string type;
  std::string description;
  std::string condition;
  const YamlNode* properties = nullptr;
  const YamlNode* retry = nullptr;
};

struct RawTrigger {
  std::string event;
  std::vector<std::string> branches;
  std::vector<std::string> tags;
  std::vector<std::string> paths;
};

/// Takes typed parts from the document and collects what has another type.
class Decoder {
 public:
  std::string text(const YamlNode& map, std::string_view key) {
    const YamlNode* found = map.find(key);
    return found == nullptr ? std::string() : text(*found);
  }
  std::string text(const YamlNode& node) {
    if (!node.is_scalar() && !node.is_null()) {
      mismatch(node, "string");
    }
    return node.text();
  }
  /// Null where it is absent or null.
  const YamlNode* map(const YamlNode& parent, std::string_view key, std::string_view target) {
    const YamlNode* found = parent.find(key);
    if (found == nullptr || found->is_null()) {
      return nullptr;
    }
    if (!found->is_map()) {
      mismatch(*found, target);
      return nullptr;
    }
    return found;
  }
  const std::vector<YamlNode>& items(const YamlNode& parent, std::string_view key,
                                     std::string_view target) {
    static const std::vector<YamlNode> kNone;
    const YamlNode* found = parent.find(key);
    if (found == nullptr || found->is_null()) {
      return kNone;
    }
    if (!found->is_sequence()) {
      mismatch(*found, target);
    }
    return found->items();
  }
  std::vector<std::string> texts(const YamlNode& parent, std::string_view key) {
    std::vector<std::string> out;
    for (const YamlNode& item : items(parent, key, "[]string")) {
      out.push_back(text(item));
    }
    return out;
  }
  std::size_t error_count() const { return errors_.size(); }

  void mismatch(const YamlNode& node, std::string_view target) {
    errors_.push_back(
        fmt::format("  line {}: cannot unmarshal {} into {}", node.line(), describe(node), target));
  }
  Result<void> finish() const {
    if (errors_.empty()) {
      return {};
    }
    return Error::with_message(
        kInvalidAction, fmt::format("yaml: unmarshal errors:\n{}", fmt::join(errors_, "\n")));
  }

 private:
  static std::string describe(const YamlNode& node) {
    switch (node.kind()) {
      case YamlNode::Kind::kNull:
        return "!!null";
      case YamlNode::Kind::kSequence:
        return "!!seq";
      case YamlNode::Kind::kMap:
        return "!!map";
      case YamlNode::Kind::kScalar:
        break;
    }
    const std::string_view tag = node.as_bool()     ? "!!bool"
                                 : node.as_int()    ? "!!int"
                                 : node.as_double() ? "!!float"
                                                    : "!!str";
    std::string shown = node.text();
    if (shown.size() > 10) {
      shown = shown.substr(0, 7) + "...";
    }
    return fmt::format("{} `{}`", tag, shown);
  }

  std::vector<std::string> errors_;
};

std::vector<RawTrigger> decode_triggers(Decoder& decoder, const YamlNode& root) {
  std::vector<RawTrigger> triggers;
  const YamlNode* on = decoder.map(root, "on", "map of events");
  if (on == nullptr) {
    return triggers;
  }
  for (const YamlNode::Field& field : on->fields()) {
    RawTrigger trigger;
    trigger.event = field.key;
    if (!field.value.is_null() && !field.value.is_map()) {
      decoder.mismatch(field.value, "event");
    }
    trigger.branches = decoder.texts(field.value, "branches");
    // On other events an unknown key, as it always was.
    if (trigger.event.ends_with("-tag")) {
      trigger.tags = decoder.texts(field.value, "tags");
    }
    trigger.paths = decoder.texts(field.value, "paths");
    triggers.push_back(std::move(trigger));
  }
  return triggers;
}

std::vector<RawHook> decode_hooks(Decoder& decoder, const YamlNode& root) {
  std::vector<RawHook> hooks;
  for (const YamlNode& item : decoder.items(root, "hooks", "[]hook")) {
    if (!item.is_map() && !item.is_null()) {
      decoder.mismatch(item, "hook");
    }
    RawHook hook;
    hook.id = decoder.text(item, "id");
    hook.type = decoder.text(item, "type");
    hook.description = decoder.text(item, "description");
    hook.condition = decoder.text(item, "if");
    hook.properties = decoder.map(item, "properties", "map of properties");
    hook.retry = decoder.map(item, "retry", "retry");
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `^\w[\w\-. ]+$`
bool is_action_name(std::string_view name) {
  return name.size() >= 2 && is_word(name.front()) && std::ranges::all_of(name, [](char c) {
           return is_word(c) || c == '-' || c == '.' || c == ' ';
         });
}

/// `^[_a-zA-Z][\-_a-zA-Z0-9]{1,255}$`
bool is_hook_id(std::string_view id) {
  return id.size() >= 2 && id.size() <= kHookIdBytesMax && is_word(id.front()) &&
         !(id.front() >= '0' && id.front() <= '9') &&
         std::ranges::all_of(id, [](char c) { return is_word(c) || c == '-'; });
}

Result<Action::Trigger> check_trigger(RawTrigger raw) {
  if (!is_event(raw.event)) {
    return invalid(fmt::format("event '{}' is not supported", raw.event));
  }
  if (raw.event.ends_with("-tag") && !raw.branches.empty()) {
    return Error::with_message(
        kInvalidAction, "'branches' is not supported in tag event types. invalid event parameter");
  }
  if (!raw.paths.empty() && (raw.event.ends_with("-tag") || raw.event.ends_with("-branch"))) {
    return invalid(fmt::format("'paths' is not supported in event '{}'", raw.event));
  }
  for (const std::string& pattern : raw.paths) {
    if (!is_path_glob(pattern)) {
      return invalid(fmt::format("event '{}': 'paths': '{}' is no pattern", raw.event, pattern));
    }
  }
  return Action::Trigger{std::move(raw.event), std::move(raw.branches), std::move(raw.tags),
                         std::move(raw.paths)};
}

/// The triggers of a file for FileTriggers.
FileTriggers triggers_of(const std::vector<RawTrigger>& raw, bool decoded) {
  FileTriggers out;
  out.known = decoded && !raw.empty();
  for (const RawTrigger& one : raw) {
    if (is_event(one.event)) {
      out.triggers.push_back({one.event, one.branches, one.tags, {}});
    } else {
      out.known = false;
    }
  }
  return out;
}

Result<std::chrono::nanoseconds> check_delay(const YamlNode& retry, std::string_view key,
                                             std::chrono::nanoseconds fallback) {
  const YamlNode* found = retry.find(key);
  if (found == nullptr) {
    return fallback;
  }
  const Result<std::chrono::nanoseconds> read = parse_duration(found->text());
  if (!read || *read < std::chrono::nanoseconds::zero() || *read > HookRetry::kDelayMax) {
    return invalid(fmt::format("'{}' should be a duration of at most 1h, such as 30s", key));
  }
  return *read;
}

Result<HookRetry> check_retry(const YamlNode& retry) {
  HookRetry out;
  for (const YamlNode::Field& field : retry.fields()) {
    if (field.key != "attempts" && field.key != "delay" && field.key != "max_delay") {
      return invalid(fmt::format("'{}' is unknown", field.key));
    }
  }
  const YamlNode* attempts = retry.find("attempts");
  const std::optional<std::int64_t> count = attempts == nullptr ? std::nullopt : attempts->as_int();
  if (!count || *count < 1 || *count > HookRetry::kAttemptsMax) {
    return invalid(
        fmt::format("'attempts' should be a number from 1 to {}", HookRetry::kAttemptsMax));
  }
  out.attempts = *count;
  TARN_TRY(out.delay, check_delay(retry, "delay", out.delay));
  TARN_TRY(out.delay_max, check_delay(retry, "max_delay", std::max(out.delay, out.delay_max)));
  return out;
}

/// The property of those that must be there and is not; empty if none.
std::string_view missing_property(HookType type, const YamlNode& properties) {
  const auto has = [&properties](std::string_view key) { return properties.find(key) != nullptr; };
  if (type == HookType::kLua) {
    return has("script") || has("script_path") ? "" : "'script' or 'script_path'";
  }
  if (type == HookType::kCatalogExport) {
    return has("tables") ? "" : "'tables'";
  }
  if (!has("url")) {
    return "'url'";
  }
  if (type == HookType::kAirflow) {
    constexpr std::string_view kQuoted[] = {"'dag_id'", "'username'", "'password'"};
    for (const std::string_view key : kQuoted) {
      if (!has(key.substr(1, key.size() - 2))) {
        return key;
      }
    }
  }
  return "";
}

Result<HookSpec> check_hook(RawHook raw, std::size_t index, std::set<std::string>& ids) {
  if (!is_hook_id(raw.id)) {
    return invalid(fmt::format("hook[{}] missing ID", index));
  }
  if (!ids.insert(raw.id).second) {
    return invalid(fmt::format("hook[{}] duplicate ID '{}'", index, raw.id));
  }
  const auto* type = std::ranges::find(kTypeNames, raw.type);
  if (type == kTypeNames.end()) {
    // The id, not the type: tools match on this text.
    return invalid(fmt::format("hook[{}] type '{}' unknown", index, raw.id));
  }
  if (raw.properties == nullptr) {
    return invalid(fmt::format("hook[{}] type '{}': missing hook properties", index, raw.type));
  }
  HookSpec hook;
  hook.type = static_cast<HookType>(type - kTypeNames.begin());
  const std::string_view missing = missing_property(hook.type, *raw.properties);
  if (!missing.empty()) {
    return invalid(fmt::format("hook[{}] type '{}': {} must be supplied in properties", index,
                               raw.type, missing));
  }
  if (raw.retry != nullptr) {
    Result<HookRetry> retry = check_retry(*raw.retry);
    if (!retry) {
      return std::move(retry).error().wrap(fmt::format("hook[{}] 'retry'", index));
    }
    hook.retry = *retry;
  }
  hook.id = std::move(raw.id);
  hook.description = std::move(raw.description);
  hook.condition = std::move(raw.condition);
  hook.properties = *raw.properties;
  return hook;
}

}  // namespace

std::span<const std::string_view> event_names() { return kEventNames; }

std::string_view to_string(HookType type) { return kTypeNames[static_cast<std::size_t>(type)]; }

Result<bool> Action::Trigger::admits(std::string_view branch, std::string_view tag) const {
  const std::vector<std::string>& patterns = tags.empty() ? branches : tags;
  const std::string_view subject = tags.empty() ? branch : tag;
  for (const std::string& pattern : patterns) {
    TARN_TRY(const bool matched, path_match(pattern, subject));
    if (matched) {
      return true;
    }
  }
  return patterns.empty();
}

const Action::Trigger* Action::trigger(std::string_view event) const {
  const auto found = std::ranges::find(triggers, event, &Trigger::event);
  return found == triggers.end() ? nullptr : &*found;
}

Result<Action> parse_action(std::string_view text, FileTriggers* seen) {
  Result<YamlNode> root = parse_yaml(text);
  if (!root) {
    return Error::with_message(kInvalidAction, "yaml: " + root.error().message());
  }
  Decoder decoder;
  if (!root->is_map() && !root->is_null()) {
    decoder.mismatch(*root, "action");
  }
  Action action;
  action.name = decoder.text(*root, "name");
  action.description = decoder.text(*root, "description");
  const std::size_t errors_before = decoder.error_count();
  std::vector<RawTrigger> triggers = decode_triggers(decoder, *root);
  if (seen != nullptr) {
    *seen = triggers_of(triggers, decoder.error_count() == errors_before);
  }
  std::vector<RawHook> hooks = decode_hooks(decoder, *root);
  TARN_CHECK_OK(decoder.finish());

  if (action.name.empty()) {
    return invalid("'name' is required");
  }
  if (!is_action_name(action.name)) {
    return invalid("'name' is invalid");
  }
  if (triggers.empty()) {
    return invalid("'on' is required");
  }
  for (RawTrigger& raw : triggers) {
    TARN_TRY(Action::Trigger trigger, check_trigger(std::move(raw)));
    action.triggers.push_back(std::move(trigger));
  }
  std::set<std::string> ids;
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    TARN_TRY(HookSpec hook, check_hook(std::move(hooks[i]), i, ids));
    action.hooks.push_back(std::move(hook));
  }
  return action;
}

}  // namespace tarn::action_file
