#pragma once

#include "base/error.h"
#include "base/rng.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "runtime/timer.h"

#include <chrono>
#include <cstddef>

namespace tarn {

/// Exponential backoff with jitter. Retry lives in the lowest layer that knows the call is
/// repeatable.
struct RetryPolicy {
  std::size_t tries_max = 5;
  std::chrono::milliseconds first_delay{100};
  double factor = 2.0;
  std::chrono::milliseconds delay_max{5000};
  /// Each delay is multiplied by a value drawn from [1 - jitter, 1 + jitter].
  double jitter = 0.5;

  /// How long to wait after try number `done` (1 = the first).
  std::chrono::nanoseconds delay(std::size_t done, Rng& rng) const;
};

/// Kinds that usually pass: throttled, unavailable, timeout of the remote side.
bool is_transient(ErrorKind kind);

/// Calls `attempt() -> Task<Result<T>>` until it succeeds, fails with something `retryable(error)`
/// refuses, or tries or deadline run out; then the last error is returned.
template <class Attempt, class Retryable>
auto retry(Context ctx, RetryPolicy policy, Rng& rng, Attempt attempt, Retryable retryable)
    -> decltype(attempt()) {
  for (std::size_t done = 1;; ++done) {
    auto outcome = co_await attempt();
    if (outcome || done >= policy.tries_max || !retryable(outcome.error())) {
      co_return outcome;
    }
    Result<void> slept = co_await sleep_for(ctx, policy.delay(done, rng));
    if (!slept) {
      co_return outcome;
    }
  }
}

}  // namespace tarn
