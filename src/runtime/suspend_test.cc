#include "runtime/suspend.h"

#include "runtime/loops.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <thread>

namespace tarn {
namespace {

TEST(Suspend, ResumesFromWithinStart) {
  bool done = false;
  auto task = [](bool& reached) -> Task<void> {
    std::function<void(std::function<void()>)> start = [](const std::function<void()>& resume) {
      resume();
    };
    co_await suspend(std::move(start));
    reached = true;
  };
  testing::run(task(done));
  EXPECT_TRUE(done);
}

// The loop has nothing else to do meanwhile, and must not end.
TEST(Suspend, ResumesOnItsLoopFromAnotherThread) {
  std::thread helper;
  std::thread::id before;
  std::thread::id after;
  auto task = [&]() -> Task<void> {
    before = std::this_thread::get_id();
    std::function<void(std::function<void()>)> start = [&helper](std::function<void()> resume) {
      helper = std::thread(std::move(resume));
    };
    co_await suspend(std::move(start));
    after = std::this_thread::get_id();
  };
  testing::run(task());
  helper.join();
  EXPECT_EQ(before, after);
}

// Whoever resumed may drop its callback late, when the loop is gone: nothing in it may touch the
// loop.
TEST(Suspend, ACopyOfResumeMayOutliveTheLoop) {
  std::function<void()> kept;
  {
    Loops loops(1);
    auto task = [](std::function<void()>& copy) -> Task<void> {
      std::function<void(std::function<void()>)> start =
          [&copy](const std::function<void()>& resume) {
            copy = resume;
            resume();
          };
      co_await suspend(std::move(start));
    };
    block_on(loops.executor(0), task(kept));
  }
  kept = nullptr;
}

}  // namespace
}  // namespace tarn
