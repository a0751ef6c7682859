#pragma once

#include "graveler/refs.h"
#include "graveler/staging.h"
#include "graveler/tree.h"

#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler {

/// What to list: paths after `after` that begin with `prefix`; with a delimiter, everything that
/// shares a prefix up to the next delimiter is one item and counts as one.
struct ListRequest {
  std::string prefix;
  std::string after;
  std::string delimiter;
  std::size_t amount = 100;
};

struct ListedPath {
  std::string path;
  /// Absent for a common prefix.
  std::optional<Entry> entry;
};

/// The tree with what `staged` holds laid over it (none: pass no tokens).
Task<Result<Paged<ListedPath>>> list_paths(Context ctx, Tables& tables, kv::Store& store,
                                           TreeId tree, std::vector<StagingToken> staged,
                                           ListRequest request);

enum class DiffType : std::uint8_t { kAdded, kRemoved, kChanged, kPrefixChanged, kConflict };

struct Difference {
  DiffType type = DiffType::kAdded;
  std::string path;
  /// The new value, for removed paths the old one; absent for common prefixes.
  std::optional<Entry> entry;
};

/// What the staged tokens change in the tree. Rows that change nothing are left out.
Task<Result<Paged<Difference>>> diff_staged(Context ctx, Tables& tables, kv::Store& store,
                                            TreeId tree, std::vector<StagingToken> staged,
                                            ListRequest request);

/// From the tree `left` to the tree `right` with what `staged` holds laid over it. Reads both
/// whole: for trees alone use diff_trees (graveler/merge.h).
Task<Result<Paged<Difference>>> diff_with_staged(Context ctx, Tables& tables, kv::Store& store,
                                                 TreeId left, TreeId right,
                                                 std::vector<StagingToken> staged,
                                                 ListRequest request);

/// The smallest text that is after every text with this prefix; empty if there is none.
std::string prefix_end(std::string prefix);

}  // namespace tarn::graveler
