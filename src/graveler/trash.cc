// Repositories in the trash.
#include "base/fault_points.h"
#include "base/log.h"
#include "graveler/errors.h"
#include "graveler/trash_rows.h"
#include "runtime/parallel.h"

#include <functional>

namespace tarn::graveler {
namespace {

constexpr std::string_view kPullsPartition = "pulls";
constexpr std::size_t kRemovalWidth = 16;

/// Removes the rows below `prefix`.
Task<Result<void>> remove_prefix(Context ctx, kv::Store& store, std::string partition,
                                 std::string prefix) {
  kv::ScanOptions options;
  options.prefix = std::move(prefix);
  for (kv::RowScan scan(store, partition, options); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    std::function<Task<Result<void>>(std::size_t)> remove = [&](std::size_t index) {
      kv::Key key{partition, rows[index].key};
      return store.remove(ctx, std::move(key));
    };
    TARN_CO_CHECK_OK(co_await parallel_for(rows.size(), kRemovalWidth, std::move(remove)));
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<bool>> Trash::is_live(Context ctx, DeletedRepository deleted) {
  const std::string instance_uid = deleted.repository.instance_uid;
  const RepositoryId id = deleted.repository.id;
  const Result<Repository> row = co_await services_.refs.repository_uncached(ctx, id);
  if (!row && !row.error().is(kRepositoryNotFound)) {
    co_return row.error();
  }
  co_return row && row->instance_uid == instance_uid;
}

Task<Result<DeletedRepository>> Trash::delete_repository(Context ctx, RepositoryId id,
                                                         DeleteOptions options) {
  const KeyedLock::Held held = co_await names_.acquire(id.str());
  TARN_CO_TRY(Repository row, co_await services_.refs.repository_uncached(ctx, id));
  if (row.read_only && !options.force) {
    co_return Error(kReadOnlyRepository);
  }
  if (options.purge_data) {
    TARN_CO_TRY(const std::optional<RepositoryId> other, co_await sharer(ctx, row));
    if (other) {
      co_return Error(kNamespaceShared).append(": " + other->str());
    }
  }
  DeletedRepository deleted;
  deleted.deleted_at = services_.clock.now();
  deleted.purge_data = options.purge_data;
  // Whoever left it in deletion has removed some of it: it cannot come back.
  deleted.state =
      row.state == RepositoryState::kInDeletion ? TrashState::kPurging : TrashState::kDeleted;
  row.state = RepositoryState::kActive;
  deleted.repository = std::move(row);
  Bytes bytes = encode(deleted);
  TARN_CO_CHECK_OK(co_await services_.kv.set(ctx, kv_key(row_key(deleted)), std::move(bytes)));
  TARN_CO_CHECK_OK(co_await services_.refs.remove_repository(ctx, id));
  co_return deleted;
}

Task<Result<RepositoryPtr>> Trash::undelete_repository(Context ctx, RepositoryId id,
                                                       std::optional<std::string> instance_uid) {
  const KeyedLock::Held held = co_await names_.acquire(id.str());
  const Result<Repository> taken = co_await services_.refs.repository_uncached(ctx, id);
  if (!taken && !taken.error().is(kRepositoryNotFound)) {
    co_return taken.error();
  }
  std::string prefix = std::string(kDeletedRepositories) + id.str() + "/";
  TARN_CO_TRY(
      std::optional<Row<DeletedRepository>> row,
      co_await find_row<DeletedRepository>(ctx, std::move(prefix), std::move(instance_uid)));
  if (taken) {
    co_return Error(kUndeleteNameTaken, "repository '" + id.str() + "'");
  }
  if (!row) {
    co_return Error(kNotDeleted, "repository '" + id.str() + "'");
  }
  Result<Row<DeletedRepository>> claimed =
      co_await claim(ctx, *std::move(row), TrashState::kUndeleting);
  if (!claimed) {
    co_return claimed.error().is(kv::kPredicateFailed)
        ? Error(kNotDeleted, "repository '" + id.str() + "'")
        : std::move(claimed).error();
  }
  RepositoryPtr repository = std::make_shared<const Repository>(claimed->deleted.repository);
  Result<void> added = co_await services_.refs.add_repository(ctx, *repository);
  if (!added) {
    // A name that was taken meanwhile leaves the deleted one as it was.
    Result<Row<DeletedRepository>> back =
        co_await claim(ctx, *std::move(claimed), TrashState::kDeleted);
    if (!back) {
      log::warn("a repository that was not undeleted waits for its window to pass",
                {{"repository", id.str()}, {"error", back.error().message()}});
    }
    co_return added.error().is(kNotUnique)
        ? Error(kUndeleteNameTaken, "repository '" + id.str() + "'")
        : std::move(added).error();
  }
  TARN_CO_CHECK_OK(co_await services_.kv.remove(ctx, kv_key(row_key(claimed->deleted))));
  co_return repository;
}

Task<Result<Paged<DeletedRepository>>> Trash::list_repositories(Context ctx, PageRequest page) {
  co_return co_await list_deleted<DeletedRepository>(ctx, std::string(kDeletedRepositories),
                                                     std::move(page), false);
}

Task<Result<Paged<DeletedRepository>>> Trash::due_repositories(Context ctx, PageRequest page) {
  co_return co_await list_deleted<DeletedRepository>(ctx, std::string(kDeletedRepositories),
                                                     std::move(page), true);
}

Task<Result<bool>> Trash::begin_purge(Context ctx, DeletedRepository deleted) {
  const std::string key = row_key(deleted);
  const KeyedLock::Held held = co_await names_.acquire(deleted.repository.id.str());
  Result<Bytes> bytes = co_await services_.kv.get(ctx, kv_key(key));
  if (!bytes) {
    if (bytes.error().is(kv::kKeyNotFound)) {
      co_return false;
    }
    co_return std::move(bytes).error();
  }
  TARN_CO_TRY(DeletedRepository now, decode_deleted_repository(*bytes));
  TARN_CO_TRY(const bool live, co_await is_live(ctx, now));
  if (live) {
    // The deletion never got further than this row, or an undeletion never got to it.
    TARN_CO_CHECK_OK(co_await services_.kv.remove(ctx, kv_key(key)));
    co_return false;
  }
  if (now.state != TrashState::kPurging && !due(now.deleted_at)) {
    co_return false;  // brought back and deleted again meanwhile
  }
  Row<DeletedRepository> row{std::move(now), *std::move(bytes)};
  const Result<Row<DeletedRepository>> claimed =
      co_await claim(ctx, std::move(row), TrashState::kPurging);
  if (!claimed && !claimed.error().is(kv::kPredicateFailed)) {
    co_return claimed.error();
  }
  co_return claimed.has_value();
}

Task<Result<bool>> Trash::name_used_later(Context ctx, DeletedRepository deleted) {
  const std::string own = row_key(deleted);
  const RepositoryId id = deleted.repository.id;
  const Result<Repository> live = co_await services_.refs.repository_uncached(ctx, id);
  if (live) {
    co_return true;
  }
  if (!live.error().is(kRepositoryNotFound)) {
    co_return live.error();
  }
  kv::ScanOptions options;
  options.prefix = std::string(kDeletedRepositories) + id.str() + "/";
  options.start = kv::next_key(own);
  options.limit = 1;
  TARN_CO_TRY(const kv::Page later,
              co_await services_.kv.scan(ctx, std::string(kTrashPartition), options));
  co_return !later.entries.empty();
}

Task<Result<void>> Trash::remove_tokens(Context ctx, std::vector<StagingToken> tokens) {
  for (const StagingToken& token : tokens) {
    TARN_CO_CHECK_OK(co_await services_.refs.remove_all(ctx, token.str()));
  }
  co_return Result<void>();
}

Task<Result<void>> Trash::purge_branches(Context ctx, RepositoryPtr repository) {
  PageRequest page;
  page.amount = kTrashRowsPerPage;
  for (bool more = true; more;) {
    TARN_CO_TRY(const Paged<Branch> branches,
                co_await services_.refs.list_branches(ctx, repository, page, true));
    for (const Branch& branch : branches.items) {
      TARN_CO_CHECK_OK(co_await remove_tokens(ctx, branch.tokens()));
      page.after = branch.id.str();
    }
    more = branches.more;
  }
  const std::string folder = branches_folder(repository->partition());
  for (kv::RowScan scan = trash_below(services_.kv, folder); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& row : rows) {
      TARN_CO_TRY(const DeletedBranch deleted, decode_deleted_branch(row.value));
      TARN_CO_CHECK_OK(co_await remove_tokens(ctx, deleted.branch.tokens()));
    }
  }
  co_return co_await remove_prefix(ctx, services_.kv, std::string(kTrashPartition), folder);
}

Task<Result<void>> Trash::finish_purge(Context ctx, DeletedRepository deleted) {
  const RepositoryPtr repository = std::make_shared<const Repository>(deleted.repository);
  // What leads to the rest goes last: staging areas before the branches that name them.
  TARN_CO_CHECK_OK(co_await purge_branches(ctx, repository));
  TARN_CO_CHECK_OK(co_await remove_prefix(ctx, services_.kv, std::string(kPullsPartition),
                                          "repos/" + repository->partition() + "/"));
  if (hooks_ != nullptr) {
    // Runs are kept by the repository's name.
    TARN_CO_TRY(const bool later, co_await name_used_later(ctx, deleted));
    if (!later) {
      TARN_CO_CHECK_OK(co_await hooks_->repository_deleted(ctx, *repository));
    }
  }
  TARN_CO_CHECK_OK(co_await services_.refs.remove_all(ctx, repository->partition()));
  TARN_FAULT_POINT("graveler.delete_repository.midway");
  co_return co_await services_.kv.remove(ctx, kv_key(row_key(deleted)));
}

}  // namespace tarn::graveler
