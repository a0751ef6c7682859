#pragma once

#include "graveler/listing.h"
#include "graveler/table_uploads.h"
#include "graveler/three_way.h"
#include "sstable/table.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::graveler {

/// Who is right where both sides changed a path, and not to the same.
enum class MergeStrategy : std::uint8_t { kNone, kDestinationWins, kSourceWins };

/// `default`, `dest-wins`, `source-wins`: what merge commits remember.
std::string_view to_string(MergeStrategy strategy);
/// Also of the empty text, which is kNone; absent for others.
std::optional<MergeStrategy> merge_strategy_from_string(std::string_view text);

/// What a merge makes of one path.
enum class MergeOutcome : std::uint8_t { kTakeSource, kTakeDestination, kConflict };

/// The merge table (docs/formats/merge.md): equality is equality of identities, and absence equals
/// absence.
MergeOutcome merge_record(const ThreeWay::Side& base, const ThreeWay::Side& source,
                          const ThreeWay::Side& destination);

struct MergedTree {
  /// Meaningless with conflicts.
  MetaRangeId id;
  /// The first kConflictsMax paths in order; empty: the merge is done.
  std::vector<std::string> conflicts;
};
inline constexpr std::size_t kConflictsMax = 100;

struct MergeTrees {
  TreeId base;
  TreeId source;
  TreeId destination;
  MergeStrategy strategy = MergeStrategy::kNone;
};

/// What `source` did since `base`, done to `destination`. Ranges are reused wherever one side left
/// them alone. With conflicts and no strategy nothing is published (ranges already written are
/// garbage). The tree is durable when it returns; with `uploads`, when those are.
Task<Result<MergedTree>> merge_trees(Context ctx, Tables& tables, MergeTrees trees,
                                     sstable::SplitOptions split,
                                     std::shared_ptr<TableUploads> uploads = nullptr);

/// What merge_trees would change in `trees.destination`, paths in conflict included; with a base
/// that is the destination, the plain difference from destination to source.
Task<Result<Paged<Difference>>> diff_trees(Context ctx, Tables& tables, MergeTrees trees,
                                           ListRequest request);

}  // namespace tarn::graveler
