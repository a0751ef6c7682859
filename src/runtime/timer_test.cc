#include "runtime/timer.h"

#include "base/clock.h"
#include "runtime/loops.h"
#include "runtime/task_group.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <thread>

namespace tarn {
namespace {

using namespace std::chrono_literals;
using testing::run;

TEST(SleepFor, Ends) {
  EXPECT_TRUE(run(sleep_for(Context(), 0ns)));
  EXPECT_TRUE(run(sleep_for(Context(), 1ms)));
  EXPECT_TRUE(run(sleep_for(Context(), -1s)));
}

TEST(SleepFor, NeverEndsEarly) {
  const SystemClock clock;
  const SteadyTime before = clock.steady_now();
  EXPECT_TRUE(run(sleep_for(Context(), 5ms)));
  EXPECT_GE(clock.steady_now() - before, 5ms);
}

TEST(SleepFor, ADeadlineCutsIt) {
  const SystemClock clock;
  EXPECT_TRUE(run(sleep_for(Context().with_timeout(clock, 1ms), 1h)).error().is(kTimeout));
  EXPECT_TRUE(run(sleep_for(Context().with_timeout(clock, -1s), 1h)).error().is(kTimeout));
  EXPECT_TRUE(run(sleep_for(Context().with_timeout(clock, 1h), 1ms)));
}

TEST(SleepFor, ACancelledContextDoesNotSleep) {
  CancelSource source;
  source.cancel(CancelReason::kShutdown);
  EXPECT_TRUE(run(sleep_for(Context("r", source.token()), 1h)).error().is(kCancelled));
}

TEST(SleepFor, CancellationFromAnotherThreadWakesIt) {
  Loops loops(1);
  for (int round = 0; round < 50; ++round) {
    CancelSource source;
    bool cancelled = false;
    auto sleeper = [](Context ctx, bool& out) -> Task<void> {
      const Result<void> slept = co_await sleep_for(ctx, 1h);
      out = !slept && slept.error().is(kCancelled);
    };
    TaskGroup group;
    group.spawn(loops.executor(0), sleeper(Context("r", source.token()), cancelled));
    if (round % 2 == 0) {
      block_on(loops.executor(0),
               yield_loop());  // now it sleeps; else it races with falling asleep
    }
    source.cancel(CancelReason::kClientGone);
    group.close();
    group.join_blocking();
    EXPECT_TRUE(cancelled);
  }
}

}  // namespace
}  // namespace tarn
