#include "runtime/retry.h"

#include <algorithm>
#include <cmath>

namespace tarn {

std::chrono::nanoseconds RetryPolicy::delay(std::size_t done, Rng& rng) const {
  const double first = std::chrono::duration<double, std::nano>(first_delay).count();
  const double most = std::chrono::duration<double, std::nano>(delay_max).count();
  const double base = std::min(most, first * std::pow(factor, static_cast<double>(done - 1)));
  return std::chrono::nanoseconds(static_cast<std::int64_t>(base * (1.0 - jitter + 2.0 * jitter * rng.unit())));
}

bool is_transient(ErrorKind kind) {
  return kind == ErrorKind::kThrottled || kind == ErrorKind::kUnavailable || kind == ErrorKind::kTimeout;
}

}  // namespace tarn
