#pragma once

#include <chrono>

namespace tarn {

/// Wall time, nanoseconds since the Unix epoch.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;
/// Monotonic time for deadlines and durations.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The only source of time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;
  virtual SteadyTime steady_now() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  WallTime now() const override;
  SteadyTime steady_now() const override;
};

/// Whole seconds since the Unix epoch, rounded towards minus infinity.
std::int64_t unix_seconds(WallTime time);
WallTime from_unix_seconds(std::int64_t seconds, std::int64_t nanos = 0);

}  // namespace tarn
