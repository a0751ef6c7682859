// Moving the head of a branch that has nothing staged: what merges, reverts and cherry-picks share.
#include "base/fault_points.h"
#include "graveler/store.h"
#include "kv/errors.h"

#include <utility>

namespace tarn::graveler {
namespace {

constexpr int kHeadSwapTriesMax = 10;

}  // namespace

/// Makes sure that nothing staged so far outlives the next move of the head. Rows that change
/// nothing (a value like the committed one, a tombstone over nothing) would change something on
/// another head: if there are any, their token is sealed, and goes with the move.
Task<Result<void>> VersionStore::seal_clean(Context ctx, RepositoryPtr repository,
                                            BranchId branch) {
  for (int tries = 0; tries < kHeadSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, branch));
    TARN_CO_TRY(const bool dirty,
                co_await has_changes(ctx, repository, row.branch, row.branch.tokens()));
    if (dirty) {
      co_return Error(kDirtyBranch);
    }
    StagedCursor rows(services_.kv, {row.branch.staging_token}, "", 1);
    TARN_CO_CHECK_OK(co_await rows.seek(ctx, std::string()));
    if (!rows.valid()) {
      co_return Result<void>();
    }
    Branch sealed = row.branch;
    sealed.sealed_tokens.insert(sealed.sealed_tokens.begin(), sealed.staging_token);
    sealed.staging_token = new_staging_token(repository, branch);
    const Result<void> swapped =
        co_await refs_.swap_branch(ctx, repository, std::move(sealed), std::move(row.bytes));
    if (swapped || !swapped.error().is(kv::kPredicateFailed)) {
      co_return swapped;
    }
  }
  co_return Error(kTooManyTries);
}

Task<Result<bool>> VersionStore::move_head(Context ctx, RepositoryPtr repository,
                                           Refs::BranchRow row, CommitId to) {
  Branch next = row.branch;
  next.commit_id = std::move(to);
  const std::vector<StagingToken> vain = std::exchange(next.sealed_tokens, {});
  const Result<void> swapped =
      co_await refs_.swap_branch(ctx, repository, std::move(next), std::move(row.bytes));
  TARN_FAULT_POINT("graveler.move_head.after_ref_swap");
  if (swapped && !vain.empty()) {
    drop_tokens(vain);
  }
  if (!swapped && !swapped.error().is(kv::kPredicateFailed)) {
    co_return swapped.error();
  }
  co_return swapped.has_value();
}

Task<Result<Refs::BranchRow>> VersionStore::clean_branch(Context ctx, RepositoryPtr repository,
                                                         BranchId branch) {
  TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, std::move(branch)));
  // What is written to the staging token from now on is later than the move, and stays.
  if (!row.branch.sealed_tokens.empty()) {
    TARN_CO_TRY(const bool dirty,
                co_await has_changes(ctx, repository, row.branch, row.branch.sealed_tokens));
    if (dirty) {
      co_return Error(kDirtyBranch);
    }
  }
  co_return row;
}

Task<Result<Merged>> VersionStore::update_head(Context ctx, RepositoryPtr repository,
                                               BranchId branch, MakeUpdate make, Event post_event,
                                               bool store_before_hook) {
  const std::string lock_key = repository->instance_uid + branch.str();
  const KeyedLock::Held held = co_await branch_locks_.acquire(lock_key);
  TARN_CO_CHECK_OK(co_await seal_clean(ctx, repository, branch));
  TARN_FAULT_POINT("graveler.merge.after_seal");
  for (int tries = 0; tries < kHeadSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await clean_branch(ctx, repository, branch));
    TARN_CO_TRY(CommitPtr head, co_await refs_.commit(ctx, repository, row.branch.commit_id));
    TARN_CO_TRY(Update update, co_await make(std::move(head)));
    if (!update.conflicts.empty()) {
      co_return Merged{nullptr, std::move(update.conflicts)};
    }
    CommitId id;
    if (store_before_hook) {
      TARN_CO_TRY(id, co_await refs_.add_commit(ctx, repository, update.commit));
      update.hook.commit_id = id;
    }
    update.hook.commit = update.commit;
    TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, update.hook));
    if (!store_before_hook) {
      TARN_CO_TRY(id, co_await refs_.add_commit(ctx, repository, update.commit));
    }
    TARN_FAULT_POINT("graveler.merge.before_ref_swap");
    TARN_CO_TRY(const bool moved, co_await move_head(ctx, repository, std::move(row), id));
    if (moved) {
      update.hook.source_ref = id.str();
      update.hook.commit_id = id;
      co_await run_post_hook(ctx, std::move(update.hook), post_event);
      CommitRecord record{std::move(id), std::move(update.commit)};
      Merged out;
      out.commit = std::make_shared<const CommitRecord>(std::move(record));
      co_return out;
    }
  }
  co_return Error(kTooManyTries);
}

}  // namespace tarn::graveler
