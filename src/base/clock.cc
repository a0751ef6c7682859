#include "base/clock.h"

#include <limits>

namespace tarn {

WallTime SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady_now() const { return std::chrono::steady_clock::now(); }

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

WallTime from_unix_seconds(std::int64_t seconds, std::int64_t nanos) {
  // Clients and stored rows may name any second; what lies outside the years 1677 to 2262 is taken
  // for the nearest time that nanoseconds can tell.
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &total) ||
      __builtin_add_overflow(total, nanos, &total)) {
    using Limits = std::numeric_limits<std::int64_t>;
    total = seconds < 0 ? Limits::min() : Limits::max();
  }
  return WallTime(std::chrono::nanoseconds(total));
}

}  // namespace tarn
