#pragma once

#include "actions/lua/engine.h"
#include "base/json.h"

#include <lua.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions::lua {

/// Levels of nested tables that can become a host value. Cycles end here, too.
inline constexpr int kValueDepthMax = 200;
/// Raises when `depth` is beyond kValueDepthMax, and makes room on Lua's stack for one level.
void check_value_depth(lua_State* L, int depth);

/// A number as scripts see it: `%.14g`, and `NaN`, `+Inf`, `-Inf`.
std::string number_text(double value);

/// What a table becomes outside Lua: a list when it carries the array marker or is a sequence 1…n,
/// an object otherwise (so `{}` is an object).
struct TableShape {
  bool list = false;
  std::size_t length = 0;
  /// Of an object, sorted bytewise. They view the table's own strings.
  std::vector<std::string_view> keys;
};
/// Raises for tables that are neither, in the words scripts know. Reads raw, so no script code
/// runs.
TableShape inspect_table(lua_State* L, int index);

/// Raises that the value at `index` has no host form.
[[noreturn]] void raise_unsupported(lua_State* L, int index);

/// The host form of the value at `index`; members sorted by key, holes of a list null. Whole
/// numbers become integers. Raises ScriptError for functions, userdata, mixed keys and deep
/// nesting.
Json pull_json(lua_State* L, int index);
/// Pushes the Lua form: null members are left out, null items leave a hole, lists are marked.
void push_json(lua_State* L, const Json& value);

/// Pushes an empty table with the array marker (a fresh metatable `{_is_array = true}`).
void push_array_table(lua_State* L, std::size_t items);
/// Marks the table at the top of the stack.
void mark_array(lua_State* L);
bool is_marked_array(lua_State* L, int index);

}  // namespace tarn::actions::lua
