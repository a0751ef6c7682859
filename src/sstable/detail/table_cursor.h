#pragma once

#include "base/error.h"
#include "sstable/detail/block_cursor.h"
#include "sstable/detail/open_table.h"

#include <string>
#include <string_view>

namespace tarn::sstable::detail {

/// One block with a cursor on it.
struct BlockPosition {
  BlockHandle handle;
  BlockCache::Block block;
  BlockCursor cursor;
};

/// Walks a table: the top index, an index partition if there are two levels, and a data block. Not
/// thread-safe; the table must outlive it. A block that is already held is not fetched again.
class TableCursor {
 public:
  explicit TableCursor(const OpenTable& table) : table_(table) {}

  Result<void> seek_first();
  Result<void> seek_ge(std::string_view key);
  /// Needs valid().
  Result<void> next();

  bool valid() const { return valid_; }
  std::string_view key() const { return data_.cursor.key(); }
  std::string_view value() const { return data_.cursor.value(); }
  /// What keeps `value()` alive.
  const BlockCache::Block& block() const { return data_.block; }

 private:
  bool two_level() const { return table_.index_type == IndexType::kTwoLevel; }
  /// The cursor whose entries point at data blocks.
  BlockPosition& leaf() { return two_level() ? partition_ : top_; }

  Result<void> open_top();
  /// Makes `position` hold the block at a handle that was read from `from`; positions its cursor
  /// before the first entry.
  Result<void> enter(BlockPosition& position, const BlockPosition& from, KeyForm form);
  /// Both leave the leaf cursor on an entry and return true, or return false at the end of the
  /// index.
  Result<bool> seek_leaf(const std::string_view* target);
  Result<bool> next_leaf();
  /// True on an entry, false at the end.
  Result<bool> check(const BlockPosition& position, Step step) const;
  /// To the first record of the next data block that has any.
  Result<void> next_block();

  const OpenTable& table_;
  bool valid_ = false;
  BlockPosition top_;
  BlockPosition partition_;
  BlockPosition data_;
  std::string last_key_;
};

}  // namespace tarn::sstable::detail
