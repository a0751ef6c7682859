#include "actions/lua/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tarn::actions::lua {
namespace {

/// Units between two looks at the clock: at about 10 ns each this is a few microseconds.
constexpr std::uint64_t kCheckEvery = 256;
constexpr std::uint64_t kPatternCheckEvery = 4096;
/// A forced collection walks the whole heap; counting it keeps a script that lives at the edge of
/// its memory from collecting for ever.
constexpr std::size_t kBytesPerCollectUnit = 256;

}  // namespace

void Interrupt::cancel(std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_) {
      return;
    }
    cancelled_ = true;
    reason_ = std::move(reason);
    flag_.store(true, std::memory_order_release);
  }
  changed_.notify_all();
}

bool Interrupt::cancelled() const { return flag_.load(std::memory_order_acquire); }

std::string Interrupt::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

Engine::Engine(const Limits& limits, const Clock& clock, Rng& rng,
               std::function<void(std::string_view)> output)
    : limits_(limits),
      clock_(clock),
      rng_(rng),
      output_(std::move(output)),
      random_(rng.next_u64()) {}

Engine& Engine::of(lua_State* L) {
  void* self = nullptr;
  lua_getallocf(L, &self);
  return *static_cast<Engine*>(self);
}

void* Engine::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  Engine& engine = *static_cast<Engine*>(self);
  // For a new block liblua passes the kind of object as its old size.
  const std::size_t before = block == nullptr ? 0 : old_size;
  if (new_size == 0) {
    std::free(block);
    engine.memory_ -= before;
    return nullptr;
  }
  if (new_size > before) {
    if (engine.refuse_growth_) {
      return nullptr;
    }
    if (engine.memory_used() + (new_size - before) > engine.limits_.memory_bytes) {
      engine.charge_later(engine.memory_ / kBytesPerCollectUnit);  // liblua collects, then retries
      return nullptr;
    }
  }
  void* moved = std::realloc(block, new_size);
  if (moved == nullptr) {
    // liblua relies on shrinking to succeed.
    return new_size <= before ? block : nullptr;
  }
  engine.memory_ += new_size - before;
  if (new_size >= kBytesPerInstruction) {
    engine.charge_later(new_size / kBytesPerInstruction);
  }
  return moved;
}

void Engine::start(lua_State* L) {
  state_ = L;
  lua_sethook(L, &Engine::on_count, LUA_MASKCOUNT, static_cast<int>(kCheckEvery));
}

void Engine::on_count(lua_State* L, lua_Debug* /*info*/) { of(L).charge(kCheckEvery); }

void Engine::charge(std::uint64_t units) {
  used_ += units;
  unchecked_ += units;
  if (unchecked_ >= kCheckEvery) {
    check();
  }
}

void Engine::check() {
  unchecked_ = 0;
  if (const auto kind = find_reached()) {
    raise(*kind);
  }
}

void Engine::charge_later(std::uint64_t units) noexcept {
  used_ += units;
  unchecked_ += units;
  if (unchecked_ < kCheckEvery || state_ == nullptr || refuse_growth_) {
    return;
  }
  unchecked_ = 0;
  if (find_reached()) {
    // The allocator cannot throw. Failing to grow stops the script now, and should it need no more
    // memory, the hook does at its next instruction.
    refuse_growth_ = true;
    lua_sethook(state_, &Engine::on_count, LUA_MASKCOUNT, 1);
  }
}

void Engine::charge_pattern(std::uint64_t steps) {
  pattern_used_ += steps;
  if (pattern_used_ > limits_.pattern_steps) {
    raise(LimitKind::kPatternSteps);
  }
  pattern_unchecked_ += steps;
  if (pattern_unchecked_ >= kPatternCheckEvery) {
    pattern_unchecked_ = 0;
    check();
  }
}

void Engine::charge_output(std::size_t bytes) {
  output_used_ += bytes;
  if (output_used_ > limits_.output_bytes) {
    raise(LimitKind::kOutput);
  }
}

void Engine::write_output(std::string_view text) {
  charge_output(text.size());
  charge_bytes(text.size());
  if (output_) {
    output_(text);
  }
}

void Engine::note_required(std::string_view name) {
  constexpr std::size_t kNamesMax = 256;  // a script can make up names in package.preload
  if (required_.size() < kNamesMax) {
    required_.emplace(name);
  }
}

void Engine::require_room(std::size_t bytes) {
  if (bytes > limits_.memory_bytes || memory_used() > limits_.memory_bytes - bytes) {
    raise(LimitKind::kMemory);
  }
}

std::list<Engine::Owned>::iterator Engine::own(lua_State* L, NativeFunction function,
                                               std::size_t external_bytes) {
  if (memory_used() + external_bytes > limits_.memory_bytes) {
    charge(memory_ / kBytesPerCollectUnit);
    lua_gc(L, LUA_GCCOLLECT, 0);
    require_room(external_bytes);
  }
  owned_.push_front({std::move(function), external_bytes});
  external_ += external_bytes;
  return owned_.begin();
}

void Engine::disown(std::list<Owned>::iterator owned) noexcept {
  external_ -= owned->external_bytes;
  owned_.erase(owned);
}

