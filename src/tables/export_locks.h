#pragma once

#include "base/thread_annotations.h"
#include "runtime/semaphore.h"
#include "runtime/task.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tarn::tables {

/// Exports of one table happen one after the other. Thread-safe. Keeps a little for each table it
/// was ever asked about.
class ExportLocks {
 public:
  /// `table` names the table with its catalog and database. Held until the permit is destroyed.
  Task<AsyncSemaphore::Permit> acquire(std::string table) {
    AsyncSemaphore* found = nullptr;
    {
      const MutexLock lock(mutex_);
      std::unique_ptr<AsyncSemaphore>& slot = locks_[std::move(table)];
      if (!slot) {
        slot = std::make_unique<AsyncSemaphore>(1);
      }
      found = slot.get();
    }
    co_return co_await found->acquire();
  }

 private:
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<AsyncSemaphore>> locks_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::tables
