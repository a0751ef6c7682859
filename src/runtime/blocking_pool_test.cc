#include "runtime/blocking_pool.h"

#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace tarn {
namespace {

using testing::run;

/// Occupies the only thread of a pool until it is released.
class Plug {
 public:
  explicit Plug(BlockingPool& pool) {
    // The job owns what it uses: it may still be returning when the plug is gone.
    pool.post([state = state_] {
      state->started.set_value();
      state->release.get_future().wait();
    });
    state_->started.get_future().wait();
  }
  void release() { state_->release.set_value(); }

 private:
  struct State {
    std::promise<void> started;
    std::promise<void> release;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

TEST(BlockingPool, RunsTheJobOnItsThreadAndResumesOnTheLoop) {
  BlockingPool pool("kv", 1, 10);
  auto task = [](BlockingPool& on) -> Task<void> {
    const std::thread::id loop = std::this_thread::get_id();
    std::thread::id worker;
    auto job = [&worker]() -> Result<int> {
      worker = std::this_thread::get_id();
      return 42;
    };
    const Result<int> result = co_await run_blocking(on, job);
    EXPECT_EQ(result.value(), 42);
    EXPECT_NE(worker, loop);
    EXPECT_EQ(std::this_thread::get_id(), loop);
  };
  run(task(pool));
}

TEST(BlockingPool, PassesTheJobsErrorOn) {
  BlockingPool pool("kv", 1, 10);
  auto job = []() -> Result<void> { return Error(kCorruption, "block 7"); };
  const Result<void> result = run(run_blocking(pool, job));
  EXPECT_EQ(result.error().message(), "block 7: corrupted data");
}

TEST(BlockingPool, CarriesMoveOnlyResults) {
  BlockingPool pool("kv", 1, 10);
  auto job = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(5); };
  const Result<std::unique_ptr<int>> result = run(run_blocking(pool, job));
  EXPECT_EQ(**result, 5);
}

TEST(BlockingPool, AFullQueueAnswersThrottledAtOnce) {
  BlockingPool pool("fs", 1, 2);
  Plug plug(pool);
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_EQ(pool.queued(), 2U);
  EXPECT_FALSE(pool.post([] {}));
  bool ran = false;
  auto job = [&ran]() -> Result<void> {
    ran = true;
    return {};
  };
  const Result<void> result = run(run_blocking(pool, job));
  EXPECT_TRUE(result.error().is(kThrottled));
  EXPECT_EQ(result.error().message(), "fs queue is full: too many requests");
  EXPECT_FALSE(ran);
  plug.release();
}

TEST(BlockingPool, RunsWhatIsQueuedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    BlockingPool pool("kv", 2, 100);
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(pool.post([&done] { ++done; }));
    }
  }
  EXPECT_EQ(done, 50);
}

}  // namespace
}  // namespace tarn
