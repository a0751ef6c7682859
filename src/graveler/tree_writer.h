#pragma once

#include "graveler/records.h"
#include "graveler/staging.h"
#include "graveler/tables.h"
#include "graveler/tree.h"
#include "sstable/table.h"
#include "sstable/writer.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::graveler {

/// Writes a tree from records and whole ranges of other trees, in ascending order. Ranges are
/// durable before the metarange that names them. Not thread-safe.
class TreeWriter {
 public:
  /// `more` are properties that all of its tables get beside their type.
  TreeWriter(Tables& tables, StorageNamespace storage_namespace, sstable::SplitOptions split,
             sstable::Metadata more = {});

  /// Errors: sstable::kKeysOutOfOrder, those of the block store.
  Task<Result<void>> add(Context ctx, std::string_view key, sstable::Value value);
  /// A range that exists already, as a whole.
  Task<Result<void>> add_range(Context ctx, RangeInfo range);
  Task<Result<MetaRangeId>> finish(Context ctx);

 private:
  struct OpenRange {
    explicit OpenRange(sstable::Metadata metadata) : writer(sink, std::move(metadata)) {}

    Bytes file;
    sstable::StringSink sink{file};
    sstable::Writer writer;
  };

  sstable::Metadata metadata(sstable::Metadata type) const;
  Task<Result<void>> close_range(Context ctx);

  Tables& tables_;
  const StorageNamespace storage_namespace_;
  const sstable::SplitOptions split_;
  const sstable::Metadata more_;
  std::unique_ptr<OpenRange> open_;
  std::vector<RangeInfo> ranges_;
  std::size_t since_yield_ = 0;
};

/// What a commit did to a tree.
struct ApplySummary {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
  std::uint64_t removed = 0;
  bool any() const { return added + changed + removed > 0; }
};

struct AppliedTree {
  MetaRangeId id;
  ApplySummary summary;
};

/// The tree that results when `changes` (tombstones remove) are applied to `base`. Ranges that no
/// change touches are reused by id; a change to an equal identity is none and keeps the base's
/// record. Without effective changes the id is the base's.
Task<Result<AppliedTree>> apply_changes(Context ctx, Tables& tables, TreeId base,
                                        StagedCursor& changes, sstable::SplitOptions split);

}  // namespace tarn::graveler
