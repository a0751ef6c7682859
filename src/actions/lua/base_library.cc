#include "actions/lua/libraries.h"
#include "actions/lua/value.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace tarn::actions::lua {
namespace {

char next_key = 0;  // address of the registry slot of `next`, which `pairs` hands out

int print(Call& call) {
  Buffer line(call.engine());
  for (int n = 1; n <= call.count(); ++n) {
    if (n > 1) {
      line.push_back('\t');
    }
    line.append(push_text(call, n));
    lua_pop(call.lua(), 1);
  }
  line.push_back('\n');
  call.engine().write_output(line.text());
  return 0;
}

int to_string(Call& call) {
  if (call.count() < 1) {
    call.argument_error(1, "value expected");
  }
  push_text(call, 1);
  return 1;
}

int protected_call(Call& call) {
  lua_State* L = call.lua();
  if (call.count() < 1) {
    call.argument_error(1, "value expected");
  }
  const int status = lua_pcall(L, call.count() - 1, LUA_MULTRET, 0);
  call.engine().rethrow_limit(status);
  luaL_checkstack(L, 1, "too many results");
  if (status != LUA_OK) {
    rewrite_error(L);
  }
  lua_pushboolean(L, status == LUA_OK ? 1 : 0);
  lua_insert(L, 1);
  return lua_gettop(L);
}

int protected_call_with_handler(Call& call) {
  lua_State* L = call.lua();
  if (call.count() < 2) {
    call.argument_error(2, "value expected");
  }
  lua_pushvalue(L, 1);
  lua_copy(L, 2, 1);
  lua_replace(L, 2);
  const int status = lua_pcall(L, call.count() - 2, LUA_MULTRET, 1);
  call.engine().rethrow_limit(status);
  luaL_checkstack(L, 1, "too many results");
  if (status != LUA_OK) {
    rewrite_error(L);
  }
  lua_pushboolean(L, status == LUA_OK ? 1 : 0);
  lua_replace(L, 1);
  return lua_gettop(L);
}

/// The metatable at the top of the stack becomes that of the table at `index`. Finalizers never
/// run: liblua runs them with hooks off, where an endless one could not be stopped. It looks for
/// `__gc` only at this moment, so the field is hidden meanwhile.
void set_metatable(lua_State* L, int index) {
  if (lua_istable(L, -1)) {
    lua_pushliteral(L, "__gc");
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1)) {
      lua_pushliteral(L, "__gc");
      lua_pushnil(L);
      lua_rawset(L, -4);  // metatable, finalizer
      lua_pushvalue(L, -2);
      lua_setmetatable(L, index);
      lua_pushliteral(L, "__gc");
      lua_insert(L, -2);
      lua_rawset(L, -3);
      lua_pop(L, 1);
      return;
    }
    lua_pop(L, 1);
  }
  lua_setmetatable(L, index);
}

int set_metatable_of_table(Call& call) {
  lua_State* L = call.lua();
  call.require_table(1);
  if (call.count() < 2 || (!call.is_table(2) && !lua_isnil(L, 2))) {
    call.argument_error(2, "nil or table expected");
  }
  if (luaL_getmetafield(L, 1, "__metatable") != 0) {
    call.fail("cannot change a protected metatable");
  }
  lua_settop(L, 2);
  set_metatable(L, 1);
  lua_settop(L, 1);
  return 1;
}

int next_member(Call& call) {
  call.require_table(1);
  lua_settop(call.lua(), 2);
  if (lua_next(call.lua(), 1) != 0) {
    return 2;
  }
  lua_pushnil(call.lua());
  return 1;
}

