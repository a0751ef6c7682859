#include "runtime/retry.h"

#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

using namespace std::chrono_literals;
using testing::run;

/// Tries that cost no time.
RetryPolicy at_once(std::size_t tries) {
  RetryPolicy policy;
  policy.tries_max = tries;
  policy.first_delay = 0ms;
  return policy;
}

bool transient(const Error& error) { return is_transient(error.kind()); }

/// Fails with each listed error in turn, then succeeds with how often it was called.
class Attempts {
 public:
  explicit Attempts(std::vector<const ErrorId*> failures) : failures_(std::move(failures)) {}
  Task<Result<int>> operator()() {
    const auto call = static_cast<std::size_t>(calls_++);
    if (call < failures_.size()) {
      co_return Error(*failures_[call]);
    }
    co_return calls_;
  }
  int calls() const { return calls_; }

 private:
  std::vector<const ErrorId*> failures_;
  int calls_ = 0;
};

TEST(Retry, RepeatsWhatPasses) {
  SeededRng rng(1);
  Attempts attempts({&kUnavailable, &kThrottled});
  EXPECT_EQ(run(retry(Context(), at_once(5), rng, std::ref(attempts), transient)).value(), 3);
}

TEST(Retry, ReturnsTheLastErrorWhenTriesRunOut) {
  SeededRng rng(1);
  Attempts attempts({&kThrottled, &kThrottled, &kUnavailable, &kThrottled});
  const Result<int> result = run(retry(Context(), at_once(3), rng, std::ref(attempts), transient));
  EXPECT_TRUE(result.error().is(kUnavailable));
  EXPECT_EQ(attempts.calls(), 3);
}

TEST(Retry, LeavesOtherErrorsAlone) {
  SeededRng rng(1);
  Attempts attempts({&kInvalid});
  EXPECT_TRUE(
      run(retry(Context(), at_once(5), rng, std::ref(attempts), transient)).error().is(kInvalid));
  EXPECT_EQ(attempts.calls(), 1);
}

TEST(Retry, EndsWithItsContext) {
  SeededRng rng(1);
  CancelSource source;
  source.cancel(CancelReason::kClientGone);
  RetryPolicy slow;
  slow.first_delay = 1h;
  slow.delay_max = 1h;
  Attempts attempts({&kThrottled, &kThrottled});
  const Result<int> result =
      run(retry(Context("r", source.token()), slow, rng, std::ref(attempts), transient));
  EXPECT_TRUE(result.error().is(kThrottled)) << "the error of the last try, not of the wait";
  EXPECT_EQ(attempts.calls(), 1);
}

TEST(RetryPolicy, GrowsUpToItsMostWithJitter) {
  RetryPolicy policy;
  SeededRng rng(2);
  policy.jitter = 0;
  EXPECT_EQ(policy.delay(1, rng), 100ms);
  EXPECT_EQ(policy.delay(2, rng), 200ms);
  EXPECT_EQ(policy.delay(4, rng), 800ms);
  EXPECT_EQ(policy.delay(7, rng), 5s);
  EXPECT_EQ(policy.delay(5000, rng), 5s);
  policy.jitter = 0.5;
  std::chrono::nanoseconds least = 1h;
  std::chrono::nanoseconds most{0};
  for (int i = 0; i < 1000; ++i) {
    const auto delay = policy.delay(1, rng);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, 50ms);
  EXPECT_LE(most, 150ms);
  EXPECT_LT(least, 60ms) << "the jitter is used";
  EXPECT_GT(most, 140ms);
}

TEST(RetryPolicy, KnowsWhatUsuallyPasses) {
  EXPECT_TRUE(is_transient(ErrorKind::kThrottled));
  EXPECT_TRUE(is_transient(ErrorKind::kUnavailable));
  EXPECT_TRUE(is_transient(ErrorKind::kTimeout));
  EXPECT_FALSE(is_transient(ErrorKind::kUnknownOutcome)) << "it may have been applied";
  EXPECT_FALSE(is_transient(ErrorKind::kNotFound));
}

}  // namespace
}  // namespace tarn
