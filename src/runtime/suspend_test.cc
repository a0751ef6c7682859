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

}  // namespace
}  // namespace tarn
