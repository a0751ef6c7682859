#pragma once

#include "base/yaml.h"

#include <lua.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace YAML {
class Node;
}

namespace tarn::actions::lua {

/// What a plain (unquoted) YAML scalar means to the YAML 1.2 core schema with the extensions that
/// action files rely on: `yes` and `on` are strings, `0x1f` and `0o17` numbers, unquoted dates
/// timestamps.
enum class YamlScalar : std::uint8_t { kNull, kBool, kNumber, kString, kTimestamp };
struct ResolvedScalar {
  YamlScalar type = YamlScalar::kString;
  bool flag = false;
  double number = 0;
};
ResolvedScalar resolve_plain_scalar(std::string_view text);

/// Pushes the Lua form of `node`: maps (merge keys resolved, numeric keys as numbers, null members
/// left out), marked lists, scalars. Raises ScriptError for duplicate keys, keys that are not
/// scalars, timestamps, and deep nesting; aliases are expanded, so memory is what bounds them.
void push_yaml(lua_State* L, const YAML::Node& node);
/// The same for a document that was read already; timestamps become text.
void push_yaml(lua_State* L, const YamlNode& node);

}  // namespace tarn::actions::lua
