#pragma once

#include "graveler/staging.h"
#include "graveler/tables.h"
#include "graveler/tree.h"
#include "sstable/table.h"

#include <cstdint>

namespace tarn::graveler {

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
