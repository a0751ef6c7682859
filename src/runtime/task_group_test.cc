#include "runtime/task_group.h"

#include "runtime/loops.h"
#include "runtime/suspend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace tarn {
namespace {

Task<void> count(std::atomic<int>& done) {
  co_await yield_loop();
  ++done;
}

/// Waits until the test says go.
Task<void> wait_for(std::function<void()>& resume_slot, std::promise<void>& waiting) {
  std::function<void(std::function<void()>)> start = [&](std::function<void()> resume) {
    resume_slot = std::move(resume);
    waiting.set_value();
  };
  co_await suspend(std::move(start));
}

TEST(TaskGroup, JoinWaitsForEveryTask) {
  Loops loops(2);
  std::atomic<int> done = 0;
  TaskGroup group;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(group.spawn(loops.next(), count(done)));
  }
  group.close();
  group.join_blocking();
  EXPECT_EQ(done, 100);
  EXPECT_EQ(group.running(), 0U);
}

TEST(TaskGroup, RefusesWorkOnceClosed) {
  Loops loops(1);
  std::atomic<int> done = 0;
  TaskGroup group;
  group.close();
  EXPECT_FALSE(group.spawn(loops.next(), count(done)));
  group.join_blocking();
  EXPECT_EQ(done, 0);
}

TEST(TaskGroup, ACoroutineCanJoin) {
  Loops loops(1);
  TaskGroup group;
  std::function<void()> resume;
  std::promise<void> waiting;
  group.spawn(loops.executor(0), wait_for(resume, waiting));
  waiting.get_future().wait();
  EXPECT_EQ(group.running(), 1U);
  group.close();
  std::atomic<bool> joined = false;
  TaskGroup joiners;
  auto join = [](TaskGroup& of, std::atomic<bool>& flag) -> Task<void> {
    co_await of.join();
    flag = true;
  };
  joiners.spawn(loops.executor(0), join(group, joined));
  // Runs on the same loop after the joiner has begun to wait.
  block_on(loops.executor(0), yield_loop());
  EXPECT_FALSE(joined);
  resume();
  joiners.close();
  joiners.join_blocking();
  EXPECT_TRUE(joined);
}

TEST(TaskGroup, JoiningAnIdleGroupReturns) {
  Loops loops(1);
  TaskGroup group;
  group.close();
  block_on(loops.executor(0), group.join());
}

TEST(TaskGroup, ATaskThatThrowsStillCountsAsEnded) {
  Loops loops(1);
  TaskGroup group;
  auto broken = []() -> Task<void> {
    co_await yield_loop();
    throw std::runtime_error("bug");
  };
  group.spawn(loops.next(), broken());
  group.close();
  group.join_blocking();
  EXPECT_EQ(group.running(), 0U);
}

TEST(TaskGroupDeathTest, ATaskMustNotOutliveItsGroup) {
  EXPECT_DEATH(
      {
        Loops loops(1);
        std::function<void()> resume;
        std::promise<void> waiting;
        TaskGroup group;
        group.spawn(loops.executor(0), wait_for(resume, waiting));
        waiting.get_future().wait();
      },
      "a task outlived its group");
}

}  // namespace
}  // namespace tarn
