#pragma once

#include "runtime/task.h"

#include <functional>

namespace tarn {

/// Bridges a callback to a coroutine: calls `start(resume)` and suspends until `resume()` is
/// called, once, from any thread, also from within `start`. The coroutine continues on its own
/// loop, which stays alive meanwhile. When it continues, the resuming thread does not touch that
/// loop any more, and copies of `resume` may outlive it. A `resume` that is dropped uncalled
/// destroys the waiting coroutine.
Task<void> suspend(std::function<void(std::function<void()> resume)> start);

}  // namespace tarn
