#pragma once

#include "actions/lua/call.h"

#include <lua.hpp>

#include <string>

namespace tarn::actions::lua {

// The standard environment. Each open_… fills globals; call them protected, in this order, once.

void open_base(lua_State* L);
/// `require`, `package`. After open_base, so that the libraries find `package.loaded`.
void open_package(lua_State* L);
void open_string(lua_State* L);
void open_table(lua_State* L);
/// math, bit32 and what debug offers without reaching into the host.
void open_small(lua_State* L);

/// Puts `module` (which must outlive L) into `package.loaded`.
void register_module(lua_State* L, const Module& module);
/// Sets the functions of `functions` in the table at the top of the stack.
void set_functions(lua_State* L, const std::vector<NamedFunction>& functions);
/// Keeps only the members of the table at the top of the stack that are named.
void keep_members(lua_State* L, std::initializer_list<std::string_view> names);
/// Makes a Lua source text available to `require`; it is compiled when first required.
void register_source(lua_State* L, std::string_view name, std::string_view text);

/// What `tostring` gives for argument `n`, pushed on the stack too; __tostring is called.
std::string_view push_text(Call& call, int n);
/// Rewrites liblua's `attempt to call global 'f' (a nil value)` at the top of the stack into the
/// words that scripts and tests match, `attempt to call a nil value (global 'f')`.
void rewrite_error(lua_State* L);
std::string rewrite_error(std::string message);

/// The largest chunk `load` and `run` compile: compiling does not stop for limits.
inline constexpr std::size_t kSourceBytesMax = std::size_t{16} << 20;

// string_format.cc
int string_format(Call& call);

}  // namespace tarn::actions::lua
