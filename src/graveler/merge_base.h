#pragma once

#include "graveler/refs.h"

#include <optional>

namespace tarn::graveler {

/// The best common ancestor of two commits: the first one that both sides reach when the newest
/// generation is looked at first. In a criss-cross history one of several. Absent when the
/// histories have nothing in common. Reads a commit once; a commit is its own ancestor.
Task<Result<std::optional<CommitId>>> find_merge_base(Context ctx, Refs& refs,
                                                      RepositoryPtr repository, CommitId left,
                                                      CommitId right);

}  // namespace tarn::graveler
