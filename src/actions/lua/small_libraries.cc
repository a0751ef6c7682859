#include "actions/lua/libraries.h"

#include <cfloat>
#include <cmath>

namespace tarn::actions::lua {
namespace {

// math: the C library's generator is shared by the whole process, so each State has its own.

int random_number(Call& call) {
  const double unit = std::uniform_real_distribution<double>(0, 1)(call.engine().random());
  double low = 1;
  double high = 0;
  switch (call.count()) {
    case 0:
      call.push(unit);
      return 1;
    case 1:
      high = call.number(1);
      break;
    case 2:
      low = call.number(1);
      high = call.number(2);
      break;
    default:
      call.fail("wrong number of arguments");
  }
  if (!(low <= high)) {
    call.argument_error(call.count(), "interval is empty");
  }
  call.push(std::floor(unit * (high - low + 1)) + low);
  return 1;
}

int seed_random(Call& call) {
  const double seed = call.number(1);
  const bool fits = std::isfinite(seed) && std::fabs(seed) < 0x1p63;
  call.engine().random().seed(fits ? static_cast<std::uint64_t>(static_cast<std::int64_t>(seed))
                                   : 0);
  return 0;
}

// debug: nothing that reaches the registry, hooks, or what native functions hold.

int get_hook(Call& call) {
  call.push_nil();
  return 1;
}

int get_metatable(Call& call) {
  lua_State* L = call.lua();
  if (call.count() < 1) {
    call.argument_error(1, "value expected");
  }
  if (lua_type(L, 1) == LUA_TUSERDATA || lua_getmetatable(L, 1) == 0) {
    call.push_nil();
  }
  return 1;
}

void require_lua_function(Call& call) {
  if (lua_type(call.lua(), 1) != LUA_TFUNCTION) {
    call.type_error(1, "function");
  }
  if (lua_iscfunction(call.lua(), 1) != 0) {
    call.argument_error(1, "Lua function expected");
  }
}

std::int32_t upvalue_index(Call& call) {
  const std::int64_t n = call.integer(2);
  return n >= 1 && n <= 255 ? static_cast<std::int32_t>(n) : 256;
}

int get_upvalue(Call& call) {
  require_lua_function(call);
  const char* name = lua_getupvalue(call.lua(), 1, upvalue_index(call));
  if (name == nullptr) {
    return 0;
  }
  call.push(name);
  lua_insert(call.lua(), -2);
  return 2;
}

int set_upvalue(Call& call) {
  require_lua_function(call);
  const std::int32_t index = upvalue_index(call);
  if (call.count() < 3) {
    call.argument_error(3, "value expected");
  }
  lua_settop(call.lua(), 3);
  const char* name = lua_setupvalue(call.lua(), 1, index);
  if (name == nullptr) {
    return 0;
  }
  call.push(name);
  return 1;
}

int make_traceback(Call& call) {
  if (!call.missing(1) && !call.is_string(1) && !call.is_number(1)) {
    lua_settop(call.lua(), 1);  // not a message: handed back untouched
    return 1;
  }
  const auto level =
      static_cast<int>(std::clamp<std::int64_t>(call.integer_or(2, 1), 0, 1'000'000));
  std::string text;
  if (!call.missing(1)) {
    text.append(call.string(1)).append("\n");
  }
  call.push(text.append(traceback(call.lua(), level)));
  return 1;
}

}  // namespace

void open_small(lua_State* L) {
  static const std::vector<NamedFunction> math = {{"random", random_number},
                                                  {"randomseed", seed_random}};
  static const std::vector<NamedFunction> debug = {{"gethook", get_hook},
                                                   {"getmetatable", get_metatable},
                                                   {"getupvalue", get_upvalue},
                                                   {"setupvalue", set_upvalue},
                                                   {"traceback", make_traceback}};
  luaL_requiref(L, "bit32", luaopen_bit32, 1);
  lua_pop(L, 1);

  luaL_requiref(L, "math", luaopen_math, 1);
  keep_members(L, {"abs", "acos",  "asin", "atan",  "atan2", "ceil", "cos", "cosh", "deg",
                   "exp", "floor", "fmod", "frexp", "ldexp", "log",  "max", "min",  "modf",
                   "pi",  "pow",   "rad",  "sin",   "sinh",  "sqrt", "tan", "tanh"});
  set_functions(L, math);
  lua_pushnumber(L, DBL_MAX);  // not infinity, as scripts know it
  lua_setfield(L, -2, "huge");
  lua_pop(L, 1);

  register_module(L, Module{.name = "debug", .functions = {}});
  luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
  lua_getfield(L, -1, "debug");
  set_functions(L, debug);
  lua_setglobal(L, "debug");
  lua_pop(L, 1);
}

}  // namespace tarn::actions::lua
