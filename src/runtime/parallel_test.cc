#include "runtime/parallel.h"

#include "runtime/loops.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <vector>

namespace tarn {
namespace {

using testing::run;

TEST(ParallelFor, DoesEachIndexOnceWithinItsWidth) {
  std::multiset<std::size_t> seen;
  std::size_t inside = 0;
  std::size_t most = 0;
  std::function<Task<Result<void>>(std::size_t)> work =
      [&](std::size_t index) -> Task<Result<void>> {
    most = std::max(most, ++inside);
    seen.insert(index);
    co_await yield_loop();
    co_await yield_loop();
    --inside;
    co_return Result<void>();
  };
  EXPECT_TRUE(run(parallel_for(100, 7, work)));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 100U);
  EXPECT_EQ(most, 7U);
  EXPECT_EQ(inside, 0U);
}

TEST(ParallelFor, NothingToDoIsDone) {
  std::function<Task<Result<void>>(std::size_t)> work = [](std::size_t) -> Task<Result<void>> {
    co_return Error(kInternal);
  };
  EXPECT_TRUE(run(parallel_for(0, 4, work)));
}

TEST(ParallelFor, AWidthOfZeroStillWorks) {
  int done = 0;
  std::function<Task<Result<void>>(std::size_t)> work = [&done](std::size_t) -> Task<Result<void>> {
    ++done;
    co_return Result<void>();
  };
  EXPECT_TRUE(run(parallel_for(3, 0, work)));
  EXPECT_EQ(done, 3);
}

TEST(ParallelFor, AfterAnErrorNothingNewStartsAndTheStartedFinish) {
  std::size_t started = 0;
  std::size_t finished = 0;
  std::function<Task<Result<void>>(std::size_t)> work =
      [&](std::size_t index) -> Task<Result<void>> {
    ++started;
    co_await yield_loop();
    if (index == 2) {
      ++finished;
      co_return Error(kInvalid, "two");
    }
    co_await yield_loop();
    ++finished;
    co_return Result<void>();
  };
  const Result<void> result = run(parallel_for(1000, 4, work));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "two: invalid value");
  EXPECT_EQ(started, finished) << "none is left behind";
  EXPECT_LT(started, 10U);
}

// Work that threw was not done; success would be a lie.
TEST(ParallelFor, PassesAnExceptionOn) {
  std::function<Task<Result<void>>(std::size_t)> work =
      [](std::size_t index) -> Task<Result<void>> {
    co_await yield_loop();
    if (index == 1) {
      throw std::runtime_error("bug");
    }
    co_return Result<void>();
  };
  EXPECT_THROW(static_cast<void>(run(parallel_for(4, 2, work))), std::runtime_error);
}

}  // namespace
}  // namespace tarn
