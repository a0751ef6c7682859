#include "runtime/loop_event.h"

#include "runtime/loops.h"
#include "runtime/parallel.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

Task<Result<void>> consume(LoopEvent& event, int& stock, int& taken) {
  for (int i = 0; i < 3; ++i) {
    while (stock == 0) {
      co_await event.wait();
    }
    --stock;
    ++taken;
  }
  co_return Result<void>();
}

TEST(LoopEvent, WakesEverybodyWhoWaitsAndTheyLookAgain) {
  LoopEvent event;
  int stock = 0;
  int taken = 0;
  const auto work = [&](std::size_t index) -> Task<Result<void>> {
    if (index < 2) {
      co_return co_await consume(event, stock, taken);
    }
    while (taken < 6) {
      stock = 1;
      event.notify();
      co_await yield_loop();
    }
    co_return Result<void>();
  };
  EXPECT_TRUE(testing::run(parallel_for(3, 3, work)));
  EXPECT_EQ(taken, 6);
}

TEST(LoopEvent, NobodyToWakeIsNoError) {
  LoopEvent event;
  event.notify();
}

}  // namespace
}  // namespace tarn
