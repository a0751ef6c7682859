#pragma once

#include "base/thread_annotations.h"
#include "runtime/task.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

namespace tarn {

/// Bounds how many coroutines are in a section at once, first come first served. Thread-safe.
/// With one permit it is the lock that may be held over co_await.
class AsyncSemaphore {
 public:
  explicit AsyncSemaphore(std::size_t permits) : free_(permits) {}

  /// Returns its permit when destroyed.
  class Permit {
   public:
    Permit() = default;
    explicit Permit(AsyncSemaphore& owner) : owner_(&owner) {}
    Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(owner_, other.owner_);
      return *this;
    }
    ~Permit() {
      if (owner_ != nullptr) {
        owner_->release();
      }
    }

   private:
    AsyncSemaphore* owner_ = nullptr;
  };

  Task<Permit> acquire();

 private:
  void release();

  Mutex mutex_;
  std::size_t free_ TARN_GUARDED_BY(mutex_);
  std::deque<std::function<void()>> waiting_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn
