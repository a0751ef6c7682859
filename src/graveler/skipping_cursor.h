#pragma once

#include "graveler/tree.h"

#include <optional>
#include <string>
#include <string_view>

namespace tarn::graveler {

/// Walks the records of a tree in order of keys without opening a range until it is told to: the
/// side of a comparison, where whole ranges are skipped by their ids. It stands on a range that is
/// not open (`at_range()`), on a record of an open one, or at the end. Not thread-safe.
class SkippingCursor {
 public:
  SkippingCursor(Tables& tables, TreeId tree)
      : tables_(tables), tree_(tree), ranges_(tables, std::move(tree)) {}

  /// To the first record at or after `key`: on its range if the range begins there or later.
  /// Errors: kMetaRangeNotFound, kCorruption, those of the block store.
  Task<Result<void>> seek(Context ctx, std::string key);
  /// The same, forwards only; opens a range only if `key` lies inside it.
  Task<Result<void>> advance_to(Context ctx, std::string key);
  /// Opens the range and moves to its first record. Needs at_range().
  Task<Result<void>> enter(Context ctx);
  /// To the next range. Needs at_range().
  Result<void> skip_range() { return ranges_.next(); }
  /// To the next record, or the next range after the last one. Needs valid() and not at_range().
  Result<void> step();

  bool valid() const { return records_.has_value() || ranges_.valid(); }
  bool at_range() const { return !records_ && ranges_.valid(); }
  /// Needs valid(). The range that the cursor stands on or in.
  const RangeInfo& range() const { return ranges_.range(); }
  /// Needs valid(); of a range its first key. The view lives until the cursor moves.
  std::string_view key() const {
    return records_ ? records_->key() : std::string_view(ranges_.range().min_key);
  }
  /// Needs valid() and not at_range(). The views live until the cursor moves.
  Result<sstable::Value> value() const { return sstable::decode_value(records_->value()); }

 private:
  Task<Result<void>> open(Context ctx, std::string key);

  Tables& tables_;
  TreeId tree_;
  RangeCursor ranges_;
  std::optional<sstable::Iterator> records_;
};

}  // namespace tarn::graveler
