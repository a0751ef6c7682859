#pragma once

#include "graveler/skipping_cursor.h"
#include "sstable/value.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tarn::graveler {

/// Three versions of a tree side by side: what `source` and `destination` made of `base`. Walks
/// what can differ, in order of keys; ranges in which at most one side changed anything are never
/// opened (docs/formats/merge.md).
///
///     TARN_CO_CHECK_OK(co_await walk.seek(ctx, key));
///     while (walk.at() != ThreeWay::At::kEnd) { …; TARN_CO_CHECK_OK(co_await walk.next(ctx)); }
///
/// `step` and `settle` are `next` for walks over many records, without a task for each.
class ThreeWay {
 public:
  enum class At : std::uint8_t {
    kEnd,
    /// A range of both sides, the same in each.
    kSameRange,
    /// A range of the source whose keys the destination left as they were in the base, or lacks as
    /// the base does: the merged tree has it as it is.
    kSourceRange,
    /// Likewise a range of the destination.
    kDestinationRange,
    /// A range of the destination that it left as it was in the base, and that the source removed.
    kRemovedBySource,
    /// A range of the source that it left as it was in the base, and that the destination removed.
    kRemovedByDestination,
    /// One key and what each version has for it.
    kRecord,
  };
  using Side = std::optional<sstable::Value>;

  ThreeWay(Tables& tables, TreeId base, TreeId source, TreeId destination);

  /// To the first place at or after `key`. Errors: as SkippingCursor.
  Task<Result<void>> seek(Context ctx, std::string key);
  /// To the next place. False: `settle` finds it; true: the walk stands there already, as it does
  /// from record to record of open ranges. Needs a place.
  Result<bool> step();
  Task<Result<void>> settle(Context ctx);
  /// Both in one.
  Task<Result<void>> next(Context ctx);
  /// Goes into a range that it stands on, to see its records. Needs a range of one side.
  Task<Result<void>> expand(Context ctx);

  At at() const { return at_; }
  /// Needs a range.
  const RangeInfo& range() const {
    return takes_source_range() ? source_.range() : destination_.range();
  }
  /// Needs valid place; of a range its first key. Lives until the walk moves.
  std::string_view key() const;
  // Need kRecord; the views live until the walk moves.
  const Side& base() const { return base_value_; }
  const Side& source() const { return source_value_; }
  const Side& destination() const { return destination_value_; }

 private:
  bool takes_source_range() const {
    return at_ == At::kSameRange || at_ == At::kSourceRange || at_ == At::kRemovedByDestination;
  }
  /// The place that ranges make without being opened, or kRecord if they must be.
  Task<Result<At>> place_of_ranges(Context ctx);
  Task<Result<At>> place_of_one(Context ctx, const SkippingCursor& side, At kept, At removed);
  /// True if the cursors stand on records and nothing is to be opened.
  bool on_records() const;
  Result<void> load_values();
  void forget_values();

  SkippingCursor base_;
  SkippingCursor source_;
  SkippingCursor destination_;
  At at_ = At::kEnd;
  Side base_value_;
  Side source_value_;
  Side destination_value_;
};

}  // namespace tarn::graveler
