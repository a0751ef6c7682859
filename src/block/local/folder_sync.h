#pragma once

#include "base/error.h"
#include "base/thread_annotations.h"
#include "block/local/file_system.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace tarn::block::local {

/// Makes folders and names durable with as few fsyncs as possible. Blocking. Thread-safe.
class FolderSync {
 public:
  explicit FolderSync(FileSystem& files) : files_(files) {}

  /// The folder exists, and its name and those of all its parents are durable.
  Result<void> ensure_folder(const std::string& path);
  /// All names made in `path` before the call are durable. Callers that come while an fsync runs
  /// share the next one.
  Result<void> sync(const std::string& path);
  /// Someone removed folders behind us: assume nothing any more.
  void forget();

 private:
  struct Queue {
    std::uint64_t asked = 0;
    std::uint64_t done = 0;
    bool running = false;
    std::size_t users = 0;
    Result<void> last;
  };

  static constexpr std::size_t kKnownMax = 100'000;

  FileSystem& files_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Queue> queues_ TARN_GUARDED_BY(mutex_);
  std::set<std::string> durable_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::block::local
