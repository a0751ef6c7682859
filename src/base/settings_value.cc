#include "base/settings_value.h"

#include "base/assert.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace tarn {
namespace {

using Map = Settings::Map;
using Value = Settings::Value;

Error bad(std::string why) { return Error::with_message(kInvalid, std::move(why)); }

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(trim(text.substr(0, at)));
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  }
  return parts;
}

Result<bool> read_bool(std::string_view text) {
  const std::string word = ascii_lower(text);
  for (const char* yes : {"true", "t", "1", "yes", "on"}) {
    if (word == yes) {
      return true;
    }
  }
  for (const char* no : {"false", "f", "0", "no", "off", ""}) {
    if (word == no) {
      return false;
    }
  }
  return bad(fmt::format("\"{}\" is not a boolean (true or false)", text));
}

Result<std::int64_t> in_bounds(const SettingSpec& spec, std::int64_t value, std::string_view text) {
  if (value < spec.min || value > spec.max) {
    const auto show = [&spec](std::int64_t bound) {
      return spec.type == SettingType::kDuration ? format_duration(std::chrono::nanoseconds(bound))
                                                 : std::to_string(bound);
    };
    if (value < spec.min) {
      return bad(fmt::format("{} is less than {}", text, show(spec.min)));
    }
    return bad(fmt::format("{} is more than {}", text, show(spec.max)));
  }
  return value;
}

Result<std::int64_t> read_int(const SettingSpec& spec, std::string_view text) {
  static constexpr struct {
    std::string_view name;
    std::int64_t factor;
  } kUnits[] = {{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}};
  if (text.empty()) {
    return std::int64_t{0};
  }
  std::string_view digits = text;
  std::int64_t factor = 1;
  if (spec.type == SettingType::kSize) {
    const std::string word = ascii_lower(text);
    for (const auto& unit : kUnits) {
      if (word.ends_with(unit.name)) {
        factor = unit.factor;
        digits = trim(text.substr(0, text.size() - unit.name.size()));
      }
    }
  }
  std::int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() ||
      __builtin_mul_overflow(value, factor, &value)) {
    return bad(fmt::format("\"{}\" is not {}", text,
                           spec.type == SettingType::kSize
                               ? "a number of bytes (a whole number, also with KiB, MiB or GiB)"
                               : "a whole number"));
  }
  return in_bounds(spec, value, text);
}

Result<double> read_float(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!text.empty() && (read.ec != std::errc() || read.ptr != text.data() + text.size())) {
    return bad(fmt::format("\"{}\" is not a number", text));
  }
  return value;
}

Result<std::chrono::nanoseconds> read_duration(const SettingSpec& spec, std::string_view text) {
  if (text.empty()) {
    return std::chrono::nanoseconds(0);
  }
  Result<std::chrono::nanoseconds> value = parse_duration(text);
  if (!value) {
    return bad(fmt::format("\"{}\" is not a duration such as 300ms, 20s or 1h30m", text));
  }
  TARN_TRY(const std::int64_t nanos, in_bounds(spec, value->count(), text));
  return std::chrono::nanoseconds(nanos);
}

Result<std::string> read_string(const SettingSpec& spec, std::string_view text) {
  if (spec.choices.empty() || text.empty()) {
    return std::string(text);
  }
  for (std::string& choice : split(spec.choices, '|')) {
    if (ascii_lower(choice) == ascii_lower(text)) {
      return std::move(choice);
    }
  }
  std::string choices;
  for (const std::string& choice : split(spec.choices, '|')) {
    choices.append(choices.empty() ? "" : ", ").append(choice);
  }
  return bad(fmt::format("\"{}\" is not one of {}", text, choices));
}

/// A JSON scalar as a text value would have it.
Result<std::string> scalar_text(const Json& json) {
  if (const std::string* text = json.as_string()) {
    return *text;
  }
  if (json.is_null()) {
    return std::string();
  }
  if (json.is_array() || json.is_object()) {
    return bad("a nested value where a text is wanted");
  }
  return json.dump();
}

Result<Map> map_of(const Json& json) {
  if (!json.is_object()) {
    return bad("not a JSON object");
  }
  Map map;
  for (const Json::Member& member : json.members()) {
    TARN_TRY(map[member.key], scalar_text(member.value));
  }
  return map;
}

Result<Json> read_json(std::string_view text) {
  Result<Json> json = parse_json(text);
  if (!json) {
    return bad("not JSON: " + json.error().message());
  }
  return json;
}

Result<std::vector<std::string>> read_list(const SettingSpec& spec, std::string_view text) {
  std::vector<std::string> list;
  if (text.starts_with('[')) {
    TARN_TRY(const Json json, read_json(text));
    for (const Json& item : json.items()) {
      TARN_TRY(list.emplace_back(), scalar_text(item));
    }
    return list;
  }
  if (spec.comma_separated) {
    return split(text, ',');
  }
  if (!text.empty()) {
    list.emplace_back(text);
  }
  return list;
}

