#pragma once

#include <mutex>

// Clang's -Wthread-safety works with an annotated wrapper, not with std::mutex under libstdc++.
#if defined(__clang__)
#define TARN_ATTRIBUTE(x) __attribute__((x))
#else
#define TARN_ATTRIBUTE(x)
#endif
#define TARN_GUARDED_BY(x) TARN_ATTRIBUTE(guarded_by(x))
#define TARN_REQUIRES(...) TARN_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define TARN_EXCLUDES(...) TARN_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace tarn {

/// std::mutex with the annotations the analysis needs. Hold it briefly and never across co_await.
class TARN_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() TARN_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() TARN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  /// For std::condition_variable only.
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

class TARN_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TARN_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() TARN_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace tarn
