#include "actions/lua/call.h"

#include "actions/lua/value.h"

#include <fmt/format.h>

#include <cmath>
#include <new>

namespace tarn::actions::lua {
namespace {

/// Address of the registry slot that holds the metatable of boxed functions. Scripts reach neither
/// the registry nor the boxes, which exist only as upvalues.
char box_key = 0;

/// What the userdata behind a closure holds: trivially destructible, because liblua may skip a
/// finalizer when memory is short; the engine destroys what is left.
struct Box {
  std::list<Engine::Owned>::iterator owned;
};

int destroy_box(lua_State* L) {
  Engine::of(L).disown(static_cast<Box*>(lua_touserdata(L, 1))->owned);
  return 0;
}

int call_box(lua_State* L) {
  return invoke_native(
      L, static_cast<const Box*>(lua_touserdata(L, lua_upvalueindex(1)))->owned->function);
}

int call_reference(lua_State* L) {
  return invoke_native(L,
                       *static_cast<const NativeFunction*>(lua_touserdata(L, lua_upvalueindex(1))));
}

}  // namespace

int invoke_native(lua_State* L, const NativeFunction& function) {
  Engine& engine = Engine::of(L);
  engine.charge(Engine::kNativeCost);
  std::string message;
  try {  // LimitReached and liblua's own exceptions pass
    Call call(L, engine);
    return function(call);
  } catch (const ScriptError& error) {
    message = error.message();
  } catch (const std::bad_alloc&) {
    engine.raise(LimitKind::kMemory);
  } catch (const std::exception& error) {
    message = error.what();
  }
  message.insert(0, position(L, 1));
  lua_settop(L, 0);
  lua_pushlstring(L, message.data(), message.size());
  message = std::string();
  return lua_error(L);
}

void open_native(lua_State* L) {
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, &destroy_box);
  lua_setfield(L, -2, "__gc");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &box_key);
}

void push_native(lua_State* L, NativeFunction function, std::size_t external_bytes) {
  luaL_checkstack(L, 3, nullptr);
  auto* box = static_cast<Box*>(lua_newuserdata(L, sizeof(Box)));
  lua_rawgetp(L, LUA_REGISTRYINDEX, &box_key);
  new (box) Box{Engine::of(L).own(L, std::move(function), external_bytes)};
  lua_setmetatable(L, -2);
  lua_pushcclosure(L, &call_box, 1);
}

void push_native_reference(lua_State* L, const NativeFunction* function) {
  luaL_checkstack(L, 2, nullptr);
  lua_pushlightuserdata(L, const_cast<NativeFunction*>(function));
  lua_pushcclosure(L, &call_reference, 1);
}

const NativeFunction* find_native(lua_State* L, int index) {
  const lua_CFunction function = lua_tocfunction(L, index);
  if (function != &call_box && function != &call_reference) {
    return nullptr;
  }
  luaL_checkstack(L, 1, nullptr);
  lua_getupvalue(L, index, 1);
  const void* data = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return function == &call_box ? &static_cast<const Box*>(data)->owned->function
                               : static_cast<const NativeFunction*>(data);
}

std::string_view Call::string(int n) {
  std::size_t size = 0;
  const char* text = n <= count_ ? lua_tolstring(L_, n, &size) : nullptr;
  if (text == nullptr) {
    type_error(n, "string");
  }
  return {text, size};
}

std::string_view Call::string_or(int n, std::string_view fallback) {
  return missing(n) ? fallback : string(n);
}

double Call::number(int n) {
  int is_number = 0;
  const double value = n <= count_ ? lua_tonumberx(L_, n, &is_number) : 0;
  if (is_number == 0) {
    type_error(n, "number");
  }
  return value;
}

double Call::number_or(int n, double fallback) { return missing(n) ? fallback : number(n); }

std::int64_t Call::integer(int n) {
  const double value = number(n);
  if (!(value >= -0x1p63 && value < 0x1p63)) {
    argument_error(n, "number has no integer representation");
  }
  return static_cast<std::int64_t>(value);
}

std::int64_t Call::whole_number(int n) {
  if (std::trunc(number(n)) != number(n)) {
    argument_error(n, "number has no integer representation");
  }
  return integer(n);
}

