#include "runtime/cancel.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tarn {
namespace {

TEST(Cancel, ADefaultTokenIsNeverCancelled) {
  const CancelToken token;
  EXPECT_FALSE(token.cancelled());
  int called = 0;
  const auto registration = token.on_cancel([&called] { ++called; });
  EXPECT_EQ(called, 0);
}

TEST(Cancel, TheFirstReasonStays) {
  CancelSource source;
  const CancelToken token = source.token();
  EXPECT_EQ(token.reason(), CancelReason::kNone);
  source.cancel(CancelReason::kShutdown);
  source.cancel(CancelReason::kClientGone);
  EXPECT_EQ(token.reason(), CancelReason::kShutdown);
}

TEST(Cancel, CallsBackOnce) {
  CancelSource source;
  int called = 0;
  const auto registration = source.token().on_cancel([&called] { ++called; });
  source.cancel(CancelReason::kRequested);
  source.cancel(CancelReason::kRequested);
  EXPECT_EQ(called, 1);
}

TEST(Cancel, CallsBackAtOnceWhenAlreadyCancelled) {
  CancelSource source;
  source.cancel(CancelReason::kDeadline);
  int called = 0;
  const auto registration = source.token().on_cancel([&called] { ++called; });
  EXPECT_EQ(called, 1);
}

TEST(Cancel, AnEndedRegistrationIsNotCalled) {
  CancelSource source;
  int called = 0;
  {
    const auto registration = source.token().on_cancel([&called] { ++called; });
  }
  auto replaced = source.token().on_cancel([&called] { called += 10; });
  replaced = source.token().on_cancel([&called] { called += 100; });
  source.cancel(CancelReason::kRequested);
  EXPECT_EQ(called, 100);
}

// After a registration's end its callback neither runs nor is running: what it captured may go.
TEST(Cancel, TheEndOfARegistrationWaitsForARunningCallback) {
  for (int round = 0; round < 200; ++round) {
    CancelSource source;
    auto alive = std::make_unique<int>(1);
    auto registration = std::make_unique<CancelToken::Registration>(
        source.token().on_cancel([&alive] { *alive += 1; }));
    std::thread canceller([&source] { source.cancel(CancelReason::kRequested); });
    registration.reset();
    alive.reset();  // a late callback would write to freed memory
    canceller.join();
  }
}

}  // namespace
}  // namespace tarn
