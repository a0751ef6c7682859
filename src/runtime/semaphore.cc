#include "runtime/semaphore.h"

#include "runtime/suspend.h"

#include <utility>

namespace tarn {

Task<AsyncSemaphore::Permit> AsyncSemaphore::acquire() {
  {
    MutexLock lock(mutex_);
    if (free_ > 0) {
      --free_;
      co_return Permit(*this);
    }
  }
  std::function<void(std::function<void()>)> start = [this](std::function<void()> resume) {
    {
      MutexLock lock(mutex_);
      if (free_ == 0) {
        waiting_.push_back(std::move(resume));
        return;
      }
      --free_;
    }
    resume();
  };
  co_await suspend(std::move(start));
  co_return Permit(*this);
}

void AsyncSemaphore::release() {
  std::function<void()> next;
  {
    MutexLock lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    // The permit passes straight to the first waiter.
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next();
}

}  // namespace tarn
