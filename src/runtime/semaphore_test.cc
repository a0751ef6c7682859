#include "runtime/semaphore.h"

#include "runtime/loops.h"
#include "runtime/task_group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace tarn {
namespace {

struct Section {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> passed = 0;
};

Task<void> pass(AsyncSemaphore& semaphore, Section& section) {
  const AsyncSemaphore::Permit permit = co_await semaphore.acquire();
  const int now = ++section.inside;
  int most = section.most;
  while (now > most && !section.most.compare_exchange_weak(most, now)) {
  }
  co_await yield_loop();
  --section.inside;
  ++section.passed;
}

TEST(AsyncSemaphore, BoundsWhoIsInside) {
  Loops loops(2);
  AsyncSemaphore semaphore(3);
  Section section;
  TaskGroup group;
  for (int i = 0; i < 200; ++i) {
    group.spawn(loops.next(), pass(semaphore, section));
  }
  group.close();
  group.join_blocking();
  EXPECT_EQ(section.passed, 200);
  EXPECT_LE(section.most, 3);
  EXPECT_GE(section.most, 2) << "permits are used, not hoarded";
}

Task<void> line_up(AsyncSemaphore& semaphore, std::vector<int>& order, int who) {
  const AsyncSemaphore::Permit permit = co_await semaphore.acquire();
  order.push_back(who);
  co_await yield_loop();
}

// One permit on one loop: whoever asked first enters first, also when others come while it is
// handed on.
TEST(AsyncSemaphore, ServesInOrderOfArrival) {
  Loops loops(1);
  AsyncSemaphore semaphore(1);
  std::vector<int> order;
  std::vector<int> expected;
  TaskGroup group;
  for (int i = 0; i < 50; ++i) {
    group.spawn(loops.executor(0), line_up(semaphore, order, i));
    expected.push_back(i);
  }
  group.close();
  group.join_blocking();
  EXPECT_EQ(order, expected);
}

TEST(AsyncSemaphore, APermitCanBeMovedAndGivenBackEarly) {
  Loops loops(1);
  auto task = []() -> Task<void> {
    AsyncSemaphore semaphore(1);
    AsyncSemaphore::Permit first = co_await semaphore.acquire();
    AsyncSemaphore::Permit moved = std::move(first);
    moved = AsyncSemaphore::Permit();
    AsyncSemaphore::Permit second = co_await semaphore.acquire();
  };
  block_on(loops.executor(0), task());
}

}  // namespace
}  // namespace tarn
