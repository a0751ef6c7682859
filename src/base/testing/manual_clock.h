#pragma once

#include "base/clock.h"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace tarn::testing {

/// A clock that stands still until a test moves it. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_seconds = 1'700'000'000)
      : now_ns_(unix_seconds * 1'000'000'000) {}

  WallTime now() const override { return WallTime(std::chrono::nanoseconds(now_ns_)); }
  SteadyTime steady_now() const override {
    return SteadyTime(std::chrono::nanoseconds(steady_ns_));
  }
  /// Moves both times.
  void advance(std::chrono::nanoseconds step) {
    now_ns_ += step.count();
    steady_ns_ += step.count();
  }
  /// Sets the wall time alone, as an administrator may.
  void set(WallTime time) { now_ns_ = time.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> now_ns_;
  std::atomic<std::int64_t> steady_ns_ = std::int64_t{1'000'000'000'000};
};

}  // namespace tarn::testing
