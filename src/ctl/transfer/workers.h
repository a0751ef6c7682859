#pragma once

#include "base/error.h"

#include <cstddef>
#include <functional>

namespace tarn::ctl {

/// Calls `work(0) … work(count - 1)` on at most `width` threads and waits for all that were
/// started. After the first error nothing new starts; that error is returned.
Result<void> run_parallel(std::size_t count, std::size_t width,
                          const std::function<Result<void>(std::size_t)>& work);

}  // namespace tarn::ctl