std::optional<LimitKind> Engine::find_reached() const {
  if (used_ > limits_.instructions) {
    return LimitKind::kInstructions;
  }
  if (interrupt_->cancelled()) {
    return LimitKind::kCancelled;
  }
  if (limits_.deadline && clock_.steady_now() >= *limits_.deadline) {
    return LimitKind::kDeadline;
  }
  return std::nullopt;
}

std::string Engine::describe(LimitKind kind) const {
  switch (kind) {
    case LimitKind::kInstructions:
      return fmt::format("instruction limit of {} reached", limits_.instructions);
    case LimitKind::kMemory:
      return fmt::format("memory limit of {} bytes reached", limits_.memory_bytes);
    case LimitKind::kDeadline:
      return "time limit reached";
    case LimitKind::kOutput:
      return fmt::format("output limit of {} bytes reached", limits_.output_bytes);
    case LimitKind::kPatternSteps:
      return fmt::format("pattern matching limit of {} steps reached", limits_.pattern_steps);
    case LimitKind::kCancelled:
      return "cancelled: " + interrupt_->reason();
  }
  return "limit reached";
}

void Engine::record(LimitKind kind) {
  if (reached_) {
    return;
  }
  reached_ = kind;
  refuse_growth_ = true;
  if (state_ == nullptr) {
    limit_message_ = describe(kind);
    return;
  }
  lua_Debug frame{};
  std::string where;
  for (int level = 0; level < 8 && where.empty() && lua_getstack(state_, level, &frame) == 1;
       ++level) {
    where = position(state_, level);
  }
  limit_message_ = where + describe(kind);
  limit_traceback_ = lua_getstack(state_, 0, &frame) == 1 ? traceback(state_, 0) : "";
}

void Engine::raise(LimitKind kind) {
  record(kind);
  throw LimitReached{};
}

bool Engine::note_limit(int status) {
  if (!reached_ && status == LUA_ERRMEM) {
    record(find_reached().value_or(LimitKind::kMemory));
  }
  return reached_.has_value();
}

void Engine::wait(const std::function<bool()>& ready, std::optional<SteadyTime> until) {
  std::optional<SteadyTime> end = limits_.deadline;
  if (until && (!end || *until < *end)) {
    end = until;
  }
  {
    std::unique_lock lock(interrupt_->mutex_);
    while (!ready() && !interrupt_->cancelled_) {
      if (!end) {
        interrupt_->changed_.wait(lock);
        continue;
      }
      const SteadyTime now = clock_.steady_now();
      if (now >= *end) {
        break;
      }
      interrupt_->changed_.wait_for(
          lock, std::min<SteadyTime::duration>(*end - now, std::chrono::hours(1)));
    }
  }
  check();
}

void Buffer::grow(std::size_t more) {
  // std::string doubles, so what it may hold next is what needs room.
  const std::size_t next = std::max(text_.size() + more, 2 * checked_);
  engine_.require_room(next);
  engine_.charge_bytes(next);
  text_.reserve(next);
  checked_ = next;
}

std::string position(lua_State* L, int level) {
  lua_Debug frame{};
  if (lua_getstack(L, level, &frame) == 1) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0) {
      return fmt::format("{}:{}: ", frame.short_src, frame.currentline);
    }
  }
  return "";
}

std::string traceback(lua_State* L, int level) {
  constexpr int kFirst = 12;
  constexpr int kLast = 10;
  lua_Debug frame{};
  // lua_getstack walks from the top, so a deep stack is measured by doubling and halving.
  int known = 1;
  int levels = 1;
  while (lua_getstack(L, levels, &frame) == 1) {
    known = levels;
    levels *= 2;
  }
  while (known < levels) {
    const int middle = known + (levels - known) / 2;
    if (lua_getstack(L, middle, &frame) == 1) {
      known = middle + 1;
    } else {
      levels = middle;
    }
  }
  std::string text = "stack traceback:";
  const int first_level = level;
  for (; lua_getstack(L, level, &frame) == 1; ++level) {
    if (level - first_level == kFirst && levels - level > kLast) {
      text.append("\n\t...");
      level = levels - kLast - 1;
      continue;
    }
    lua_getinfo(L, "Slnt", &frame);
    // The interpreter that hooks were first written for calls library functions [Go] and knows no
    // names for them.
    const bool native = *frame.what == 'C';
    fmt::format_to(std::back_inserter(text), "\n\t{}:", native ? "[Go]" : frame.short_src);
    if (frame.currentline > 0) {
      fmt::format_to(std::back_inserter(text), "{}:", frame.currentline);
    }
    if (native) {
      text.append(" in ?");
    } else if (*frame.what == 'm') {
      text.append(" in main chunk");
    } else if (*frame.namewhat != '\0') {
      fmt::format_to(std::back_inserter(text), " in function '{}'", frame.name);
    } else {
      fmt::format_to(std::back_inserter(text), " in function <{}:{}>", frame.short_src,
                     frame.linedefined);
    }
    if (frame.istailcall != 0) {
      text.append("\n\t(...tail calls...)");
    }
  }
  return text;
}

}  // namespace tarn::actions::lua
