#include "runtime/context.h"

#include "base/testing/manual_clock.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;

TEST(Context, ADefaultOneNeverEnds) {
  const ManualClock clock;
  const Context ctx;
  EXPECT_FALSE(ctx.deadline());
  EXPECT_FALSE(ctx.cancel().cancelled());
  EXPECT_EQ(ctx.request_id(), "");
  EXPECT_EQ(ctx.user(), "");
  EXPECT_TRUE(ctx.check(clock));
}

TEST(Context, DeadlinesOnlyGetShorter) {
  ManualClock clock;
  const Context ctx = Context().with_timeout(clock, 10s);
  EXPECT_EQ(ctx.with_timeout(clock, 20s).deadline(), ctx.deadline());
  EXPECT_EQ(ctx.with_timeout(clock, 5s).deadline(), clock.steady_now() + 5s);
  EXPECT_EQ(ctx.deadline(), clock.steady_now() + 10s)
      << "a derived context leaves its parent alone";
}

TEST(Context, CheckFailsFromTheDeadlineOn) {
  ManualClock clock;
  const Context ctx = Context().with_timeout(clock, 10s);
  clock.advance(10s - 1ns);
  EXPECT_TRUE(ctx.check(clock));
  clock.advance(1ns);
  EXPECT_TRUE(ctx.check(clock).error().is(kTimeout));
}

TEST(Context, CheckFailsOnceCancelled) {
  const ManualClock clock;
  CancelSource source;
  const Context ctx = Context("r1", source.token()).with_user("ann");
  EXPECT_TRUE(ctx.check(clock));
  source.cancel(CancelReason::kClientGone);
  EXPECT_TRUE(ctx.check(clock).error().is(kCancelled));
}

TEST(Context, DerivedOnesInheritTheRest) {
  const ManualClock clock;
  CancelSource source;
  const Context ctx = Context("r1", source.token()).with_user("ann").with_timeout(clock, 1s);
  EXPECT_EQ(ctx.request_id(), "r1");
  EXPECT_EQ(ctx.user(), "ann");
  CancelSource other;
  const Context detached = ctx.with_cancel(other.token());
  source.cancel(CancelReason::kShutdown);
  EXPECT_TRUE(ctx.cancel().cancelled());
  EXPECT_FALSE(detached.cancel().cancelled());
  EXPECT_EQ(detached.user(), "ann");
  EXPECT_EQ(detached.deadline(), ctx.deadline());
}

}  // namespace
}  // namespace tarn
