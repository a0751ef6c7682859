#pragma once

#include "runtime/blocking_pool.h"
#include "runtime/task.h"

#include <type_traits>
#include <utility>

namespace tarn::tables {

/// A job of the processor, off the loop where there is a pool for it. Errors: those of the job, and
/// of the pool.
template <class Job>
Task<std::invoke_result_t<Job&>> compute(BlockingPool* pool, Job job) {
  if (pool == nullptr) {
    co_return job();
  }
  co_return co_await run_blocking(*pool, std::move(job));
}

}  // namespace tarn::tables
