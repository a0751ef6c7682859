#include "runtime/loops.h"

#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace tarn {
namespace {

Task<void> note_thread(std::thread::id& out) {
  out = std::this_thread::get_id();
  co_await yield_loop();
  EXPECT_EQ(out, std::this_thread::get_id()) << "a coroutine stays on its loop";
}

TEST(Loops, HaveOneThreadEachAndTakeTurns) {
  Loops loops(3);
  EXPECT_EQ(loops.size(), 3U);
  std::set<std::thread::id> threads;
  for (int i = 0; i < 6; ++i) {
    std::thread::id id;
    block_on(loops.next(), note_thread(id));
    threads.insert(id);
  }
  EXPECT_EQ(threads.size(), 3U);
  std::thread::id first;
  std::thread::id again;
  block_on(loops.executor(1), note_thread(first));
  block_on(loops.executor(1), note_thread(again));
  EXPECT_EQ(first, again);
}

TEST(Loops, BlockOnPassesAnExceptionOn) {
  Loops loops(1);
  auto broken = []() -> Task<void> {
    co_await yield_loop();
    throw std::runtime_error("bug");
  };
  EXPECT_THROW(block_on(loops.executor(0), broken()), std::runtime_error);
}

TEST(Loops, StopIsRepeatable) {
  Loops loops(2);
  loops.stop();
  loops.stop();
}

// Two coroutines that yield take turns, so a long computation over memory leaves room for others.
TEST(YieldLoop, LetsOthersRun) {
  std::string order;
  auto letters = [](std::string& out, char letter) -> Task<void> {
    for (int i = 0; i < 3; ++i) {
      out.push_back(letter);
      co_await yield_loop();
    }
  };
  Loops loops(1);
  auto both = [&]() -> Task<void> {
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::co_spawn(executor, letters(order, 'a'), [](const std::exception_ptr&) {});
    boost::asio::co_spawn(executor, letters(order, 'b'), [](const std::exception_ptr&) {});
  };
  testing::run(both());
  EXPECT_EQ(order, "ababab");
}

}  // namespace
}  // namespace tarn
