#pragma once

#include "base/thread_annotations.h"

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace tarn {

/// The last `capacity` used values by key. Thread-safe; values are copied out, so keep them small
/// (pointers).
template <class Key, class Value>
class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_(capacity) {}

  std::optional<Value> get(const Key& key) {
    MutexLock lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) {
      return std::nullopt;
    }
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }

  void put(const Key& key, Value value) {
    MutexLock lock(mutex_);
    const auto found = index_.find(key);
    if (found != index_.end()) {
      found->second->second = std::move(value);
      order_.splice(order_.begin(), order_, found->second);
      return;
    }
    if (capacity_ == 0) {
      return;
    }
    if (index_.size() >= capacity_) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(key, std::move(value));
    index_.emplace(key, order_.begin());
  }

  void erase(const Key& key) {
    MutexLock lock(mutex_);
    const auto found = index_.find(key);
    if (found != index_.end()) {
      order_.erase(found->second);
      index_.erase(found);
    }
  }

  /// Every key that `matches` says so of; visits them all.
  template <class Matches>
  void erase_if(Matches matches) {
    MutexLock lock(mutex_);
    for (auto at = order_.begin(); at != order_.end();) {
      if (!matches(at->first)) {
        ++at;
        continue;
      }
      index_.erase(at->first);
      at = order_.erase(at);
    }
  }

 private:
  using Order = std::list<std::pair<Key, Value>>;
  const std::size_t capacity_;
  Mutex mutex_;
  Order order_ TARN_GUARDED_BY(mutex_);
  std::unordered_map<Key, typename Order::iterator> index_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn
