// Branches in the trash.
#include "base/log.h"
#include "graveler/errors.h"
#include "graveler/trash_rows.h"

namespace tarn::graveler {

/// A staging token belongs to one branch for ever: who has one of them is that branch.
Task<Result<bool>> Trash::is_live(Context ctx, DeletedBranch deleted) {
  const std::vector<StagingToken> kept = deleted.branch.tokens();
  const BranchId id = deleted.branch.id;
  Repository repository;
  repository.id = deleted.repository_id;
  repository.instance_uid = deleted.instance_uid;
  const RepositoryPtr in = std::make_shared<const Repository>(std::move(repository));
  const Result<Refs::BranchRow> row = co_await services_.refs.branch(ctx, in, id);
  if (!row && !row.error().is(kBranchNotFound)) {
    co_return row.error();
  }
  if (!row) {
    co_return false;
  }
  const std::vector<StagingToken> live = row->branch.tokens();
  co_return std::find_first_of(live.begin(), live.end(), kept.begin(), kept.end()) != live.end();
}

Task<Result<void>> check_branch_name_free(Context ctx, Refs& refs, RepositoryPtr repository,
                                          BranchId id) {
  if (id.str().size() == kHexIdSize && looks_like_commit_prefix(id.str())) {
    const CommitId like = CommitId::trusted(id.str());
    const Result<CommitPtr> commit = co_await refs.commit(ctx, repository, like);
    if (commit) {
      co_return Error(kConflict, "commit ID " + id.str());
    }
  }
  const TagId same_name = TagId::trusted(id.str());
  const Result<Tag> tag = co_await refs.tag(ctx, repository, same_name);
  if (tag) {
    co_return Error(kConflict, "tag ID " + id.str());
  }
  co_return Result<void>();
}

Task<Result<DeletedBranch>> Trash::delete_branch(Context ctx, RepositoryPtr repository,
                                                 Branch branch) {
  const BranchId id = branch.id;
  const std::string lock_key = repository->partition() + "/" + id.str();
  const KeyedLock::Held held = co_await names_.acquire(lock_key);
  DeletedBranch deleted;
  deleted.branch = std::move(branch);
  deleted.deleted_at = services_.clock.now();
  deleted.repository_id = repository->id;
  deleted.instance_uid = repository->instance_uid;
  deleted.uid = services_.xids.ascending();
  // Also without a window: it leads the next sweep to what is staged if this process cannot.
  Bytes bytes = encode(deleted);
  TARN_CO_CHECK_OK(co_await services_.kv.set(ctx, kv_key(row_key(deleted)), std::move(bytes)));
  TARN_CO_CHECK_OK(co_await services_.refs.remove_branch(ctx, repository, id));
  co_return deleted;
}

Task<Result<Branch>> Trash::undelete_branch(Context ctx, RepositoryPtr repository, BranchId id,
                                            std::optional<std::string> uid, bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  const std::string lock_key = repository->partition() + "/" + id.str();
  const KeyedLock::Held held = co_await names_.acquire(lock_key);
  const std::string what = "branch '" + id.str() + "'";
  const Result<Refs::BranchRow> taken = co_await services_.refs.branch(ctx, repository, id);
  if (taken) {
    co_return Error(kUndeleteNameTaken, what);
  }
  if (!taken.error().is(kBranchNotFound)) {
    co_return taken.error();
  }
  std::string prefix = branches_folder(repository->partition()) + id.str() + "/";
  TARN_CO_TRY(std::optional<Row<DeletedBranch>> row,
              co_await find_row<DeletedBranch>(ctx, std::move(prefix), std::move(uid)));
  if (!row) {
    co_return Error(kNotDeleted, what);
  }
  TARN_CO_CHECK_OK(co_await check_branch_name_free(ctx, services_.refs, repository, id));
  Result<Row<DeletedBranch>> claimed =
      co_await claim(ctx, *std::move(row), TrashState::kUndeleting);
  if (!claimed) {
    co_return claimed.error().is(kv::kPredicateFailed) ? Error(kNotDeleted, what)
                                                       : std::move(claimed).error();
  }
  const Branch branch = claimed->deleted.branch;
  Result<void> added = co_await services_.refs.add_branch(ctx, repository, branch);
  if (!added) {
    Result<Row<DeletedBranch>> back =
        co_await claim(ctx, *std::move(claimed), TrashState::kDeleted);
    if (!back) {
      log::warn("a branch that was not undeleted waits for its window to pass",
                {{"branch", id.str()}, {"error", back.error().message()}});
    }
    co_return added.error().is(kBranchExists) ? Error(kUndeleteNameTaken, what)
                                              : std::move(added).error();
  }
  TARN_CO_CHECK_OK(co_await services_.kv.remove(ctx, kv_key(row_key(claimed->deleted))));
  co_return branch;
}

Task<Result<Paged<DeletedBranch>>> Trash::list_branches(Context ctx, RepositoryPtr repository,
                                                        PageRequest page) {
  co_return co_await list_deleted<DeletedBranch>(ctx, branches_folder(repository->partition()),
                                                 std::move(page), false);
}

std::string Trash::due_key(const DeletedBranch& deleted) {
  return row_key(deleted).substr(kDeletedBranches.size());
}

Task<Result<Paged<DeletedBranch>>> Trash::due_branches(Context ctx, PageRequest page) {
  co_return co_await list_deleted<DeletedBranch>(ctx, std::string(kDeletedBranches),
                                                 std::move(page), true);
}

Task<Result<void>> Trash::purge_branch(Context ctx, DeletedBranch deleted) {
  const std::string key = row_key(deleted);
  const std::string lock_key =
      deleted.repository_id.str() + "-" + deleted.instance_uid + "/" + deleted.branch.id.str();
  const KeyedLock::Held held = co_await names_.acquire(lock_key);
  Result<Bytes> bytes = co_await services_.kv.get(ctx, kv_key(key));
  if (!bytes) {
    co_return bytes.error().is(kv::kKeyNotFound) ? Result<void>() : std::move(bytes).error();
  }
  TARN_CO_TRY(const bool live, co_await is_live(ctx, deleted));
  if (!live) {
    TARN_CO_TRY(DeletedBranch now, decode_row({key, *bytes}, static_cast<DeletedBranch*>(nullptr)));
    Row<DeletedBranch> row{std::move(now), *std::move(bytes)};
    Result<Row<DeletedBranch>> claimed = co_await claim(ctx, std::move(row), TrashState::kPurging);
    if (!claimed) {
      co_return claimed.error().is(kv::kPredicateFailed) ? Result<void>()
                                                         : std::move(claimed).error();
    }
    TARN_CO_CHECK_OK(co_await remove_tokens(ctx, deleted.branch.tokens()));
  }
  co_return co_await services_.kv.remove(ctx, kv_key(key));
}

}  // namespace tarn::graveler
