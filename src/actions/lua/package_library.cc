#include "actions/lua/libraries.h"

#include <fmt/format.h>

#include <algorithm>

// `require` finds package.loaded, package.preload and the sources that the host registered; there
// are no files and no dynamic libraries.

namespace tarn::actions::lua {
namespace {

char sources_key = 0;  // registry slot: table name -> source text
char package_key = 0;  // registry slot: the package table

void push_loaded(lua_State* L) {
  luaL_checkstack(L, 2, nullptr);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, "_LOADED");
}

void push_package_field(lua_State* L, const char* name) {
  luaL_checkstack(L, 2, nullptr);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &package_key);
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

int search_preload(Call& call) {
  const std::string_view name = call.string(1);
  push_package_field(call.lua(), "preload");
  if (lua_istable(call.lua(), -1)) {
    call.push(name);
    lua_rawget(call.lua(), -2);
    if (!lua_isnil(call.lua(), -1)) {
      return 1;
    }
  }
  call.push(fmt::format(" \n\tno field package.preload['{}']", name));
  return 1;
}

int search_sources(Call& call) {
  lua_State* L = call.lua();
  std::string name(call.string(1));
  std::ranges::replace(name, '.', '/');
  lua_rawgetp(L, LUA_REGISTRYINDEX, &sources_key);
  call.push(name);
  lua_rawget(L, -2);
  if (lua_isnil(L, -1)) {
    call.push("?.lua");  // the whole message ends as it does where package.path is searched
    return 1;
  }
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  const std::string file = name + ".lua";
  call.charge_bytes(size * 16);
  const int status = luaL_loadbufferx(L, text, size, file.c_str(), "t");
  call.engine().rethrow_limit(status);
  if (status != LUA_OK) {
    call.fail(fmt::format("error loading module '{}' from file '{}':\n\t{}", name, file,
                          lua_tostring(L, -1)));
  }
  call.push(file);
  return 2;
}

int require(Call& call) {
  lua_State* L = call.lua();
  const std::string name(call.string(1));
  lua_settop(L, 1);
  push_loaded(L);  // 2
  lua_pushvalue(L, 1);
  lua_rawget(L, 2);
  if (lua_toboolean(L, -1) != 0) {
    call.engine().note_required(name);
    return 1;
  }
  lua_pop(L, 1);
  push_package_field(L, "searchers");  // 3
  if (!lua_istable(L, 3)) {
    call.fail("'package.searchers' must be a table");
  }
  std::string tried;
  for (int at = 1;; ++at) {
    call.engine().charge(1);
    lua_settop(L, 3);
    lua_rawgeti(L, 3, at);
    if (lua_isnil(L, -1)) {
      call.fail(fmt::format("module '{}' not found:{}", name, tried));
    }
    lua_pushvalue(L, 1);
    lua_call(L, 1, 2);
    if (lua_isfunction(L, -2)) {
      break;
    }
    if (lua_type(L, -2) == LUA_TSTRING && tried.size() < 4096) {
      tried.append(lua_tostring(L, -2));
    }
  }
  lua_pushvalue(L, 1);
  lua_insert(L, -2);  // loader, name, extra
  lua_call(L, 2, 1);
  lua_pushvalue(L, 1);
  lua_rawget(L, 2);
  const bool set_by_loader = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (!lua_isnil(L, -1) || !set_by_loader) {
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, 2);
  }
  call.engine().note_required(name);
  lua_pushvalue(L, 1);
  lua_rawget(L, 2);
  return 1;
}

int load_library(Call& call) {
  call.push_nil();
  call.push("dynamic libraries not enabled; check your Lua installation");
  call.push("absent");
  return 3;
}

int search_path(Call& call) {
  const std::string_view name = call.string(1);
  call.push_nil();
  call.push(fmt::format("\n\tno file '{}'", name));
  return 2;
}

}  // namespace

void open_package(lua_State* L) {
  static const std::vector<NamedFunction> functions = {{"loadlib", load_library},
                                                       {"searchpath", search_path}};
  static const NativeFunction preload = search_preload;
  static const NativeFunction sources = search_sources;
  static const std::vector<NamedFunction> globals = {{"require", require}};
  lua_createtable(L, 0, 0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &sources_key);

  lua_createtable(L, 0, 8);
  set_functions(L, functions);
  lua_pushliteral(L, "/\n;\n?\n!\n-\n");
  lua_setfield(L, -2, "config");
  lua_pushliteral(L, "?.lua");
  lua_setfield(L, -2, "path");
  push_loaded(L);
  lua_setfield(L, -2, "loaded");
  lua_createtable(L, 0, 0);
  lua_setfield(L, -2, "preload");
  lua_createtable(L, 2, 0);
  push_native_reference(L, &preload);
  lua_rawseti(L, -2, 1);
  push_native_reference(L, &sources);
  lua_rawseti(L, -2, 2);
  lua_setfield(L, -2, "searchers");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &package_key);
  push_loaded(L);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "package");
  lua_pop(L, 1);
  lua_setglobal(L, "package");

  lua_pushglobaltable(L);
  set_functions(L, globals);
  lua_pop(L, 1);
}

void register_module(lua_State* L, const Module& module) {
  push_loaded(L);
  lua_createtable(L, 0, static_cast<int>(module.functions.size()));
  set_functions(L, module.functions);
  lua_setfield(L, -2, module.name.c_str());
  lua_pop(L, 1);
}

void register_source(lua_State* L, std::string_view name, std::string_view text) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &sources_key);
  lua_pushlstring(L, name.data(), name.size());
  lua_pushlstring(L, text.data(), text.size());
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

}  // namespace tarn::actions::lua
