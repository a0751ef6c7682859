// Resets: of a branch to another commit, and of what is staged on it.
#include "base/fault_points.h"
#include "graveler/store.h"
#include "kv/errors.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::graveler {
namespace {

constexpr int kHeadSwapTriesMax = 10;

}  // namespace

Task<Result<void>> VersionStore::hard_reset(Context ctx, RepositoryPtr repository, BranchId branch,
                                            std::string ref, bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  const std::string lock_key = repository->instance_uid + branch.str();
  const KeyedLock::Held held = co_await branch_locks_.acquire(lock_key);
  TARN_CO_CHECK_OK(co_await seal_clean(ctx, repository, branch));
  for (int tries = 0; tries < kHeadSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await clean_branch(ctx, repository, branch));
    // Resolved anew each time, so that `branch~1` counts from the head that is replaced.
    Result<CommitPtr> target = co_await refs_.resolve_commit(ctx, repository, ref);
    if (!target) {
      co_return std::move(target).error().wrap(
          fmt::format("hard-reset {} to {}", branch.str(), ref));
    }
    TARN_FAULT_POINT("graveler.hard_reset.before_ref_swap");
    TARN_CO_TRY(const bool moved,
                co_await move_head(ctx, repository, std::move(row), (*target)->id));
    if (moved) {
      co_return Result<void>();
    }
  }
  co_return Error(kTooManyTries);
}

Task<Result<void>> VersionStore::reset(Context ctx, RepositoryPtr repository, BranchId branch,
                                       bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  const std::string lock_key = repository->instance_uid + branch.str();
  const KeyedLock::Held held = co_await branch_locks_.acquire(lock_key);
  for (int tries = 0; tries < kHeadSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, branch));
    Branch next = row.branch;
    next.staging_token = new_staging_token(repository, branch);
    next.sealed_tokens.clear();
    const Result<void> swapped =
        co_await refs_.swap_branch(ctx, repository, std::move(next), std::move(row.bytes));
    if (swapped) {
      TARN_FAULT_POINT("graveler.reset.after_ref_swap");
      drop_tokens(row.branch.tokens());
      co_return Result<void>();
    }
    if (!swapped.error().is(kv::kPredicateFailed)) {
      co_return swapped;
    }
  }
  co_return Error(kTooManyTries);
}

/// Stages what makes `path` read as it is committed.
Task<Result<void>> VersionStore::stage_committed(Context ctx, RepositoryPtr repository,
                                                 Branch branch, ObjectPath path) {
  TARN_CO_TRY(const std::optional<Value> staged,
              co_await find_staged(ctx, services_.kv, branch.tokens(), path.str()));
  if (!staged) {
    co_return Result<void>();
  }
  TARN_CO_TRY(TreeId tree, co_await tree_of(ctx, repository, branch.commit_id));
  TARN_CO_TRY(const std::optional<Value> committed,
              co_await find_in_tree(ctx, tables_, std::move(tree), path.str()));
  const bool differs = committed ? staged->identity != committed->identity : !is_tombstone(*staged);
  if (!differs) {
    co_return Result<void>();
  }
  const kv::Key key = staged_key(branch.staging_token, path.str());
  Bytes row = encode_staged(path.str(), committed.value_or(Value()));
  co_return co_await services_.kv.set(ctx, key, std::move(row));
}

Task<Result<void>> VersionStore::reset_entry(Context ctx, RepositoryPtr repository, BranchId branch,
                                             ObjectPath path, bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  Write write = [this, &ctx, &repository, &path](Branch on) {
    return stage_committed(ctx, repository, std::move(on), path);
  };
  co_return co_await safe_branch_write(ctx, repository, std::move(branch), std::move(write));
}

Task<Result<void>> VersionStore::reset_prefix(Context ctx, RepositoryPtr repository,
                                              BranchId branch, std::string prefix, bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  ListRequest page;
  page.prefix = std::move(prefix);
  page.amount = 1000;
  for (bool more = true; more;) {
    TARN_CO_TRY(const Paged<Difference> staged,
                co_await diff_uncommitted(ctx, repository, branch, page));
    for (const Difference& change : staged.items) {
      ObjectPath path = ObjectPath::trusted(change.path);
      TARN_CO_CHECK_OK(co_await reset_entry(ctx, repository, branch, std::move(path), force));
      page.after = change.path;
    }
    more = staged.more;
  }
  co_return Result<void>();
}

}  // namespace tarn::graveler