int pairs(Call& call) {
  lua_State* L = call.lua();
  if (call.count() >= 1 && luaL_getmetafield(L, 1, "__pairs") != 0) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  call.require_table(1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &next_key);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/// The whole text of a chunk whose pieces a function returns.
std::string read_pieces(Call& call) {
  lua_State* L = call.lua();
  Buffer text(call.engine());
  for (;;) {
    call.engine().charge(Engine::kNativeCost);
    luaL_checkstack(L, 2, "too many nested functions");
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    std::size_t size = 0;
    if (lua_isnil(L, -1)) {
      break;
    }
    const char* piece = lua_tolstring(L, -1, &size);
    if (piece == nullptr) {
      call.fail("reader function must return a string");
    }
    if (size == 0) {
      break;
    }
    text.append({piece, size});
    lua_pop(L, 1);
    if (text.text().size() > kSourceBytesMax) {
      break;
    }
  }
  return std::move(text.text());
}

int load_chunk(Call& call) {
  lua_State* L = call.lua();
  const std::string mode(call.string_or(3, "bt"));
  const bool has_environment = call.count() >= 4;
  std::string pieces;
  std::string_view text;
  std::string name;
  if (call.is_string(1)) {
    text = call.string(1);
    // The name ends up in messages cut to a few dozen bytes.
    name = call.string_or(2, text.substr(0, std::min(text.find('\0'), std::size_t{256})));
  } else {
    if (lua_type(L, 1) != LUA_TFUNCTION) {
      call.type_error(1, "function");
    }
    name = call.string_or(2, "=(load)");
    pieces = read_pieces(call);
    text = pieces;
  }
  const auto refuse = [&call](std::string_view message) {
    call.push_nil();
    call.push(message);
    return 2;
  };
  if (text.size() > kSourceBytesMax) {
    return refuse(fmt::format("chunk is larger than {} bytes", kSourceBytesMax));
  }
  if (mode.find('t') == std::string::npos) {
    return refuse(fmt::format("attempt to load a text chunk (mode is '{}')", mode));
  }
  call.charge_bytes(text.size() * 16);
  const int status = luaL_loadbufferx(L, text.data(), text.size(), name.c_str(), "t");
  call.engine().rethrow_limit(status);
  if (status != LUA_OK) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (has_environment) {
    lua_pushvalue(L, 4);
    if (lua_setupvalue(L, -2, 1) == nullptr) {
      lua_pop(L, 1);
    }
  }
  return 1;
}

int collect_garbage(Call& call) {
  constexpr std::array<std::string_view, 9> kNoEffect = {
      "stop", "restart", "setpause", "setstepmul", "setmajorinc", "generational", "incremental"};
  lua_State* L = call.lua();
  const std::string_view option = call.string_or(1, "collect");
  if (option == "count") {
    const auto used = static_cast<double>(call.engine().memory_used());
    call.push(used / 1024);
    call.push(std::fmod(used, 1024));
    return 2;
  }
  if (option == "collect" || option == "step") {
    call.charge_bytes(call.engine().memory_used());
    lua_gc(L, LUA_GCCOLLECT, 0);
    if (option == "step") {
      call.push(true);
    } else {
      call.push(0.0);
    }
    return 1;
  }
  if (option == "isrunning") {
    call.push(-1.0);
    return 1;
  }
  for (const std::string_view known : kNoEffect) {
    if (!option.empty() && option == known) {
      call.push(0.0);
      return 1;
    }
  }
  call.argument_error(1, fmt::format("invalid option '{}'", option));
}

int mark_as_array(Call& call) {
  call.require_table(1);
  lua_settop(call.lua(), 1);
  mark_array(call.lua());
  return 1;
}

const std::vector<NamedFunction>& base_functions() {
  static const std::vector<NamedFunction> functions = {
      {"array", mark_as_array},
      {"collectgarbage", collect_garbage},
      {"load", load_chunk},
      {"pairs", pairs},
      {"pcall", protected_call},
      {"print", print},
      {"setmetatable", set_metatable_of_table},
      {"tostring", to_string},
      {"xpcall", protected_call_with_handler},
  };
  return functions;
}

const NativeFunction& next_function() {
  static const NativeFunction function = next_member;
  return function;
}

}  // namespace

void keep_members(lua_State* L, std::initializer_list<std::string_view> names) {
  const int table = lua_gettop(L);
  luaL_checkstack(L, 3, nullptr);
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    const std::string_view name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      lua_pushvalue(L, -2);
      lua_pushnil(L);
      lua_rawset(L, table);  // clearing a member is allowed while walking
    }
  }
}

void set_functions(lua_State* L, const std::vector<NamedFunction>& functions) {
  for (const NamedFunction& each : functions) {
    push_native_reference(L, &each.function);
    lua_setfield(L, -2, each.name.c_str());
  }
}

void open_base(lua_State* L) {
  luaL_requiref(L, "_G", luaopen_base, 1);
  keep_members(L, {"assert", "error", "getmetatable", "ipairs", "rawequal", "rawget", "rawlen",
                   "rawset", "select", "tonumber", "type", "_G", "_VERSION"});
  set_functions(L, base_functions());
  push_native_reference(L, &next_function());
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &next_key);
  lua_setfield(L, -2, "next");
  lua_pop(L, 1);
}

std::string_view push_text(Call& call, int n) {
  lua_State* L = call.lua();
  luaL_checkstack(L, 3, nullptr);
  if (n > call.count()) {
    call.argument_error(n, "value expected");
  }
  if (luaL_callmeta(L, n, "__tostring") != 0) {
    if (lua_isstring(L, -1) == 0) {
      call.fail("'tostring' must return a string");
    }
  } else {
    switch (lua_type(L, n)) {
      case LUA_TSTRING:
        lua_pushvalue(L, n);
        break;
      case LUA_TNUMBER:
        call.push(number_text(lua_tonumber(L, n)));
        break;
      case LUA_TBOOLEAN:
        call.push(lua_toboolean(L, n) != 0 ? "true" : "false");
        break;
      case LUA_TNIL:
        call.push("nil");
        break;
      default:
        call.push(fmt::format("{}: {}", luaL_typename(L, n), lua_topointer(L, n)));
    }
  }
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  return {text, size};
}

std::string rewrite_error(std::string message) {
  constexpr std::string_view kCall = "attempt to call ";
  const std::size_t at = message.find(kCall);
  const std::size_t open = message.rfind(" (a ");
  const std::size_t name = at + kCall.size();
  if (at == std::string::npos || open == std::string::npos || open <= name ||
      message.back() != ')' || message[open - 1] != '\'') {
    return message;
  }
  const std::string what = message.substr(name, open - name);
  const std::string value = message.substr(open + 2, message.size() - open - 3);
  return message.substr(0, name) + value + " (" + what + ")";
}

void rewrite_error(lua_State* L) {
  if (lua_type(L, -1) != LUA_TSTRING) {
    return;
  }
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  const std::string before(text, std::min<std::size_t>(size, 1024));
  if (size > before.size() || before.find("attempt to call ") == std::string::npos) {
    return;
  }
  const std::string after = rewrite_error(before);
  luaL_checkstack(L, 1, nullptr);
  lua_pushlstring(L, after.data(), after.size());
  lua_replace(L, -2);
}

}  // namespace tarn::actions::lua
