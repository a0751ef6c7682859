#pragma once

#include "base/rng.h"
#include "graveler/refs.h"
#include "graveler/refs_dump.h"
#include "graveler/tables.h"
#include "runtime/context.h"
#include "runtime/task.h"

namespace tarn::graveler {

// The texts of the first three are lakeFS's.
inline constexpr ErrorId kNotBare{ErrorKind::kInvalid, "can only restore into a bare repository"};
inline constexpr ErrorId kDumpTooOld{
    ErrorKind::kInvalid,
    "dumps created by lakeFS versions before v0.61.0 are no longer supported: no commit "
    "generation"};
/// A table of the dump does not lie in the repository's storage namespace.
inline constexpr ErrorId kDumpTableMissing{ErrorKind::kNotFound, "No data"};
/// Damaged, cut, or no dump at all; the message says what is wrong and where.
inline constexpr ErrorId kBadDump{ErrorKind::kInvalid, "not a valid dump of references"};

/// Fills a bare repository (one whose default branch does not exist) from a dump that lies in its
/// storage namespace. All of the dump is read and checked before anything is written: tables
/// against their ids, records against their keys, commits against their ids, branches and tags
/// against the commits, which must come with all their ancestors. Commits that lack ancestors and
/// that no branch or tag needs are left out. The default branch is written last, so that a restore
/// that was cut short can be run again. Memory: branches, tags, and a CommitSet. Errors: kNotBare,
/// kBadDump, kDumpTooOld, kDumpTableMissing, kBranchExists and kTagExists (with another commit).
Task<Result<void>> restore_refs(Context ctx, Refs& refs, Tables& tables, Rng& rng,
                                RepositoryPtr repository, RefsDump dump, DumpProgress progress);

}  // namespace tarn::graveler
