#include "sstable/detail/block_cursor.h"

#include "sstable/detail/format.h"
#include "sstable/detail/numbers.h"

#include <algorithm>

namespace tarn::sstable::detail {

bool BlockCursor::reset(std::string_view block, KeyForm form) {
  key_ = {};
  value_ = {};
  offset_ = 0;
  has_previous_ = false;
  form_ = form;
  trailer_size_ = form == KeyForm::kPlain ? 0 : kKeyTrailerSize;
  if (block.size() < 4) {
    damage_ = "no count of restarts";
    return false;
  }
  restart_count_ = load_u32(block.data() + block.size() - 4);
  const std::size_t room = (block.size() - 4) / 4;
  if (restart_count_ == 0 || restart_count_ > room) {
    offset_ = block.size() - 4;
    damage_ = "impossible count of restarts";
    return false;
  }
  entries_ = block.substr(0, block.size() - 4 - 4 * static_cast<std::size_t>(restart_count_));
  restarts_ = entries_.data() + entries_.size();
  next_offset_ = entries_.size();
  return true;
}

std::uint32_t BlockCursor::restart_offset(std::uint32_t restart) const {
  return load_u32(restarts_ + 4 * static_cast<std::size_t>(restart));
}

bool BlockCursor::decode(std::size_t offset, Entry& out) {
  offset_ = offset;
  if (offset >= entries_.size()) {
    damage_ = "restart outside of the entries";
    return false;
  }
  std::string_view rest = entries_.substr(offset);
  std::uint32_t unshared = 0;
  std::uint32_t value_size = 0;
  if (!take_uvarint32(rest, out.shared) || !take_uvarint32(rest, unshared) ||
      !take_uvarint32(rest, value_size) || unshared > rest.size() ||
      value_size > rest.size() - unshared) {
    damage_ = "entry larger than its block";
    return false;
  }
  out.unshared = rest.substr(0, unshared);
  out.value = rest.substr(unshared, value_size);
  out.end = static_cast<std::size_t>(out.value.data() + out.value.size() - entries_.data());
  return true;
}

bool BlockCursor::restart_key(std::uint32_t restart, std::string_view& out) {
  Entry entry;
  if (!decode(restart_offset(restart), entry)) {
    return false;
  }
  if (entry.shared != 0 || entry.unshared.size() < trailer_size_) {
    damage_ = "restart without a whole key";
    return false;
  }
  out = entry.unshared.substr(0, entry.unshared.size() - trailer_size_);
  return true;
}

Step BlockCursor::start_at(std::size_t offset) {
  has_previous_ = false;
  next_offset_ = offset;
  return step();
}

Step BlockCursor::seek_first() { return start_at(0); }

Step BlockCursor::next() { return step(); }

Step BlockCursor::step() {
  if (next_offset_ >= entries_.size()) {
    return Step::kEnd;
  }
  Entry entry;
  if (!decode(next_offset_, entry)) {
    return Step::kDamaged;
  }
  const std::size_t previous_size = has_previous_ ? key_.size() : 0;
  if (entry.shared > previous_size) {
    return damaged("entry shares more than the key before it has");
  }
  const std::size_t size = entry.shared + entry.unshared.size();
  if (size < trailer_size_) {
    return damaged("key without trailer");
  }
  if (has_previous_) {
    const std::size_t previous_user_size = previous_size - trailer_size_;
    const std::size_t user_size = size - trailer_size_;
    bool ascends = false;
    if (entry.shared <= previous_user_size && entry.shared <= user_size) {
      ascends = entry.unshared.substr(0, user_size - entry.shared) >
                key_.substr(entry.shared, previous_user_size - entry.shared);
    } else {
      // All of the shorter user key is shared.
      ascends = user_size > previous_user_size;
    }
    if (!ascends) {
      return damaged("keys do not ascend");
    }
  }
  if (entry.shared == 0) {
    key_ = entry.unshared;
  } else {
    if (key_.data() == key_buffer_.data()) {
      key_buffer_.resize(entry.shared);
    } else {
      key_buffer_.assign(key_.substr(0, entry.shared));
    }
    key_buffer_.append(entry.unshared);
    key_ = key_buffer_;
  }
  if (form_ == KeyForm::kRecord &&
      static_cast<unsigned char>(key_[size - trailer_size_]) != kKindSet) {
    return damaged("record of another kind than a put");
  }
  has_previous_ = true;
  value_ = entry.value;
  next_offset_ = entry.end;
  return Step::kEntry;
}

Step BlockCursor::seek_ge(std::string_view target) {
  if (entries_.empty()) {
    return Step::kEnd;
  }
  // The last restart before the target, or the first one.
  std::uint32_t low = 0;
  std::uint32_t high = restart_count_ - 1;
  while (low < high) {
    const std::uint32_t middle = low + (high - low + 1) / 2;
    std::string_view middle_key;
    if (!restart_key(middle, middle_key)) {
      return Step::kDamaged;
    }
    if (middle_key < target) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  Step at = Step::kEntry;
  for (at = start_at(restart_offset(low)); at == Step::kEntry && key() < target;) {
    at = step();
  }
  return at;
}

}  // namespace tarn::sstable::detail