Result<Map> read_map(std::string_view text) {
  if (text.starts_with('{')) {
    TARN_TRY(const Json json, read_json(text));
    return map_of(json);
  }
  Map map;
  for (const std::string& pair : split(text, ',')) {
    const std::size_t at = pair.find('=');
    if (at == std::string::npos) {
      return bad(fmt::format("\"{}\" is not a name=value pair", pair));
    }
    map[std::string(trim(std::string_view(pair).substr(0, at)))] =
        trim(std::string_view(pair).substr(at + 1));
  }
  return map;
}

Result<std::vector<Map>> read_records(std::string_view text) {
  std::vector<Map> records;
  if (text.empty()) {
    return records;
  }
  TARN_TRY(const Json json, read_json(text));
  if (!json.is_array()) {
    return bad("not a JSON array of objects");
  }
  for (const Json& item : json.items()) {
    TARN_TRY(records.emplace_back(), map_of(item));
  }
  return records;
}

Result<std::string> scalar_text(const YamlNode& node) {
  if (node.is_scalar() || node.is_null()) {
    return node.text();
  }
  return bad("a nested value where a text is wanted");
}

Result<Map> map_of(const YamlNode& node) {
  if (!node.is_map()) {
    return bad("not a map");
  }
  Map map;
  for (const YamlNode::Field& field : node.fields()) {
    TARN_TRY(map[field.key], scalar_text(field.value));
  }
  return map;
}

template <class T>
Result<Value> widen(Result<T> value) {
  if (!value) {
    return std::move(value).error();
  }
  return Value(*std::move(value));
}

}  // namespace

std::string_view to_string(SettingType type) {
  switch (type) {
    case SettingType::kString:
      return "string";
    case SettingType::kSecret:
      return "secret";
    case SettingType::kBool:
      return "boolean";
    case SettingType::kInt:
      return "integer";
    case SettingType::kSize:
      return "bytes";
    case SettingType::kFloat:
      return "number";
    case SettingType::kDuration:
      return "duration";
    case SettingType::kList:
      return "list";
    case SettingType::kMap:
      return "map";
    case SettingType::kRecords:
      return "list of maps";
  }
  TARN_ASSERT(false, "a SettingType outside its enumeration");
}

Result<Settings::Value> parse_setting(const SettingSpec& spec, std::string_view text) {
  switch (spec.type) {
    case SettingType::kString:
      return widen(read_string(spec, text));
    case SettingType::kSecret:
      return Value(Secret(std::string(text)));
    case SettingType::kBool:
      return widen(read_bool(text));
    case SettingType::kInt:
    case SettingType::kSize:
      return widen(read_int(spec, text));
    case SettingType::kFloat:
      return widen(read_float(text));
    case SettingType::kDuration:
      return widen(read_duration(spec, text));
    case SettingType::kList:
      return widen(read_list(spec, text));
    case SettingType::kMap:
      return widen(read_map(text));
    case SettingType::kRecords:
      return widen(read_records(text));
  }
  TARN_ASSERT(false, "a SettingType outside its enumeration");
}

Result<Settings::Value> parse_setting(const SettingSpec& spec, const YamlNode& node) {
  if (spec.type == SettingType::kList && node.is_sequence()) {
    std::vector<std::string> list;
    for (const YamlNode& item : node.items()) {
      TARN_TRY(list.emplace_back(), scalar_text(item));
    }
    return Value(std::move(list));
  }
  if (spec.type == SettingType::kMap && node.is_map()) {
    return widen(map_of(node));
  }
  if (spec.type == SettingType::kRecords && node.is_sequence()) {
    std::vector<Map> records;
    for (const YamlNode& item : node.items()) {
      TARN_TRY(records.emplace_back(), map_of(item));
    }
    return Value(std::move(records));
  }
  if (!node.is_scalar() && !node.is_null()) {
    return bad(fmt::format("a {} where a {} is wanted", node.is_map() ? "map" : "list",
                           to_string(spec.type)));
  }
  return parse_setting(spec, node.text());
}

std::string show_setting(const SettingSpec& spec, const Settings::Value& value) {
  Json list = Json::array();
  switch (spec.type) {
    case SettingType::kString:
      return std::get<std::string>(value);
    case SettingType::kSecret:
      return std::get<Secret>(value).empty() ? "------" : "******";
    case SettingType::kBool:
      return std::get<bool>(value) ? "true" : "false";
    case SettingType::kInt:
    case SettingType::kSize:
      return std::to_string(std::get<std::int64_t>(value));
    case SettingType::kFloat:
      return fmt::to_string(std::get<double>(value));
    case SettingType::kDuration:
      return format_duration(std::get<std::chrono::nanoseconds>(value));
    case SettingType::kList:
      for (const std::string& item : std::get<std::vector<std::string>>(value)) {
        list.push_back(item);
      }
      return list.dump();
    case SettingType::kMap: {
      Json object = Json::object();
      for (const auto& [name, text] : std::get<Map>(value)) {
        object.set(name, text);
      }
      return object.dump();
    }
    case SettingType::kRecords:
      break;
  }
  return fmt::format("{} entries", std::get<std::vector<Map>>(value).size());
}

}  // namespace tarn
