#include "base/settings.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/settings_value.h"
#include "base/text.h"
#include "base/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace tarn {
namespace {

constexpr std::string_view kPrefixes[] = {"TARN_", "LAKEFS_"};  // the first wins

YamlNode to_yaml(const Json& json) {
  if (json.is_object()) {
    std::vector<YamlNode::Field> fields;
    for (const Json::Member& member : json.members()) {
      fields.push_back({.key = member.key, .value = to_yaml(member.value), .line = 0});
    }
    return YamlNode::map(std::move(fields));
  }
  if (json.is_array()) {
    std::vector<YamlNode> items;
    for (const Json& item : json.items()) {
      items.push_back(to_yaml(item));
    }
    return YamlNode::sequence(std::move(items));
  }
  if (json.is_null()) {
    return {};
  }
  const std::string* text = json.as_string();
  return YamlNode::scalar(text != nullptr ? *text : json.dump(), text == nullptr);
}

}  // namespace

std::string setting_variable(std::string_view prefix, std::string_view key) {
  std::string name(prefix);
  for (const char c : key) {
    name.push_back(c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  return name;
}

/// Gathers every problem before it gives up, so that one start shows the full list.
class SettingsLoader {
 public:
  SettingsLoader(std::span<const SettingSpec> table, const SettingSources& sources)
      : sources_(sources), settings_(table) {
    for (const SettingSpec& spec : table) {
      Result<Settings::Value> value = parse_setting(spec, spec.fallback);
      TARN_ASSERT(value, spec.key);
      const bool fresh =
          settings_.entries_
              .emplace(spec.key,
                       std::pair(&spec, Settings::Entry{.value = *std::move(value), .origin = {}}))
              .second;
      TARN_ASSERT(fresh, spec.key);
      for (std::size_t at = spec.key.find('.'); at != std::string_view::npos;
           at = spec.key.find('.', at + 1)) {
        sections_.insert(spec.key.substr(0, at));
      }
    }
  }

  Result<Settings> load() {
    apply_texts(sources_.defaults, Settings::Origin::kDefault);
    if (sources_.file_text) {
      apply_file(*sources_.file_text);
    }
    apply_environment();
    apply_texts(sources_.overrides, Settings::Origin::kOverride);
    check_support();
    expand_home();
    if (!problems_.empty()) {
      std::string message = "invalid configuration:";
      for (const std::string& problem : problems_) {
        message.append("\n  ").append(problem);
      }
      return Error::with_message(kInvalid, std::move(message));
    }
    return std::move(settings_);
  }

 private:
  using Origin = Settings::Origin;

  void problem(std::string_view where, std::string_view what) {
    problems_.push_back(fmt::format("{}: {}", where, what));
  }

  void assign(const SettingSpec& spec, Result<Settings::Value> value, Origin origin,
              std::string_view where) {
    if (!value) {
      problem(where, value.error().message());
      return;
    }
    Settings::Entry& entry = settings_.entries_.at(spec.key).second;
    entry.value = *std::move(value);
    entry.origin = origin;
  }

  void apply_texts(const std::vector<std::pair<std::string, std::string>>& pairs, Origin origin) {
    for (const auto& [key, text] : pairs) {
      const auto found = settings_.entries_.find(key);
      if (found == settings_.entries_.end()) {
        problem(key, "unknown setting");
      } else {
        assign(*found->second.first, parse_setting(*found->second.first, text), origin, key);
      }
    }
  }

  void apply_file(const std::string& text) {
    Result<YamlNode> root = parse_yaml(text);
    if (!root) {
      problem(sources_.file_name, root.error().message());
      return;
    }
    if (!root->is_null() && !root->is_map()) {
      problem(sources_.file_name, "not a map of settings");
      return;
    }
    apply_section(*root, "", Origin::kFile, sources_.file_name);
  }

  /// Assigns what is below `prefix` ("" or "section."). `where` is a file's or a variable's name.
  void apply_section(const YamlNode& section, const std::string& prefix, Origin origin,
                     const std::string& where) {
    std::set<std::string> seen;
    for (const YamlNode::Field& field : section.fields()) {
      const std::string key = prefix + ascii_lower(field.key);
      const std::string place = field.line > 0 ? fmt::format("{}:{}: {}", where, field.line, key)
                                               : fmt::format("{}: {}", where, key);
      const auto found = settings_.entries_.find(key);
      if (!seen.insert(key).second) {
        problem(place, "set twice (keys compare without case)");
      } else if (found != settings_.entries_.end()) {
        // A key without a value stays at its default.
        if (!field.value.is_null()) {
          assign(*found->second.first, parse_setting(*found->second.first, field.value), origin,
                 place);
        }
      } else if (!sections_.contains(key)) {
        problem(place, "unknown setting" + suggestion(key));
      } else if (field.value.is_map()) {
        apply_section(field.value, key + ".", origin, where);
      } else if (!field.value.is_null()) {
        problem(place, "is a section, not a value");
      }
    }
  }

  std::string suggestion(std::string_view key) const {
    std::string_view best;
    std::size_t least = 4;
    for (const auto& [known, entry] : settings_.entries_) {
      const std::size_t steps = edit_distance(key, known);
      if (steps < least) {
        least = steps;
        best = known;
      }
    }
    return best.empty() ? std::string() : fmt::format("; did you mean {}?", best);
  }

  void apply_environment() {
    std::set<std::string> known;
    for (const std::string_view prefix : {kPrefixes[1], kPrefixes[0]}) {
      // Sections first: a variable for one key is more exact than one for its section.
      for (const std::string_view section : sections_) {
        const std::string name = setting_variable(prefix, section);
        const auto text = sources_.environment.get(name);
        // Kubernetes injects names like LAKEFS_PORT=tcp://…; only an object can be meant for us.
        if (!text || !text->starts_with('{')) {
          continue;
        }
        known.insert(name);
        Result<Json> json = parse_json(*text);
        if (!json) {
          problem(name, "not JSON: " + json.error().message());
          continue;
        }
        apply_section(to_yaml(*json), std::string(section) + ".", Origin::kEnvironment, name);
      }
      for (auto& [key, row] : settings_.entries_) {
        const std::string name = setting_variable(prefix, key);
        known.insert(name);
        const auto text = sources_.environment.get(name);
        if (text) {
          assign(*row.first, parse_setting(*row.first, *text), Origin::kEnvironment, name);
        }
      }
    }
    for (const auto& [name, text] : sources_.environment.all()) {
      const bool ours = name.starts_with(kPrefixes[0]) || name.starts_with(kPrefixes[1]);
      if (ours && !text.empty() && !known.contains(name)) {
        settings_.warnings_.push_back(
            fmt::format("unknown environment variable {} is ignored", name));
      }
    }
  }

  void check_support() {
    for (const auto& [key, row] : settings_.entries_) {
      const SettingSpec& spec = *row.first;
      if (spec.support == SettingSupport::kFull || row.second.origin == Origin::kDefault) {
        continue;
      }
      Result<Settings::Value> fallback = parse_setting(spec, spec.fallback);
      if (show_setting(spec, *fallback) == show_setting(spec, row.second.value) &&
          spec.type != SettingType::kSecret) {
        continue;  // spelled out, but as it is anyway
      }
      if (spec.support == SettingSupport::kRefused) {
        problem(key, "not supported; remove it");
      } else {
        settings_.warnings_.push_back(
            fmt::format("setting {} is accepted, but has no effect", key));
      }
    }
  }

  void expand(std::string& path) {
    if (path != "~" && !path.starts_with("~/")) {
      return;
    }
    const auto home = sources_.environment.get("HOME");
    if (!home) {
      problem(path, "HOME is not set, so ~ names no folder");
      return;
    }
    path.replace(0, 1, *home);
  }

  void expand_home() {
    for (auto& [key, row] : settings_.entries_) {
      if (!row.first->is_path) {
        continue;
      }
      if (auto* list = std::get_if<std::vector<std::string>>(&row.second.value)) {
        for (std::string& path : *list) {
          expand(path);
        }
      } else {
        expand(std::get<std::string>(row.second.value));
      }
    }
  }

  const SettingSources& sources_;
  Settings settings_;
  std::set<std::string_view> sections_;
  std::vector<std::string> problems_;
};

Result<Settings> Settings::load(std::span<const SettingSpec> table, const SettingSources& sources) {
  return SettingsLoader(table, sources).load();
}

const Settings::Entry& Settings::entry(std::string_view key,
                                       std::initializer_list<SettingType> types) const {
  const auto found = entries_.find(key);
  TARN_ASSERT(found != entries_.end(), key);
  const SettingType type = found->second.first->type;
  TARN_ASSERT(types.size() == 0 || std::find(types.begin(), types.end(), type) != types.end(), key);
  return found->second.second;
}

const std::string& Settings::get_string(std::string_view key) const {
  return std::get<std::string>(entry(key, {SettingType::kString}).value);
}
const Secret& Settings::get_secret(std::string_view key) const {
  return std::get<Secret>(entry(key, {SettingType::kSecret}).value);
}
bool Settings::get_bool(std::string_view key) const {
  return std::get<bool>(entry(key, {SettingType::kBool}).value);
}
std::int64_t Settings::get_int(std::string_view key) const {
  return std::get<std::int64_t>(entry(key, {SettingType::kInt, SettingType::kSize}).value);
}
double Settings::get_float(std::string_view key) const {
  return std::get<double>(entry(key, {SettingType::kFloat}).value);
}
std::chrono::nanoseconds Settings::get_duration(std::string_view key) const {
  return std::get<std::chrono::nanoseconds>(entry(key, {SettingType::kDuration}).value);
}
const std::vector<std::string>& Settings::get_list(std::string_view key) const {
  return std::get<std::vector<std::string>>(entry(key, {SettingType::kList}).value);
}
const Settings::Map& Settings::get_map(std::string_view key) const {
  return std::get<Map>(entry(key, {SettingType::kMap}).value);
}
const std::vector<Settings::Map>& Settings::get_records(std::string_view key) const {
  return std::get<std::vector<Map>>(entry(key, {SettingType::kRecords}).value);
}
Settings::Origin Settings::origin(std::string_view key) const { return entry(key, {}).origin; }

std::vector<std::pair<std::string, std::string>> Settings::masked() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const SettingSpec& spec : table_) {
    all.emplace_back(spec.key, show_setting(spec, entries_.at(spec.key).second.value));
  }
  return all;
}

