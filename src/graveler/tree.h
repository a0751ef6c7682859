#pragma once

#include "graveler/records.h"
#include "graveler/table_uploads.h"
#include "graveler/tables.h"
#include "sstable/reader.h"
#include "sstable/value.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::graveler {

/// A committed tree: the metarange `id` of a namespace; an empty id is the empty tree.
struct TreeId {
  StorageNamespace storage_namespace;
  MetaRangeId id;
  /// Where tables are that the store may not have yet; null for a published tree.
  std::shared_ptr<const TableUploads> unpublished = nullptr;
};

/// A table of a tree, if it is in memory.
std::optional<TablePtr> find_table(Tables& tables, const TreeId& tree, const std::string& id);
/// Errors: as Tables::open.
Task<Result<TablePtr>> open_table(Context ctx, Tables& tables, TreeId tree, std::string id);

/// A range that a tree names. Errors: kCorruption, also where its file is missing: "not found"
/// would read as if the path were.
Task<Result<TablePtr>> open_range(Context ctx, Tables& tables, TreeId tree, RangeId id);

/// What the tables in memory say of a path.
struct OpenLookup {
  enum class Outcome : std::uint8_t { kFound, kAbsent, kNotInMemory };
  Outcome outcome = Outcome::kNotInMemory;
  /// The stored value where it was found.
  std::optional<sstable::PinnedValue> value;
};

/// The way of most point reads: without a task, and copies nothing. A block that is not in memory
/// is read, its table is not opened. Errors: kCorruption.
Result<OpenLookup> find_in_open_tables(Tables& tables, const StorageNamespace& storage_namespace,
                                       const MetaRangeId& id, std::string_view path);

/// The value of `path` in a tree, or nothing. Errors: kCorruption, also where a file is missing.
Task<Result<std::optional<Value>>> find_in_tree(Context ctx, Tables& tables, TreeId tree,
                                                std::string path);

/// Walks the ranges of a tree in order, without opening them. Not thread-safe.
class RangeCursor {
 public:
  RangeCursor(Tables& tables, TreeId tree) : tables_(tables), tree_(std::move(tree)) {}

  /// To the first range that ends at or after `key`. Errors: kMetaRangeNotFound, kCorruption.
  Task<Result<void>> seek(Context ctx, std::string key);
  Result<void> next();
  bool valid() const { return valid_; }
  /// Needs valid().
  const RangeInfo& range() const { return range_; }

 private:
  Result<void> decode();

  Tables& tables_;
  TreeId tree_;
  std::optional<sstable::Iterator> iterator_;
  RangeInfo range_;
  bool valid_ = false;
};

/// Walks the records of a tree in order of keys. Not thread-safe.
///
///     TARN_CO_CHECK_OK(co_await cursor.seek(ctx, key));
///     while (cursor.valid()) { …; TARN_CO_CHECK_OK(co_await cursor.next(ctx)); }
///
/// `step()` moves within the open range without suspending; when it gives false call `next_range`.
class TreeCursor {
 public:
  TreeCursor(Tables& tables, TreeId tree)
      : tables_(tables), tree_(tree), ranges_(tables, std::move(tree)) {}

  /// To the first record at or after `key`.
  Task<Result<void>> seek(Context ctx, std::string key);
  /// To the next record of the same range; false at its end. Errors: kCorruption.
  Result<bool> step();
  Task<Result<void>> next_range(Context ctx);
  bool valid() const { return records_ && records_->valid(); }
  // Both need valid(); the views live until the cursor moves.
  std::string_view key() const { return records_->key(); }
  Result<sstable::Value> value() const { return sstable::decode_value(records_->value()); }

 private:
  Tables& tables_;
  TreeId tree_;
  RangeCursor ranges_;
  std::optional<sstable::Iterator> records_;
};

}  // namespace tarn::graveler
