#include "ctl/transfer/workers.h"

#include "base/thread_annotations.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace tarn::ctl {

Result<void> run_parallel(std::size_t count, std::size_t width,
                          const std::function<Result<void>(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  Mutex mutex;
  std::optional<Error> first;
  const auto run = [&] {
    while (!failed) {
      const std::size_t index = next++;
      if (index >= count) {
        return;
      }
      Result<void> done = work(index);
      if (!done) {
        failed = true;
        const MutexLock lock(mutex);
        if (!first) {
          first = std::move(done).error();
        }
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(count, width); ++i) {
    threads.emplace_back(run);
  }
  run();
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (first) {
    return *std::move(first);
  }
  return {};
}

}  // namespace tarn::ctl
