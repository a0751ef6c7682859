#include "actions/lua/yaml_value.h"

#include "actions/lua/engine.h"
#include "actions/lua/value.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

namespace tarn::actions::lua {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) {
    ++end;
  }
  return end - at;
}

/// `2006-1-2`, and with a time `2006-1-2T15:4:5.9Z`, `2006-01-02 15:04:05 +01:00` and the like.
bool is_timestamp(std::string_view text) {
  if (digits_at(text, 0) != 4 || text.size() < 8 || text[4] != '-') {
    return false;
  }
  std::size_t at = 5;
  for (const char separator : {'-', '\0'}) {
    const std::size_t size = digits_at(text, at);
    if (size < 1 || size > 2) {
      return false;
    }
    at += size;
    if (separator != '\0' && (at >= text.size() || text[at++] != separator)) {
      return false;
    }
  }
  if (at == text.size()) {
    return true;
  }
  if (text[at] != 'T' && text[at] != 't' && text[at] != ' ') {
    return false;
  }
  ++at;
  for (const char separator : {':', ':', '\0'}) {
    const std::size_t size = digits_at(text, at);
    if (size < 1 || size > 2) {
      return false;
    }
    at += size;
    if (separator != '\0' && (at >= text.size() || text[at++] != separator)) {
      return false;
    }
  }
  if (at < text.size() && text[at] == '.') {
    at += 1 + digits_at(text, at + 1);
  }
  const std::string_view zone = text.substr(at);
  return zone.find_first_not_of(" 0123456789+-:Z") == std::string_view::npos;
}

std::optional<double> parse_whole(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return static_cast<double>(value);
}

std::optional<double> parse_number(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');  // YAML 1.1 digit grouping
  std::string_view rest = plain;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) {
    rest.remove_prefix(1);
  }
  if (rest.empty() || !(is_digit(rest[0]) || rest[0] == '.')) {
    return std::nullopt;
  }
  std::optional<double> value;
  if (rest.starts_with("0x") || rest.starts_with("0X")) {
    value = parse_whole(rest.substr(2), 16);
  } else if (rest.starts_with("0o") || rest.starts_with("0O")) {
    value = parse_whole(rest.substr(2), 8);
  } else if (rest.starts_with("0b") || rest.starts_with("0B")) {
    value = parse_whole(rest.substr(2), 2);
  } else if (rest.size() > 1 && rest[0] == '0' && digits_at(rest, 0) == rest.size() &&
             rest.find_first_of("89") == std::string_view::npos) {
    value = parse_whole(rest.substr(1), 8);  // `017` is octal to YAML 1.1
  } else if (rest.find_first_not_of("0123456789.eE+-") == std::string_view::npos &&
             rest.find_first_of("0123456789") != std::string_view::npos) {
    double number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (end == rest.data() + rest.size() && error != std::errc::invalid_argument) {
      value = error == std::errc() ? number : std::numeric_limits<double>::infinity();
    }
  }
  if (value && negative) {
    return -*value;
  }
  return value;
}

ResolvedScalar resolve(std::string_view text, bool plain) {
  return plain ? resolve_plain_scalar(text) : ResolvedScalar{};
}

void push_key_text(lua_State* L, std::string_view text, bool plain) {
  const ResolvedScalar resolved = resolve(text, plain);
  if (resolved.type == YamlScalar::kNumber && !std::isnan(resolved.number)) {
    lua_pushnumber(L, resolved.number);
  } else {
    lua_pushlstring(L, text.data(), text.size());
  }
}

/// Timestamps as text.
void push_resolved(lua_State* L, const ResolvedScalar& resolved, std::string_view text) {
  switch (resolved.type) {
    case YamlScalar::kNull:
      lua_pushnil(L);
      return;
    case YamlScalar::kBool:
      lua_pushboolean(L, resolved.flag ? 1 : 0);
      return;
    case YamlScalar::kNumber:
      lua_pushnumber(L, resolved.number);
      return;
    case YamlScalar::kTimestamp:
    case YamlScalar::kString:
      lua_pushlstring(L, text.data(), text.size());
      return;
  }
}

class Pusher {
 public:
  explicit Pusher(lua_State* L) : L_(L), engine_(Engine::of(L)) {}

