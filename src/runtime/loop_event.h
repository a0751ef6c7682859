#pragma once

#include "runtime/suspend.h"
#include "runtime/task.h"

#include <functional>
#include <utility>
#include <vector>

namespace tarn {

/// Lets coroutines of one loop wait until what they share has changed. Everybody who waits is woken
/// and looks again:
///
///     while (!ready()) { co_await event.wait(); }
///
/// Not thread-safe: all of it happens on one loop, so nothing can change between the look and the
/// wait.
class LoopEvent {
 public:
  Task<void> wait() {
    std::function<void(std::function<void()>)> start = [this](std::function<void()> resume) {
      waiting_.push_back(std::move(resume));
    };
    co_await suspend(std::move(start));
  }
  void notify() {
    const std::vector<std::function<void()>> woken = std::exchange(waiting_, {});
    for (const std::function<void()>& resume : woken) {
      resume();
    }
  }

 private:
  std::vector<std::function<void()>> waiting_;
};

}  // namespace tarn