std::string render_settings_docs(std::span<const SettingSpec> table) {
  std::string out;
  std::string_view open_section = "\n";
  for (const SettingSpec& spec : table) {
    const std::size_t dot = spec.key.find('.');
    const std::string_view section =
        dot == std::string_view::npos ? std::string_view() : spec.key.substr(0, dot);
    if (section != open_section) {
      out.append(section.empty() ? "\n## General\n\n" : fmt::format("\n## `{}`\n\n", section));
      out.append("| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n");
      open_section = section;
    }
    std::string text(spec.text);
    if (!spec.choices.empty()) {
      std::string choices(spec.choices);
      for (std::size_t at = choices.find('|'); at != std::string::npos;
           at = choices.find('|', at)) {
        choices.replace(at, 1, "`, `");
      }
      text.append(text.empty() ? "" : " ").append("One of `").append(choices).append("`.");
    }
    if (spec.support == SettingSupport::kIgnored) {
      text.append(text.empty() ? "" : " ").append("*Accepted, no effect.*");
    } else if (spec.support == SettingSupport::kRefused) {
      text.append(text.empty() ? "" : " ").append("*Not supported: refuses the start.*");
    }
    const std::string fallback = spec.fallback.empty() ? "–" : fmt::format("`{}`", spec.fallback);
    out.append(
        fmt::format("| `{}` | {} | {} | {} |\n", spec.key, to_string(spec.type), fallback, text));
  }
  return out;
}

}  // namespace tarn
