// Commits of what is staged, and what a staging area holds beside the head.
#include "base/fault_points.h"
#include "graveler/store.h"
#include "kv/errors.h"

#include <utility>

namespace tarn::graveler {
namespace {

constexpr int kBranchSwapTriesMax = 10;

}  // namespace

Task<Result<TreeId>> VersionStore::tree_of(Context ctx, RepositoryPtr repository, CommitId commit) {
  TARN_CO_TRY(const CommitPtr record, co_await refs_.commit(ctx, repository, std::move(commit)));
  co_return tree_id(repository, record);
}

Task<Result<bool>> VersionStore::has_changes(Context ctx, RepositoryPtr repository, Branch branch,
                                             std::vector<StagingToken> tokens) {
  TARN_CO_TRY(TreeId tree, co_await tree_of(ctx, repository, branch.commit_id));
  ListRequest one;
  one.amount = 1;
  TARN_CO_TRY(
      const Paged<Difference> found,
      co_await diff_staged(ctx, tables_, services_.kv, std::move(tree), std::move(tokens), one));
  co_return !found.items.empty();
}

Task<Result<Branch>> VersionStore::seal(Context ctx, RepositoryPtr repository, BranchId id,
                                        bool must_be_clean) {
  for (int tries = 0; tries < kBranchSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, id));
    if (must_be_clean) {
      TARN_CO_TRY(const bool dirty,
                  co_await has_changes(ctx, repository, row.branch, row.branch.tokens()));
      if (dirty) {
        co_return Error(kSourceMetaRangeOnDirtyBranch);
      }
    }
    Branch sealed = row.branch;
    sealed.sealed_tokens.insert(sealed.sealed_tokens.begin(), sealed.staging_token);
    sealed.staging_token = new_staging_token(repository, id);
    Result<void> swapped =
        co_await refs_.swap_branch(ctx, repository, sealed, std::move(row.bytes));
    if (swapped) {
      co_return sealed;
    }
    if (!swapped.error().is(kv::kPredicateFailed)) {
      co_return std::move(swapped).error();
    }
  }
  co_return Error(kTooManyTries, "commit");
}

Task<Result<CommitPtr>> VersionStore::commit(Context ctx, RepositoryPtr repository, BranchId branch,
                                             CommitRequest request) {
  TARN_CO_CHECK_OK(check_writable(repository, request.force));
  Commit commit;
  commit.committer = request.committer;
  commit.message = request.message;
  commit.metadata = request.metadata;
  commit.creation_date = request.date.value_or(services_.clock.now());
  // The branch must exist before hooks run for it.
  TARN_CO_CHECK_OK(co_await refs_.branch(ctx, repository, branch));
  HookRecord hook = hook_record(Event::kPrepareCommit, repository);
  hook.source_ref = branch.str();
  hook.branch = branch;
  hook.commit = commit;
  TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
  // Outside the lock, so that a prepare-commit hook may write and even commit; from here on commits
  // of this branch queue.
  const std::string lock_key = repository->instance_uid + branch.str();
  const KeyedLock::Held held = co_await branch_locks_.acquire(lock_key);
  TARN_FAULT_POINT("graveler.commit.before_seal");
  TARN_CO_CHECK_OK(co_await seal(ctx, repository, branch, request.source_meta_range.has_value()));
  TARN_FAULT_POINT("graveler.commit.after_seal");
  co_return co_await apply_commit(ctx, repository, branch, std::move(request), std::move(commit),
                                  std::move(hook));
}

Task<Result<CommitPtr>> VersionStore::apply_commit(Context ctx, RepositoryPtr repository,
                                                   BranchId branch, CommitRequest request,
                                                   Commit commit, HookRecord hook) {
  for (int tries = 0; tries < kBranchSwapTriesMax; ++tries) {
    TARN_CO_TRY(Refs::BranchRow row, co_await refs_.branch(ctx, repository, branch));
    TARN_CO_TRY(const CommitPtr head, co_await refs_.commit(ctx, repository, row.branch.commit_id));
    commit.parents = {head->id};
    commit.generation = head->commit.generation + 1;
    hook.event = Event::kPreCommit;
    hook.commit = commit;
    TARN_CO_CHECK_OK(co_await run_pre_hook(ctx, hook));
    TreeId base = tree_id(repository, head);
    bool changed = false;
    if (request.source_meta_range) {
      TARN_CO_TRY(const bool dirty,
                  co_await has_changes(ctx, repository, row.branch, row.branch.sealed_tokens));
      if (dirty) {
        co_return Error(kSourceMetaRangeOnDirtyBranch);
      }
      RangeCursor source(tables_, TreeId{base.storage_namespace, *request.source_meta_range});
      TARN_CO_CHECK_OK(co_await source.seek(ctx, std::string()));
      commit.meta_range_id = *request.source_meta_range;
      changed = commit.meta_range_id != base.id;
    } else {
      StagedCursor changes(services_.kv, row.branch.sealed_tokens, "", 1000);
      TARN_CO_TRY(AppliedTree applied,
                  co_await apply_changes(ctx, tables_, std::move(base), changes, config_.split));
      commit.meta_range_id = std::move(applied.id);
      changed = applied.summary.any();
    }
    if (!changed && !request.allow_empty) {
      // The sealed tokens hold nothing that counts: let go of them, or each vain commit would add
      // one for every read to look through.
      const std::vector<StagingToken> vain = std::exchange(row.branch.sealed_tokens, {});
      const Result<void> cleared =
          co_await refs_.swap_branch(ctx, repository, std::move(row.branch), std::move(row.bytes));
      if (cleared) {
        drop_tokens(vain);
      }
      co_return Error(kNoChanges, "commit");
    }
    TARN_CO_TRY(const CommitId id, co_await refs_.add_commit(ctx, repository, commit));
    Branch next = row.branch;
    next.commit_id = id;
    next.sealed_tokens.clear();
    TARN_FAULT_POINT("graveler.commit.before_ref_swap");
    Result<void> swapped =
        co_await refs_.swap_branch(ctx, repository, std::move(next), std::move(row.bytes));
    if (swapped) {
      TARN_FAULT_POINT("graveler.commit.after_ref_swap");
      drop_tokens(row.branch.sealed_tokens);
      hook.source_ref = id.str();
      hook.commit_id = id;
      hook.commit = commit;
      co_await run_post_hook(ctx, std::move(hook), Event::kPostCommit);
      CommitRecord record{id, std::move(commit)};
      CommitPtr out = std::make_shared<const CommitRecord>(std::move(record));
      co_return out;
    }
    if (!swapped.error().is(kv::kPredicateFailed)) {
      co_return std::move(swapped).error();
    }
  }
  co_return Error(kTooManyTries, "commit");
}

}  // namespace tarn::graveler
