#pragma once

#include "base/bytes.h"
#include "base/clock.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace tarn::actions::lua {

/// What one script may use up. Reaching any of these ends the script; it cannot catch that.
struct Limits {
  /// Virtual machine instructions. Library functions, copied bytes and forced collections count as
  /// the instructions they stand for, so this bounds the work whatever does it.
  std::uint64_t instructions = 1'000'000'000;
  /// Everything the script keeps alive, and what library functions hold while they work.
  std::size_t memory_bytes = 256 * kMiB;
  /// Absolute; absent = none.
  std::optional<SteadyTime> deadline;
  /// Bytes `print` may write.
  std::size_t output_bytes = 8 * kMiB;
  /// Steps of pattern and regular expression matching.
  std::uint64_t pattern_steps = 1'000'000'000;
};

/// Which limit ended a script.
enum class LimitKind : std::uint8_t {
  kInstructions,
  kMemory,
  kDeadline,
  kOutput,
  kPatternSteps,
  kCancelled,
};

/// Stops a script from another thread, also while it waits in a library function. Thread-safe.
class Interrupt {
 public:
  /// The first reason stays; it ends up in the script's error as `cancelled: <reason>`.
  void cancel(std::string reason);
  bool cancelled() const;
  std::string reason() const;

 private:
  friend class Engine;
  template <class T>
  friend class Pending;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool cancelled_ = false;  // guarded by mutex_; `flag_` repeats it for the fast path
  std::string reason_;      // guarded by mutex_
  std::atomic<bool> flag_{false};
};

}  // namespace tarn::actions::lua
