#include "actions/lua/libraries.h"

#include <climits>
#include <fmt/format.h>

#include <string>

// liblua's own versions loop over what `__len` says and sort in quadratic time for chosen input,
// neither of which a count hook stops.

namespace tarn::actions::lua {
namespace {

int length(Call& call, int n) {
  call.require_table(n);
  return luaL_len(call.lua(), n);
}

int concat(Call& call) {
  lua_State* L = call.lua();
  call.require_table(1);
  const std::string_view separator = call.string_or(2, "");
  const std::int64_t first = call.integer_or(3, 1);
  const std::int64_t last = call.missing(4) ? length(call, 1) : call.integer(4);
  Buffer out(call.engine());
  for (std::int64_t at = first; at <= last; ++at) {
    call.engine().charge(1);
    lua_pushnumber(L, static_cast<double>(at));
    lua_rawget(L, 1);
    if (lua_isstring(L, -1) == 0) {
      call.fail(fmt::format("invalid value ({}) at index {} in table for 'concat'",
                            luaL_typename(L, -1), at));
    }
    std::size_t size = 0;
    const char* text = lua_tolstring(L, -1, &size);
    out.append({text, size});
    if (at < last) {
      out.append(separator);
    }
    lua_pop(L, 1);
  }
  call.push(out.text());
  return 1;
}

int insert(Call& call) {
  lua_State* L = call.lua();
  const int size = length(call, 1);
  if (size == INT_MAX) {
    call.fail("table is too large");
  }
  std::int64_t at = size + 1;
  if (call.count() == 3) {
    at = call.integer(2);
    if (at < 1 || at > size + 1) {
      call.argument_error(2, "position out of bounds");
    }
    for (int to = size + 1; to > at; --to) {
      call.engine().charge(1);
      lua_rawgeti(L, 1, to - 1);
      lua_rawseti(L, 1, to);
    }
  } else if (call.count() != 2) {
    call.fail("wrong number of arguments to 'insert'");
  }
  lua_rawseti(L, 1, static_cast<int>(at));
  return 0;
}

int remove(Call& call) {
  lua_State* L = call.lua();
  const int size = length(call, 1);
  std::int64_t at = call.integer_or(2, size);
  if (!call.missing(2) && size + 1 != at && (at < 1 || at > size) && !(size == 0 && at == 0)) {
    call.argument_error(2, "position out of bounds");
  }
  lua_settop(L, 1);
  lua_rawgeti(L, 1, static_cast<int>(at));
  for (; at < size; ++at) {
    call.engine().charge(1);
    lua_rawgeti(L, 1, static_cast<int>(at + 1));
    lua_rawseti(L, 1, static_cast<int>(at));
  }
  lua_pushnil(L);
  lua_rawseti(L, 1, static_cast<int>(at));
  return 1;
}

int unpack(Call& call) {
  lua_State* L = call.lua();
  call.require_table(1);
  const std::int64_t first = call.integer_or(2, 1);
  const std::int64_t last = call.missing(3) ? length(call, 1) : call.integer(3);
  if (first > last) {
    return 0;
  }
  constexpr std::int64_t kResultsMax = 1'000'000;
  if (first < INT_MIN || last > INT_MAX || last - first >= kResultsMax ||
      lua_checkstack(L, static_cast<int>(last - first + 1)) == 0) {
    call.fail("too many results to unpack");
  }
  call.engine().charge(static_cast<std::uint64_t>(last - first + 1));
  for (std::int64_t at = first; at <= last; ++at) {
    lua_rawgeti(L, 1, static_cast<int>(at));
  }
  return static_cast<int>(last - first + 1);
}

/// a < b for the stack indexes a and b, by the comparer at index 2 if there is one.
bool less(Call& call, int a, int b) {
  lua_State* L = call.lua();
  call.engine().charge(2);
  if (lua_isnil(L, 2)) {
    return lua_compare(L, a, b, LUA_OPLT) != 0;
  }
  const int left = lua_absindex(L, a);
  const int right = lua_absindex(L, b);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, left);
  lua_pushvalue(L, right);
  lua_call(L, 2, 1);
  const bool result = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return result;
}

/// Lets the value at `root` sink in the heap of the first `size` items.
void sift_down(Call& call, int root, int size) {
  lua_State* L = call.lua();
  lua_rawgeti(L, 1, root);  // the value that sinks
  while (root <= size / 2) {
    int child = 2 * root;
    lua_rawgeti(L, 1, child);
    if (child < size) {
      lua_rawgeti(L, 1, child + 1);
      if (less(call, -2, -1)) {
        lua_remove(L, -2);
        ++child;
      } else {
        lua_pop(L, 1);
      }
    }
    if (!less(call, -2, -1)) {
      lua_pop(L, 1);
      break;
    }
    lua_rawseti(L, 1, root);
    root = child;
  }
  lua_rawseti(L, 1, root);
}

/// Heap sort: n log n for every input and every comparer, also one that contradicts itself.
int sort(Call& call) {
  lua_State* L = call.lua();
  const int size = length(call, 1);
  if (!call.missing(2) && lua_type(L, 2) != LUA_TFUNCTION) {
    call.type_error(2, "function");
  }
  lua_settop(L, 2);
  luaL_checkstack(L, 16, nullptr);
  for (int root = size / 2; root >= 1; --root) {
    sift_down(call, root, size);
  }
  for (int last = size; last > 1; --last) {
    lua_rawgeti(L, 1, 1);
    lua_rawgeti(L, 1, last);
    lua_rawseti(L, 1, 1);
    lua_rawseti(L, 1, last);
    sift_down(call, 1, last - 1);
  }
  return 0;
}

}  // namespace

void open_table(lua_State* L) {
  static const std::vector<NamedFunction> functions = {{"concat", concat},
                                                       {"insert", insert},
                                                       {"remove", remove},
                                                       {"sort", sort},
                                                       {"unpack", unpack}};
  luaL_requiref(L, "table", luaopen_table, 1);
  keep_members(L, {"pack"});
  set_functions(L, functions);
  lua_pop(L, 1);
  lua_pushnil(L);
  lua_setglobal(L, "unpack");  // Debian's liblua is built with what Lua 5.1 had
}

}  // namespace tarn::actions::lua
