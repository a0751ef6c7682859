#pragma once

#include "actions/lua/engine.h"
#include "base/json.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::actions::lua {

/// A function that scripts can call. It takes its arguments from the Call, pushes its results and
/// returns how many. Throws ScriptError (or calls Call::fail) to raise a Lua error; any other
/// std::exception becomes one with its what(). Runs on the script's thread and may block there with
/// Call::block_on.
struct NamedFunction {
  std::string name;
  NativeFunction function;
};

/// A library module: `require(name)` answers a table of these functions.
struct Module {
  std::string name;
  std::vector<NamedFunction> functions;
};

/// What a blocking operation completes, from any thread, at most once. Copies share one slot, and
/// completing after the script was stopped is harmless.
template <class T>
class Pending {
 public:
  explicit Pending(std::shared_ptr<Interrupt> interrupt)
      : slot_(std::make_shared<Slot>()), interrupt_(std::move(interrupt)) {}

  void operator()(T value) const {
    {
      const std::lock_guard lock(interrupt_->mutex_);
      slot_->value.emplace(std::move(value));
    }
    interrupt_->changed_.notify_all();
  }
  /// Only under the interrupt's mutex.
  bool ready() const { return slot_->value.has_value(); }
  T take() const {
    const std::lock_guard lock(interrupt_->mutex_);
    return std::move(*slot_->value);
  }

 private:
  struct Slot {
    std::optional<T> value;
  };
  std::shared_ptr<Slot> slot_;
  std::shared_ptr<Interrupt> interrupt_;
};

const NativeFunction* find_native(lua_State* L, int index);

/// One call of a native function: its arguments (numbered from 1), its results, and the services of
/// the State. Arguments that have the wrong type raise `bad argument #n to 'name' (…)`. Optional
/// arguments may be absent or nil. Views stay valid until the function returns.
class Call {
 public:
  Call(lua_State* L, Engine& engine) : L_(L), engine_(engine), count_(lua_gettop(L)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  int count() const { return count_; }
  /// Absent or nil.
  bool missing(int n) const { return n > count_ || lua_type(L_, n) <= LUA_TNIL; }
  bool is_string(int n) const { return n <= count_ && lua_type(L_, n) == LUA_TSTRING; }
  bool is_table(int n) const { return n <= count_ && lua_type(L_, n) == LUA_TTABLE; }
  bool is_number(int n) const { return n <= count_ && lua_type(L_, n) == LUA_TNUMBER; }
  std::string_view type_name(int n) const { return luaL_typename(L_, n); }

  std::string_view string(int n);
  std::string_view string_or(int n, std::string_view fallback);
  double number(int n);
  double number_or(int n, double fallback);
  /// A number that fits 64 bits, its fraction cut off.
  std::int64_t integer(int n);
  /// The same for a number without fraction; raises `number has no integer representation`.
  std::int64_t whole_number(int n);
  std::int64_t integer_or(int n, std::int64_t fallback);
  bool boolean(int n);
  bool boolean_or(int n, bool fallback);
  void require_table(int n);
  /// Member `key` of the table argument `n` as text, or nothing; raises for other types.
  std::optional<std::string> field_string(int n, const char* key);
  std::optional<double> field_number(int n, const char* key);
  /// Argument `n` as a host value; raises `… cannot pull go type into lua` for what has none.
  Json json(int n);

  /// Argument `n` if it is a native function of type T, else null.
  template <class T>
  const T* native(int n) const {
    const NativeFunction* function = n <= count_ ? find_native(L_, n) : nullptr;
    return function == nullptr ? nullptr : function->target<T>();
  }

  // Results. Each pushes one value.
  void push_nil();
  void push(bool value);
  void push(double value);
  void push(std::string_view value);
  void push(const char* value) { push(std::string_view(value)); }
  void push(const std::string& value) { push(std::string_view(value)); }
  /// Lists carry the array marker; null members are left out and null items leave a hole.
  void push(const Json& value);
  /// A table of functions, such as a client; called with `.` from scripts.
  void push_functions(std::vector<NamedFunction> functions);
  /// `external_bytes` is what the function's captures keep outside Lua; it counts as the script's
  /// memory until the function is collected.
  void push_function(NativeFunction function, std::size_t external_bytes = 0);
  /// An array of strings, with the marker.
  void push_strings(const std::vector<std::string_view>& items);
  /// A fresh table, and setting the value on the top of the stack as its member.
  void push_table(int items = 0, int members = 0);
  void set_field(const char* key) { lua_setfield(L_, -2, key); }

  [[noreturn]] void fail(std::string message) { throw ScriptError(std::move(message)); }
  [[noreturn]] void argument_error(int n, std::string_view message);
  [[noreturn]] void type_error(int n, std::string_view expected);
  /// The value, or raises the error's message.
  template <class T>
  T unwrap(Result<T> result) {
    if (!result) {
      fail(result.error().message());
    }
    return *std::move(result);
  }

  /// Starts an asynchronous operation and blocks this thread until it completes. `start` receives a
  /// Pending<T> and arranges that it is called with the outcome. When a limit or a cancellation
  /// comes first the script is stopped: `abandon` (may be empty) is told, and the operation must
  /// not use anything of this call afterwards.
  template <class T, class Start>
  T block_on(Start&& start, const std::function<void()>& abandon = {}) {
    engine_.check();
    Pending<T> pending(engine_.interrupt());
    std::forward<Start>(start)(pending);
    try {
      engine_.wait([&pending] { return pending.ready(); });
    } catch (const LimitReached&) {
      if (abandon) {
        abandon();
      }
      throw;
    }
    return pending.take();
  }

  void charge_bytes(std::size_t bytes) { engine_.charge_bytes(bytes); }
  Engine& engine() { return engine_; }
  const Clock& clock() const { return engine_.clock(); }
  Rng& rng() { return engine_.rng(); }
  lua_State* lua() { return L_; }

 private:
  lua_State* const L_;
  Engine& engine_;
  const int count_;
};

/// Pushes `function` as a closure that owns it. `external_bytes` as in Call::push_function.
void push_native(lua_State* L, NativeFunction function, std::size_t external_bytes = 0);
/// Runs `function` in a plain lua_CFunction: counts the call, and what it throws becomes a Lua
/// error.
int invoke_native(lua_State* L, const NativeFunction& function);
/// Pushes a closure over a function that outlives the lua_State.
void push_native_reference(lua_State* L, const NativeFunction* function);
/// The function behind the value at `index` if this State made it, else null. What it is shows its
/// `target<T>()`, which no script can forge: so modules recognise functions of their own.
const NativeFunction* find_native(lua_State* L, int index);
/// Prepares a lua_State for push_native.
void open_native(lua_State* L);

}  // namespace tarn::actions::lua
