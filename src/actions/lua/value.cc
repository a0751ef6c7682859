#include "actions/lua/value.h"

#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tarn::actions::lua {
namespace {

constexpr std::string_view kCannotPull = ": cannot pull go type into lua";
/// What one value of a Json tree takes, roughly; a list or object of n values takes n of these.
constexpr std::size_t kJsonBytes = sizeof(Json::Member) + 16;

class Puller {
 public:
  explicit Puller(lua_State* L) : L_(L), engine_(Engine::of(L)) {}

  Json pull(int index, int depth) {
    account(kJsonBytes);
    switch (lua_type(L_, index)) {
      case LUA_TNIL:
        return {};
      case LUA_TBOOLEAN:
        return {lua_toboolean(L_, index) != 0};
      case LUA_TNUMBER: {
        const double value = lua_tonumber(L_, index);
        if (std::trunc(value) == value && std::fabs(value) < 0x1p63) {
          return {static_cast<std::int64_t>(value)};
        }
        return {value};
      }
      case LUA_TSTRING: {
        std::size_t size = 0;
        const char* text = lua_tolstring(L_, index, &size);
        account(size);
        return {std::string(text, size)};
      }
      case LUA_TTABLE:
        return pull_table(index, depth + 1);
      default:
        raise_unsupported(L_, index);
    }
  }

 private:
  Json pull_table(int index, int depth) {
    check_value_depth(L_, depth);
    const TableShape shape = inspect_table(L_, index);
    if (shape.list) {
      Json list = Json::array();
      for (std::size_t at = 1; at <= shape.length; ++at) {
        lua_rawgeti(L_, index, static_cast<int>(at));
        list.push_back(pull(lua_gettop(L_), depth));
        lua_pop(L_, 1);
      }
      return list;
    }
    Json object = Json::object();
    for (const std::string_view key : shape.keys) {
      account(key.size());
      engine_.charge(object.size() / 8);  // Json::set looks for the key among the others
      lua_pushlstring(L_, key.data(), key.size());
      lua_rawget(L_, index);
      object.set(key, pull(lua_gettop(L_), depth));
      lua_pop(L_, 1);
    }
    return object;
  }

  void account(std::size_t bytes) {
    held_ += bytes;
    engine_.charge_bytes(bytes);
    engine_.require_room(held_);
  }

  lua_State* L_;
  Engine& engine_;
  std::size_t held_ = 0;
};

}  // namespace

void check_value_depth(lua_State* L, int depth) {
  if (depth > kValueDepthMax) {
    throw ScriptError(fmt::format("table is nested deeper than {} levels", kValueDepthMax));
  }
  luaL_checkstack(L, 6, nullptr);
}

std::string number_text(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.14g", value);
  return {text, static_cast<std::size_t>(size)};
}

void raise_unsupported(lua_State* L, int index) {
  throw ScriptError(
      fmt::format("pull table, unsupported type {}{}", luaL_typename(L, index), kCannotPull));
}

TableShape inspect_table(lua_State* L, int index) {
  Engine& engine = Engine::of(L);
  index = lua_absindex(L, index);
  luaL_checkstack(L, 4, nullptr);
  TableShape shape;
  const bool marked = is_marked_array(L, index);
  std::size_t numbers = 0;
  double highest = 0;
  bool sequence = true;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    engine.charge(1);
    const int type = lua_type(L, -2);
    if (type == LUA_TNUMBER) {
      const double key = lua_tonumber(L, -2);
      ++numbers;
      sequence = sequence && key >= 1 && std::trunc(key) == key;
      highest = std::max(highest, key);
      continue;
    }
    if (marked) {
      const std::string_view key =
          type == LUA_TSTRING ? lua_tostring(L, -2) : lua_typename(L, type);
      throw ScriptError(fmt::format("pull array: expected numeric index, got '{}'", key));
    }
    if (type != LUA_TSTRING) {
      throw ScriptError(
          fmt::format("key should be a string ({}){}", lua_typename(L, type), kCannotPull));
    }
    std::size_t size = 0;
    const char* key = lua_tolstring(L, -2, &size);
    if (shape.keys.size() == shape.keys.capacity()) {
      engine.require_room(3 * shape.keys.size() * sizeof(std::string_view));
    }
    shape.keys.emplace_back(key, size);
  }
  if (marked) {
    shape.list = true;
    shape.length = std::min<std::size_t>(lua_rawlen(L, index), INT_MAX);
    return shape;
  }
  if (numbers > 0) {
    if (!shape.keys.empty() || !sequence || highest != static_cast<double>(numbers)) {
      throw ScriptError("invalid key to 'next'");
    }
    shape.list = true;
    shape.length = numbers;
    return shape;
  }
  std::ranges::sort(shape.keys);
  return shape;
}

Json pull_json(lua_State* L, int index) { return Puller(L).pull(lua_absindex(L, index), 0); }

void push_json(lua_State* L, const Json& value) {
  luaL_checkstack(L, 4, "value is nested too deeply");
  Engine::of(L).charge(1);
  switch (value.type()) {
    case Json::Type::kNull:
      lua_pushnil(L);
      return;
    case Json::Type::kBool:
      lua_pushboolean(L, *value.as_bool() ? 1 : 0);
      return;
    case Json::Type::kInt:
    case Json::Type::kDouble:
      lua_pushnumber(L, *value.as_double());
      return;
    case Json::Type::kString:
      lua_pushlstring(L, value.as_string()->data(), value.as_string()->size());
      return;
    case Json::Type::kArray: {
      push_array_table(L, value.size());
      int at = 0;
      for (const Json& item : value.items()) {
        ++at;
        if (!item.is_null()) {
          push_json(L, item);
          lua_rawseti(L, -2, at);
        }
      }
      return;
    }
    case Json::Type::kObject:
      lua_createtable(L, 0, static_cast<int>(std::min<std::size_t>(value.size(), INT_MAX)));
      for (const Json::Member& member : value.members()) {
        if (!member.value.is_null()) {
          lua_pushlstring(L, member.key.data(), member.key.size());
          push_json(L, member.value);
          lua_rawset(L, -3);
        }
      }
      return;
  }
}

void push_array_table(lua_State* L, std::size_t items) {
  luaL_checkstack(L, 4, nullptr);
  lua_createtable(L, static_cast<int>(std::min<std::size_t>(items, INT_MAX)), 0);
  mark_array(L);
}

void mark_array(lua_State* L) {
  luaL_checkstack(L, 3, nullptr);
  lua_createtable(L, 0, 1);
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, "_is_array");
  lua_setmetatable(L, -2);
}

bool is_marked_array(lua_State* L, int index) {
  luaL_checkstack(L, 3, nullptr);
  if (lua_getmetatable(L, index) == 0) {
    return false;
  }
  lua_pushliteral(L, "_is_array");
  lua_rawget(L, -2);
  const bool marked = lua_toboolean(L, -1) != 0;
  lua_pop(L, 2);
  return marked;
}

}  // namespace tarn::actions::lua
