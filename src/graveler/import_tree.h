#pragma once

#include "graveler/records.h"
#include "graveler/tables.h"
#include "graveler/tree.h"
#include "sstable/table.h"

#include <string>
#include <vector>

namespace tarn::graveler {

/// What of a branch an imported tree takes the place of.
struct ReplacedPath {
  std::string path;
  /// All paths that begin with `path`; else the path itself alone.
  bool is_prefix = false;
};

struct ImportRequest {
  MetaRangeId source;
  std::vector<ReplacedPath> replaced;
  std::string committer;
  std::string message;
  Metadata metadata;
  /// Also on a read-only repository.
  bool force = false;
};

struct OverlayTrees {
  TreeId destination;
  TreeId source;
  std::vector<ReplacedPath> replaced;
};

/// The source, and of the destination what is neither in it nor replaced. Ranges that nothing else
/// reaches into are taken over by id; of replaced ones only those at the borders are opened.
Task<Result<MetaRangeId>> overlay_trees(Context ctx, Tables& tables, OverlayTrees trees,
                                        sstable::SplitOptions split);

}  // namespace tarn::graveler
