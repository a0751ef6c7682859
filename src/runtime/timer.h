#pragma once

#include "base/error.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <chrono>

namespace tarn {

/// Waits for `duration`; ends early with kCancelled or kTimeout when the context does.
Task<Result<void>> sleep_for(Context ctx, std::chrono::nanoseconds duration);

}  // namespace tarn
