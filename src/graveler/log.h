#pragma once

#include "graveler/refs.h"

#include <optional>
#include <string>

namespace tarn::graveler {

struct LogRequest {
  /// Skip everything up to and including this commit.
  std::optional<CommitId> after;
  /// Commits older than this are left out, and so is what lies behind them.
  std::optional<WallTime> since;
  /// The last commit to show.
  std::optional<CommitId> stop_at;
  bool first_parent = false;
  std::size_t amount = 100;
};

/// History from `start`, newest creation date first, equal dates by descending id.
Task<Result<Paged<CommitPtr>>> walk_log(Context ctx, Refs& refs, RepositoryPtr repository,
                                        CommitId start, LogRequest request);

}  // namespace tarn::graveler
