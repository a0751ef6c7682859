#include "block/local/folder_sync.h"

namespace tarn::block::local {

Result<void> FolderSync::ensure_folder(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  {
    MutexLock lock(mutex_);
    if (durable_.contains(path)) {
      return {};
    }
  }
  const std::size_t slash = path.rfind('/');
  const std::string above = slash == std::string::npos ? "" : path.substr(0, slash);
  TARN_CHECK_OK(ensure_folder(above));
  TARN_CHECK_OK(files_.make_folder(path));
  // Also when someone else made it a moment ago: their fsync may not have happened yet.
  TARN_CHECK_OK(sync(above));
  MutexLock lock(mutex_);
  if (durable_.size() >= kKnownMax) {
    durable_.clear();
  }
  durable_.insert(path);
  return {};
}

Result<void> FolderSync::sync(const std::string& path) {
  mutex_.lock();
  Queue& queue = queues_[path];
  ++queue.users;
  const std::uint64_t ticket = ++queue.asked;
  Result<void> outcome;
  while (queue.done < ticket) {
    if (queue.running) {
      changed_.wait(mutex_);
      continue;
    }
    queue.running = true;
    const std::uint64_t covers = queue.asked;
    mutex_.unlock();
    Result<void> synced = files_.sync_folder(path);
    mutex_.lock();
    queue.running = false;
    queue.done = covers;
    queue.last = std::move(synced);
    changed_.notify_all();
  }
  outcome = queue.last;
  if (--queue.users == 0) {
    queues_.erase(path);
  }
  mutex_.unlock();
  return outcome;
}

void FolderSync::forget() {
  MutexLock lock(mutex_);
  durable_.clear();
}

}  // namespace tarn::block::local
