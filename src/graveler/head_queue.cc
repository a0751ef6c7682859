#include "graveler/head_update.h"

#include <algorithm>
#include <utility>

namespace tarn::graveler {

void HeadQueue::push(const std::string& branch, WaitingUpdate& update) {
  MutexLock lock(mutex_);
  waiting_[branch].push_back(&update);
}

std::vector<WaitingUpdate*> HeadQueue::take(const std::string& branch, std::size_t count) {
  MutexLock lock(mutex_);
  std::vector<WaitingUpdate*> out;
  const auto found = waiting_.find(branch);
  if (found == waiting_.end()) {
    return out;
  }
  std::deque<WaitingUpdate*>& queue = found->second;
  while (!queue.empty() && out.size() < count && (out.empty() || !queue.front()->alone)) {
    out.push_back(queue.front());
    queue.pop_front();
    if (out.back()->alone) {
      break;
    }
  }
  if (queue.empty()) {
    waiting_.erase(found);
  }
  return out;
}

void HeadQueue::put_back(const std::string& branch, const std::vector<WaitingUpdate*>& updates) {
  if (updates.empty()) {
    return;
  }
  MutexLock lock(mutex_);
  std::deque<WaitingUpdate*>& queue = waiting_[branch];
  queue.insert(queue.begin(), updates.begin(), updates.end());
}

void HeadQueue::drop(const std::string& branch, const WaitingUpdate& update) {
  MutexLock lock(mutex_);
  const auto found = waiting_.find(branch);
  if (found == waiting_.end()) {
    return;
  }
  std::erase(found->second, &update);
  if (found->second.empty()) {
    waiting_.erase(found);
  }
}

}  // namespace tarn::graveler
