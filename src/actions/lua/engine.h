#pragma once

#include "actions/lua/limits.h"
#include "base/rng.h"

#include <lua.hpp>

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>

namespace tarn::actions::lua {

/// Unwinds a script whose limit is reached. liblua is built as C++ and swallows any exception at a
/// protected call (status -1), so every protected call of ours asks Engine::rethrow_limit
/// afterwards. Thrown instead of a Lua error because a Lua error would run the script's message
/// handler, and inside a hook that handler would run without hooks, hence without limits.
struct LimitReached {};

/// Raises `message` as a Lua error with the position of the calling Lua function before it. Native
/// functions throw this (or any std::exception) and never call lua_error, so that their frames
/// unwind as ordinary C++.
class ScriptError : public std::exception {
 public:
  explicit ScriptError(std::string message) : message_(std::move(message)) {}
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

class Call;

/// A function that scripts can call; see call.h.
using NativeFunction = std::function<int(Call&)>;

/// Accounts for what one lua_State uses and stops it. Lives as long as its lua_State and is its
/// allocator's context, so any native function finds it with Engine::of. Used by the script's
/// thread only; other threads speak to the Interrupt.
class Engine {
 public:
  Engine(const Limits& limits, const Clock& clock, Rng& rng,
         std::function<void(std::string_view)> output);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  static Engine& of(lua_State* L);
  /// lua_Alloc: fails when memory_bytes would be exceeded, and for growth once a limit is reached.
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  /// Installs the count hook; call once the standard environment is in place.
  void start(lua_State* L);

  /// Counts `units` instructions and now and then looks at the deadline. May throw LimitReached.
  void charge(std::uint64_t units);
  /// For work over `bytes` bytes in a library function.
  void charge_bytes(std::size_t bytes) { charge(bytes / kBytesPerInstruction + 1); }
  void charge_pattern(std::uint64_t steps);
  void charge_output(std::size_t bytes);
  /// Looks at every limit now.
  void check();
  /// Throws LimitReached when memory_bytes has no room for `bytes` more that live outside Lua.
  void require_room(std::size_t bytes);

  /// A native function that a Lua closure owns, with the memory its captures keep outside Lua.
  struct Owned {
    NativeFunction function;
    std::size_t external_bytes;
  };
  /// Kept until disown, or until the engine is destroyed. Collects garbage when `external_bytes`
  /// does not fit, then throws LimitReached.
  std::list<Owned>::iterator own(lua_State* L, NativeFunction function, std::size_t external_bytes);
  void disown(std::list<Owned>::iterator owned) noexcept;

  /// Blocks until `ready` (evaluated under the interrupt's mutex) or a limit.
  void wait(const std::function<bool()>& ready, std::optional<SteadyTime> until = std::nullopt);

  [[noreturn]] void raise(LimitKind kind);
  /// To be called with the status of each protected call: true when a limit ended it. LUA_ERRMEM is
  /// taken for one.
  bool note_limit(int status);
  /// note_limit, for protected calls inside a script: keeps unwinding.
  void rethrow_limit(int status) {
    if (note_limit(status)) {
      throw LimitReached{};
    }
  }

  std::optional<LimitKind> reached() const { return reached_; }
  /// `[string "lua"]:3: time limit reached`, position included where known; then the traceback.
  const std::string& limit_message() const { return limit_message_; }
  const std::string& limit_traceback() const { return limit_traceback_; }

  const Limits& limits() const { return limits_; }
  const Clock& clock() const { return clock_; }
  Rng& rng() const { return rng_; }
  /// Of math.random; seeded from the Rng.
  std::mt19937_64& random() { return random_; }
  const std::shared_ptr<Interrupt>& interrupt() const { return interrupt_; }
  std::uint64_t instructions_used() const { return used_; }
  std::size_t memory_used() const { return memory_ + external_; }
  void write_output(std::string_view text);
  /// Names that `require` answered.
  const std::set<std::string, std::less<>>& required() const { return required_; }
  void note_required(std::string_view name);

  static constexpr std::uint64_t kNativeCost = 8;
  static constexpr std::size_t kBytesPerInstruction = 64;

 private:
  static void on_count(lua_State* L, lua_Debug* info);
  /// The limit that is reached now, if any.
  std::optional<LimitKind> find_reached() const;
  std::string describe(LimitKind kind) const;
  void record(LimitKind kind);
  /// Counts without throwing, for the allocator; asks for a hook at the next instruction on a
  /// limit.
  void charge_later(std::uint64_t units) noexcept;

  const Limits limits_;
  const Clock& clock_;
  Rng& rng_;
  std::function<void(std::string_view)> output_;
  std::shared_ptr<Interrupt> interrupt_ = std::make_shared<Interrupt>();
  std::mt19937_64 random_;
  lua_State* state_ = nullptr;

  std::uint64_t used_ = 0;
  std::uint64_t unchecked_ = 0;
  std::uint64_t pattern_used_ = 0;
  std::uint64_t pattern_unchecked_ = 0;
  std::size_t memory_ = 0;
  std::size_t external_ = 0;
  std::size_t output_used_ = 0;
  bool refuse_growth_ = false;
  std::list<Owned> owned_;
  std::set<std::string, std::less<>> required_;
  std::optional<LimitKind> reached_;
  std::string limit_message_;
  std::string limit_traceback_;
};

/// Text that a library function builds outside Lua; its growth is checked against the memory limit.
class Buffer {
 public:
  explicit Buffer(Engine& engine) : engine_(engine) {}
  void append(std::string_view text) {
    reserve_for(text.size());
    text_.append(text);
  }
  void push_back(char c) {
    reserve_for(1);
    text_.push_back(c);
  }
  void append(std::size_t count, char c) {
    reserve_for(count);
    text_.append(count, c);
  }
  void reserve(std::size_t bytes) {
    if (bytes > checked_) {
      grow(bytes - text_.size());
    }
  }
  const std::string& text() const { return text_; }
  std::string& text() { return text_; }

 private:
  void reserve_for(std::size_t more) {
    if (text_.size() + more > checked_) {
      grow(more);
    }
  }
  void grow(std::size_t more);

  Engine& engine_;
  std::string text_;
  std::size_t checked_ = 0;
};

/// `[string "lua"]:3: ` for the function at `level`, or empty. Allocates nothing in Lua.
std::string position(lua_State* L, int level);
/// `stack traceback:` and a line per level, starting at `level`, the middle of deep stacks left
/// out.
std::string traceback(lua_State* L, int level);

}  // namespace tarn::actions::lua
