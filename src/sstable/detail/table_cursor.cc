#include "sstable/detail/table_cursor.h"

namespace tarn::sstable::detail {

Result<void> TableCursor::open_top() {
  if (top_.block == nullptr) {
    top_.handle = table_.index_handle;
    top_.block = table_.index;
  }
  if (!top_.cursor.reset(*top_.block, KeyForm::kIndex)) {
    return table_.damage(top_.handle, top_.cursor);
  }
  return {};
}

Result<void> TableCursor::enter(BlockPosition& position, const BlockPosition& from, KeyForm form) {
  std::string_view value = from.cursor.value();
  BlockHandle handle;
  if (!take_handle(value, handle) || !value.empty()) {
    return table_.damage(from.handle, "bad handle of a block");
  }
  if (position.block == nullptr || position.handle.offset != handle.offset) {
    // The old block stays if the new one cannot be had, but nothing may point at a mix of both.
    TARN_TRY(position.block, table_.block(handle));
    position.handle = handle;
  }
  if (!position.cursor.reset(*position.block, form)) {
    return table_.damage(position.handle, position.cursor);
  }
  return {};
}

Result<bool> TableCursor::check(const BlockPosition& position, Step step) const {
  if (step == Step::kDamaged) {
    return table_.damage(position.handle, position.cursor);
  }
  return step == Step::kEntry;
}

Result<bool> TableCursor::seek_leaf(const std::string_view* target) {
  TARN_CHECK_OK(open_top());
  TARN_TRY(bool more, check(top_, target != nullptr ? top_.cursor.seek_ge(*target)
                                                    : top_.cursor.seek_first()));
  if (!two_level() || !more) {
    return more;
  }
  TARN_CHECK_OK(enter(partition_, top_, KeyForm::kIndex));
  const Step step =
      target != nullptr ? partition_.cursor.seek_ge(*target) : partition_.cursor.seek_first();
  TARN_TRY(more, check(partition_, step));
  if (more) {
    return true;
  }
  return next_leaf();
}

Result<bool> TableCursor::next_leaf() {
  TARN_TRY(bool more, check(leaf(), leaf().cursor.next()));
  while (!more && two_level()) {
    TARN_TRY(const bool more_partitions, check(top_, top_.cursor.next()));
    if (!more_partitions) {
      return false;
    }
    TARN_CHECK_OK(enter(partition_, top_, KeyForm::kIndex));
    TARN_TRY(more, check(partition_, partition_.cursor.seek_first()));
  }
  return more;
}

Result<void> TableCursor::next_block() {
  while (true) {
    TARN_TRY(const bool more, next_leaf());
    if (!more) {
      return {};
    }
    TARN_CHECK_OK(enter(data_, leaf(), KeyForm::kRecord));
    TARN_TRY(const bool found, check(data_, data_.cursor.seek_first()));
    if (found) {
      valid_ = true;
      return {};
    }
  }
}

Result<void> TableCursor::seek_first() {
  valid_ = false;
  TARN_TRY(const bool more, seek_leaf(nullptr));
  if (!more) {
    return {};
  }
  TARN_CHECK_OK(enter(data_, leaf(), KeyForm::kRecord));
  TARN_TRY(valid_, check(data_, data_.cursor.seek_first()));
  if (valid_) {
    return {};
  }
  return next_block();
}

Result<void> TableCursor::seek_ge(std::string_view key) {
  valid_ = false;
  TARN_TRY(const bool more, seek_leaf(&key));
  if (!more) {
    return {};
  }
  TARN_CHECK_OK(enter(data_, leaf(), KeyForm::kRecord));
  TARN_TRY(valid_, check(data_, data_.cursor.seek_ge(key)));
  if (valid_) {
    return {};
  }
  // The key lies between the last record of this block and its index key.
  TARN_CHECK_OK(next_block());
  if (valid_ && this->key() < key) {
    valid_ = false;
    return table_.damage(data_.handle, "keys do not ascend from block to block");
  }
  return {};
}

Result<void> TableCursor::next() {
  const std::string_view before = key();
  const Step step = data_.cursor.next();
  if (step == Step::kEntry) [[likely]] {
    return {};
  }
  valid_ = false;
  if (step == Step::kDamaged) {
    return table_.damage(data_.handle, data_.cursor);
  }
  last_key_.assign(before);
  TARN_CHECK_OK(next_block());
  if (valid_ && key() <= last_key_) {
    valid_ = false;
    return table_.damage(data_.handle, "keys do not ascend from block to block");
  }
  return {};
}

}  // namespace tarn::sstable::detail