  void push(const YAML::Node& node, int depth) {
    engine_.charge(Engine::kNativeCost);
    check_value_depth(L_, depth);
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        lua_pushnil(L_);
        return;
      case YAML::NodeType::Scalar:
        push_scalar(node);
        return;
      case YAML::NodeType::Sequence: {
        push_array_table(L_, node.size());
        int at = 0;
        for (const YAML::Node& item : node) {
          ++at;
          push(item, depth + 1);
          if (lua_isnil(L_, -1)) {
            lua_pop(L_, 1);
          } else {
            lua_rawseti(L_, -2, at);
          }
        }
        return;
      }
      case YAML::NodeType::Map:
        lua_createtable(L_, 0, static_cast<int>(std::min<std::size_t>(node.size(), 1 << 20)));
        check_duplicates(node);
        merge(node, depth);
        for (const auto& member : node) {
          if (!is_merge_key(member.first)) {
            push_member(member.first, member.second, depth, true);
          }
        }
        return;
    }
  }

 private:
  static bool is_plain(const YAML::Node& node) { return node.Tag() == "?" || node.Tag().empty(); }
  static bool is_merge_key(const YAML::Node& key) {
    return key.IsScalar() && is_plain(key) && key.Scalar() == "<<";
  }

  [[noreturn]] static void fail(const YAML::Node& node, std::string_view what) {
    throw ScriptError(
        fmt::format("yaml: unmarshal errors:\n  line {}: {}", node.Mark().line + 1, what));
  }

  void check_duplicates(const YAML::Node& node) {
    std::set<std::string_view> seen;
    for (const auto& member : node) {
      if (member.first.IsScalar() && !seen.insert(member.first.Scalar()).second) {
        fail(member.first,
             fmt::format("mapping key \"{}\" already defined", member.first.Scalar()));
      }
    }
  }

  void merge(const YAML::Node& node, int depth) {
    for (const auto& member : node) {
      if (!is_merge_key(member.first)) {
        continue;
      }
      if (member.second.IsMap()) {
        merge_map(member.second, depth);
      } else if (member.second.IsSequence()) {
        for (const YAML::Node& each : member.second) {
          if (!each.IsMap()) {
            fail(each, "map merge requires map or sequence of maps as the value");
          }
          merge_map(each, depth);
        }
      } else {
        fail(member.second, "map merge requires map or sequence of maps as the value");
      }
    }
  }

  void merge_map(const YAML::Node& map, int depth) {
    engine_.charge(Engine::kNativeCost);
    check_value_depth(L_, ++depth);  // merges nest, and may even form a cycle
    for (const auto& member : map) {
      if (!is_merge_key(member.first)) {
        push_member(member.first, member.second, depth, false);
      }
    }
    merge(map, depth);
  }

  /// Sets a member of the table at the top of the stack.
  void push_member(const YAML::Node& key, const YAML::Node& value, int depth, bool replace) {
    push_key(key);
    lua_pushvalue(L_, -1);
    lua_rawget(L_, -3);
    const bool present = !lua_isnil(L_, -1);
    lua_pop(L_, 1);
    if (present && !replace) {
      lua_pop(L_, 1);
      return;
    }
    push(value, depth + 1);
    lua_rawset(L_, -3);
  }

  void push_key(const YAML::Node& key) {
    if (!key.IsScalar()) {
      if (key.IsNull()) {
        fail(key, "map key is null");
      }
      fail(key, "invalid map key");
    }
    push_key_text(L_, key.Scalar(), is_plain(key));
  }

  void push_scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const ResolvedScalar resolved = resolve(text, is_plain(node));
    if (resolved.type == YamlScalar::kTimestamp) {
      fail(node, fmt::format("timestamp {} has no Lua form, quote it", text));
    }
    push_resolved(L_, resolved, text);
  }

  lua_State* L_;
  Engine& engine_;
};

void push_node(lua_State* L, Engine& engine, const YamlNode& node, int depth) {
  engine.charge(Engine::kNativeCost);
  check_value_depth(L, depth);
  switch (node.kind()) {
    case YamlNode::Kind::kNull:
      lua_pushnil(L);
      return;
    case YamlNode::Kind::kScalar:
      push_resolved(L, resolve(node.text(), node.plain()), node.text());
      return;
    case YamlNode::Kind::kSequence: {
      push_array_table(L, node.items().size());
      int at = 0;
      for (const YamlNode& item : node.items()) {
        ++at;
        push_node(L, engine, item, depth + 1);
        lua_rawseti(L, -2, at);
      }
      return;
    }
    case YamlNode::Kind::kMap:
      lua_createtable(L, 0, static_cast<int>(std::min<std::size_t>(node.fields().size(), 1 << 20)));
      for (const YamlNode::Field& field : node.fields()) {
        push_key_text(L, field.key, field.plain_key);
        push_node(L, engine, field.value, depth + 1);
        lua_rawset(L, -3);
      }
      return;
  }
}

}  // namespace

ResolvedScalar resolve_plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return {.type = YamlScalar::kNull};
  }
  if (text == "true" || text == "True" || text == "TRUE") {
    return {.type = YamlScalar::kBool, .flag = true};
  }
  if (text == "false" || text == "False" || text == "FALSE") {
    return {.type = YamlScalar::kBool};
  }
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return {.type = YamlScalar::kNumber, .number = std::numeric_limits<double>::quiet_NaN()};
  }
  for (const std::string_view infinity : {".inf", ".Inf", ".INF"}) {
    const double value = std::numeric_limits<double>::infinity();
    if (text == infinity || (text[0] == '+' && text.substr(1) == infinity)) {
      return {.type = YamlScalar::kNumber, .number = value};
    }
    if (text[0] == '-' && text.substr(1) == infinity) {
      return {.type = YamlScalar::kNumber, .number = -value};
    }
  }
  if (const auto number = parse_number(text)) {
    return {.type = YamlScalar::kNumber, .number = *number};
  }
  return {.type = is_timestamp(text) ? YamlScalar::kTimestamp : YamlScalar::kString};
}

void push_yaml(lua_State* L, const YAML::Node& node) { Pusher(L).push(node, 0); }

void push_yaml(lua_State* L, const YamlNode& node) { push_node(L, Engine::of(L), node, 0); }

}  // namespace tarn::actions::lua