std::int64_t Call::integer_or(int n, std::int64_t fallback) {
  return missing(n) ? fallback : integer(n);
}

bool Call::boolean(int n) {
  if (n > count_ || lua_type(L_, n) != LUA_TBOOLEAN) {
    type_error(n, "boolean");
  }
  return lua_toboolean(L_, n) != 0;
}

bool Call::boolean_or(int n, bool fallback) { return missing(n) ? fallback : boolean(n); }

void Call::require_table(int n) {
  if (!is_table(n)) {
    type_error(n, "table");
  }
}

std::optional<std::string> Call::field_string(int n, const char* key) {
  require_table(n);
  luaL_checkstack(L_, 2, nullptr);
  lua_pushstring(L_, key);
  lua_rawget(L_, n);
  std::optional<std::string> value;
  if (!lua_isnil(L_, -1)) {
    std::size_t size = 0;
    const char* text = lua_tolstring(L_, -1, &size);
    if (text == nullptr) {
      argument_error(
          n, fmt::format("field '{}': string expected, got {}", key, luaL_typename(L_, -1)));
    }
    value.emplace(text, size);
  }
  lua_pop(L_, 1);
  return value;
}

std::optional<double> Call::field_number(int n, const char* key) {
  require_table(n);
  luaL_checkstack(L_, 2, nullptr);
  lua_pushstring(L_, key);
  lua_rawget(L_, n);
  std::optional<double> value;
  if (!lua_isnil(L_, -1)) {
    int is_number = 0;
    value = lua_tonumberx(L_, -1, &is_number);
    if (is_number == 0) {
      argument_error(
          n, fmt::format("field '{}': number expected, got {}", key, luaL_typename(L_, -1)));
    }
  }
  lua_pop(L_, 1);
  return value;
}

Json Call::json(int n) {
  if (n > count_) {
    return {};
  }
  return pull_json(L_, n);
}

void Call::push_nil() {
  luaL_checkstack(L_, 1, nullptr);
  lua_pushnil(L_);
}

void Call::push(bool value) {
  luaL_checkstack(L_, 1, nullptr);
  lua_pushboolean(L_, value ? 1 : 0);
}

void Call::push(double value) {
  luaL_checkstack(L_, 1, nullptr);
  lua_pushnumber(L_, value);
}

void Call::push(std::string_view value) {
  luaL_checkstack(L_, 1, nullptr);
  lua_pushlstring(L_, value.data(), value.size());
}

void Call::push(const Json& value) { push_json(L_, value); }

void Call::push_function(NativeFunction function, std::size_t external_bytes) {
  push_native(L_, std::move(function), external_bytes);
}

void Call::push_functions(std::vector<NamedFunction> functions) {
  push_table(0, static_cast<int>(functions.size()));
  for (NamedFunction& each : functions) {
    push_native(L_, std::move(each.function));
    set_field(each.name.c_str());
  }
}

void Call::push_strings(const std::vector<std::string_view>& items) {
  push_array_table(L_, items.size());
  int at = 0;
  for (const std::string_view item : items) {
    engine_.charge(1);
    push(item);
    lua_rawseti(L_, -2, ++at);
  }
}

void Call::push_table(int items, int members) {
  luaL_checkstack(L_, 2, nullptr);
  lua_createtable(L_, items, members);
}

void Call::argument_error(int n, std::string_view message) {
  lua_Debug frame{};
  std::string name = "?";
  if (lua_getstack(L_, 0, &frame) == 1) {
    lua_getinfo(L_, "n", &frame);
    if (frame.name != nullptr) {
      name = frame.name;
    }
    if (std::string_view(frame.namewhat) == "method") {
      --n;
      if (n == 0) {
        fail(fmt::format("calling '{}' on bad self ({})", name, message));
      }
    }
  }
  fail(fmt::format("bad argument #{} to '{}' ({})", n, name, message));
}

void Call::type_error(int n, std::string_view expected) {
  const std::string_view actual = n > count_ ? "no value" : type_name(n);
  argument_error(n, fmt::format("{} expected, got {}", expected, actual));
}

}  // namespace tarn::actions::lua
