#include "sstable/detail/block_builder.h"

#include "sstable/detail/numbers.h"

#include <algorithm>
#include <utility>

namespace tarn::sstable::detail {

void BlockBuilder::add(std::string_view key, std::string_view value) {
  std::size_t shared = 0;
  if (entry_count_ % restart_interval_ == 0) {
    restarts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  } else {
    const std::size_t both = std::min(key.size(), last_key_.size());
    while (shared < both && key[shared] == last_key_[shared]) {
      ++shared;
    }
  }
  append_uvarint(shared, bytes_);
  append_uvarint(key.size() - shared, bytes_);
  append_uvarint(value.size(), bytes_);
  bytes_.append(key.substr(shared));
  bytes_.append(value);
  last_key_.assign(key);
  ++entry_count_;
}

bool BlockBuilder::is_full_for(std::size_t key_size, std::size_t value_size,
                               std::size_t target_size) const {
  if (entry_count_ == 0) {
    return false;
  }
  const std::size_t now = estimated_size();
  if (now >= target_size) {
    return true;
  }
  // A block below nine tenths of its target takes one more entry even if that makes it too large.
  if (now <= (target_size * 90 + 99) / 100) {
    return false;
  }
  const std::size_t restart = entry_count_ % restart_interval_ == 0 ? 4 : 0;
  const std::size_t shared_prefix_guess = 4;
  return now + key_size + value_size + restart + shared_prefix_guess + uvarint_size(key_size) +
             uvarint_size(value_size) >
         target_size;
}

std::string_view BlockBuilder::finish() {
  if (restarts_.empty()) {
    restarts_.push_back(0);
  }
  for (const std::uint32_t restart : restarts_) {
    append_u32(restart, bytes_);
  }
  append_u32(static_cast<std::uint32_t>(restarts_.size()), bytes_);
  return bytes_;
}

std::string BlockBuilder::release() {
  finish();
  std::string block = std::move(bytes_);
  reset();
  return block;
}

void BlockBuilder::reset() {
  bytes_.clear();
  restarts_.clear();
  last_key_.clear();
  entry_count_ = 0;
}

}  // namespace tarn::sstable::detail
