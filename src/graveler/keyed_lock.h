#pragma once

#include "base/thread_annotations.h"
#include "runtime/semaphore.h"
#include "runtime/task.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tarn::graveler {

/// One lock per key that may be held over co_await; first come, first served. Locks nobody wants
/// take no memory. Thread-safe.
class KeyedLock {
  struct Slot {
    AsyncSemaphore semaphore{1};
    std::size_t users = 0;
  };

 public:
  /// Releases its key when destroyed.
  class Held {
   public:
    Held() = default;
    Held(KeyedLock& owner, std::string key, AsyncSemaphore::Permit permit)
        : owner_(&owner), key_(std::move(key)), permit_(std::move(permit)) {}
    Held(Held&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)),
          key_(std::move(other.key_)),
          permit_(std::move(other.permit_)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(key_, other.key_);
      std::swap(permit_, other.permit_);
      return *this;
    }
    ~Held() {
      if (owner_ != nullptr) {
        permit_ = AsyncSemaphore::Permit();
        owner_->leave(key_);
      }
    }

   private:
    KeyedLock* owner_ = nullptr;
    std::string key_;
    AsyncSemaphore::Permit permit_;
  };

  Task<Held> acquire(std::string key) {
    AsyncSemaphore& semaphore = enter(key);
    AsyncSemaphore::Permit permit = co_await semaphore.acquire();
    co_return Held(*this, std::move(key), std::move(permit));
  }

 private:
  AsyncSemaphore& enter(const std::string& key) {
    MutexLock lock(mutex_);
    std::unique_ptr<Slot>& slot = slots_[key];
    if (!slot) {
      slot = std::make_unique<Slot>();
    }
    ++slot->users;
    return slot->semaphore;
  }
  void leave(const std::string& key) {
    MutexLock lock(mutex_);
    const auto found = slots_.find(key);
    if (--found->second->users == 0) {
      slots_.erase(found);
    }
  }

  Mutex mutex_;
  std::map<std::string, std::unique_ptr<Slot>> slots_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::graveler
