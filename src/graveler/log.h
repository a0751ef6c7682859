#pragma once

#include "graveler/refs.h"
#include "graveler/tables.h"

#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler {

struct LogRequest {
  /// Skip everything up to and including this commit.
  std::optional<CommitId> after;
  /// Commits older than this are left out, and so is what lies behind them.
  std::optional<WallTime> since;
  /// The last commit to show.
  std::optional<CommitId> stop_at;
  bool first_parent = false;
  /// With any of these only commits with exactly one parent that change such a path, or a path with
  /// such a prefix.
  std::vector<std::string> objects;
  std::vector<std::string> prefixes;
  std::size_t amount = 100;

  bool filtered() const { return !objects.empty() || !prefixes.empty(); }
};

/// History from `start`, newest creation date first, equal dates by descending id.
/// A filter compares a commit with its parent by range first: a range that both have costs nothing.
Task<Result<Paged<CommitPtr>>> walk_log(Context ctx, Refs& refs, Tables& tables,
                                        RepositoryPtr repository, CommitId start,
                                        LogRequest request);

}  // namespace tarn::graveler
