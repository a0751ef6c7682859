#include "runtime/parallel.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>

#include "runtime/task_group.h"

namespace tarn {
namespace {

struct Shared {
  std::size_t next = 0;
  std::size_t count = 0;
  std::optional<Error> failure;
};

/// One of `width` workers; all run on the caller's loop, so `shared` needs no lock.
Task<void> worker(Shared& shared, const std::function<Task<Result<void>>(std::size_t)>& work) {
  while (shared.next < shared.count && !shared.failure) {
    const std::size_t index = shared.next++;
    Result<void> done = co_await work(index);
    if (!done && !shared.failure) {
      shared.failure = std::move(done).error();
    }
  }
}

}  // namespace

Task<Result<void>> parallel_for(std::size_t count, std::size_t width, std::function<Task<Result<void>>(std::size_t)> work) {
  auto executor = co_await boost::asio::this_coro::executor;
  Shared shared;
  shared.count = count;
  TaskGroup group;
  for (std::size_t i = 0; i < std::min(count, std::max<std::size_t>(width, 1)); ++i) {
    group.spawn(executor, worker(shared, work));
  }
  group.close();
  co_await group.join();
  if (shared.failure) {
    co_return *std::move(shared.failure);
  }
  co_return Result<void>();
}

}  // namespace tarn
