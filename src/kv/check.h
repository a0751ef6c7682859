#pragma once

#include "base/error.h"
#include "kv/store.h"

namespace tarn::kv {

/// What every driver checks of an address: kMissingPartition, kMissingKey.
inline Result<void> check_key(const Key& key) {
  if (key.partition.empty()) {
    return Error(kMissingPartition);
  }
  if (key.key.empty()) {
    return Error(kMissingKey);
  }
  return {};
}

inline Result<void> check_partition(const std::string& partition) {
  if (partition.empty()) {
    return Error(kMissingPartition);
  }
  return {};
}

}  // namespace tarn::kv
