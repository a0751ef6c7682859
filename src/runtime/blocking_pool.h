#pragma once

#include "base/error.h"
#include "base/thread_annotations.h"
#include "runtime/task.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace tarn {

/// Threads for calls that block (files, RocksDB, key derivation) or compute for more than about a
/// millisecond. The queue is bounded: a full one answers kThrottled at once. Thread-safe.
class BlockingPool {
 public:
  BlockingPool(std::string name, std::size_t threads, std::size_t queue_max);
  /// Runs what is queued, then joins.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `job` on a pool thread and resumes on the caller's loop. The job must not throw.
  Task<Result<void>> run(std::function<void()> job);
  /// Queues `job` without waiting; false when the queue is full or closed.
  bool post(std::function<void()> job);
  const std::string& name() const { return name_; }
  std::size_t queued() const;

 private:
  void work();

  const std::string name_;
  const std::size_t queue_max_;
  mutable Mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<std::function<void()>> queue_ TARN_GUARDED_BY(mutex_);
  bool closed_ TARN_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

/// `co_await run_blocking(pool, job)`: runs `job() -> Result<T>` on the pool. Name the job first
/// when it captures more than references. Errors: those of the job, and kThrottled when the queue
/// is full.
template <class Job>
Task<std::invoke_result_t<Job&>> run_blocking(BlockingPool& pool, Job job) {
  using Outcome = std::invoke_result_t<Job&>;
  static_assert(is_result<Outcome>::value, "a blocking job returns a Result");
  std::optional<Outcome> outcome;
  std::function<void()> erased = [&job, &outcome] { outcome.emplace(job()); };
  Result<void> ran = co_await pool.run(std::move(erased));
  if (!ran) {
    co_return std::move(ran).error();
  }
  co_return *std::move(outcome);
}

}  // namespace tarn
