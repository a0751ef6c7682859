#pragma once

#include "graveler/records.h"
#include "graveler/table_uploads.h"
#include "graveler/tables.h"
#include "sstable/table.h"
#include "sstable/value.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::graveler {

/// Writes a tree from records and whole ranges of other trees, in ascending order. Ranges are
/// durable before the metarange that names them. Not thread-safe; one loop.
///
///     TARN_CO_TRY(const bool room, writer.put(key, stored));
///     if (!room) { TARN_CO_CHECK_OK(co_await writer.flow(ctx)); }
///
/// Records are gathered in batches, which threads compress and hash: several ranges at once where
/// the ends of ranges follow from the keys alone (no smallest size of a range), in turn otherwise.
/// Memory: 24 MiB of records, the ranges under way, and TableUploads' part.
class TreeWriter {
 public:
  /// `more` are properties that all of its tables get beside their type.
  TreeWriter(Tables& tables, StorageNamespace storage_namespace, sstable::SplitOptions split,
             sstable::Metadata more = {});
  /// For a tree that others are built on before it is durable.
  TreeWriter(Tables& tables, std::shared_ptr<TableUploads> uploads, sstable::SplitOptions split);
  /// What is under way ends on its own, as garbage.
  ~TreeWriter();
  TreeWriter(const TreeWriter&) = delete;
  TreeWriter& operator=(const TreeWriter&) = delete;

  /// Takes a record, whose stored value may still be in parts. False: call `flow` before the next
  /// one. Errors: sstable::kKeysOutOfOrder, sstable::kRecordTooLarge.
  Result<bool> put(std::string_view key, std::string_view stored);
  Result<bool> put(std::string_view key, const sstable::Value& value);
  /// Passes on what was put, and lets other work of the loop have its turn. Errors: those of the
  /// block store.
  Task<Result<void>> flow(Context ctx);
  /// Both in one, for those who are in no hurry.
  Task<Result<void>> add(Context ctx, std::string_view key, sstable::Value value);
  /// A range that exists already: as a whole, or joined with the records beside it if both are
  /// small (SplitOptions::join_size_bytes). Errors: as open_range.
  Task<Result<void>> add_range(Context ctx, RangeInfo range);
  /// Durable when it returns; with uploads of somebody else, when those are.
  Task<Result<MetaRangeId>> finish(Context ctx);

 private:
  struct Batch;
  struct Section;
  struct Shared;

  sstable::Metadata metadata(sstable::Metadata type) const;
  void start(const Context& ctx);
  bool joins_next(const RangeInfo& range) const;
  bool joins_previous() const;
  Task<Result<TablePtr>> open_existing(Context ctx, RangeId id);
  Task<Result<void>> put_all(Context ctx, RangeInfo range);
  Task<Result<void>> open_section(Context ctx);
  Result<void> check_order(std::string_view key) const;
  bool placed(std::size_t key_size, std::size_t value_size);
  Task<void> hand_over(Context ctx, bool ends);
  Task<Result<void>> close_last(Context ctx);
  static Task<void> work_off(std::shared_ptr<Shared> shared, std::shared_ptr<Section> section);

  Tables& tables_;
  const StorageNamespace storage_namespace_;
  const sstable::SplitOptions split_;
  const sstable::Metadata more_;
  const bool own_uploads_;
  /// Null until the first use, where they are our own.
  std::shared_ptr<TableUploads> uploads_;
  /// With those who work off the batches.
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Batch> batch_;
  /// The section that takes batches; null before its first one.
  std::shared_ptr<Section> open_;
  /// Whole ranges and sections in order.
  std::vector<std::shared_ptr<Section>> sections_;
  bool section_ends_ = false;
  /// Of the records since the last section ended.
  std::uint64_t loose_bytes_ = 0;
  std::string last_key_;
  bool any_key_ = false;
};

}  // namespace tarn::graveler
