#pragma once

#include "base/error.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstddef>
#include <functional>

namespace tarn {

/// Runs `work(0) … work(count-1)` on the caller's loop with at most `width` under way, and waits
/// for all that were started. After the first error nothing new starts; that error is returned.
/// `work` outlives the call.
Task<Result<void>> parallel_for(std::size_t count, std::size_t width,
                                std::function<Task<Result<void>>(std::size_t)> work);

}  // namespace tarn
