#include "runtime/parallel.h"

#include "runtime/task_group.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <optional>

namespace tarn {
namespace {

struct Shared {
  std::size_t next = 0;
  std::size_t count = 0;
  std::optional<Error> failure;
  std::exception_ptr thrown;

  bool stopped() const { return failure.has_value() || thrown != nullptr; }
};

/// One of `width` workers; all run on the caller's loop, so `shared` needs no lock.
Task<void> worker(Shared& shared, const std::function<Task<Result<void>>(std::size_t)>& work) {
  while (shared.next < shared.count && !shared.stopped()) {
    const std::size_t index = shared.next++;
    try {
      Result<void> done = co_await work(index);
      if (!done && !shared.failure) {
        shared.failure = std::move(done).error();
      }
    } catch (...) {
      // Else the caller would take work that was never done for a success.
      shared.thrown = std::current_exception();
    }
  }
}

}  // namespace

Task<Result<void>> parallel_for(std::size_t count, std::size_t width,
                                std::function<Task<Result<void>>(std::size_t)> work) {
  auto executor = co_await boost::asio::this_coro::executor;
  Shared shared;
  shared.count = count;
  TaskGroup group;
  for (std::size_t i = 0; i < std::min(count, std::max<std::size_t>(width, 1)); ++i) {
    group.spawn(executor, worker(shared, work));
  }
  group.close();
  co_await group.join();
  if (shared.thrown) {
    std::rethrow_exception(shared.thrown);
  }
  if (shared.failure) {
    co_return *std::move(shared.failure);
  }
  co_return Result<void>();
}

}  // namespace tarn
