#include "catalog/removal.h"

#include "base/log.h"
#include "catalog/namespace_removal.h"

#include <memory>
#include <utility>

namespace tarn::catalog {

using graveler::DeletedBranch;
using graveler::DeletedRepository;
using graveler::Paged;
using graveler::PageRequest;
using graveler::Trash;

namespace {

constexpr std::size_t kRowsPerPage = 1000;

}  // namespace

Task<Result<void>> Removal::delete_repository(Context ctx, RepositoryId id,
                                              Trash::DeleteOptions options) {
  Trash& trash = services_.versions.trash();
  TARN_CO_TRY(DeletedRepository deleted,
              co_await trash.delete_repository(ctx, std::move(id), options));
  if (!trash.due(deleted.deleted_at) && deleted.state != graveler::TrashState::kPurging) {
    co_return Result<void>();
  }
  const std::string name = deleted.repository.id.str();
  // A client that hangs up must not leave half of it behind until the next sweep.
  const Context own = Context(std::string(ctx.request_id()), CancelToken());
  const Result<void> purged = co_await purge(own, std::move(deleted));
  if (!purged) {
    log::error("a deleted repository was not purged yet",
               {{"repository", name}, {"error", purged.error().message()}});
  }
  co_return Result<void>();
}

Task<Result<void>> Removal::purge(Context ctx, DeletedRepository deleted) {
  Trash& trash = services_.versions.trash();
  TARN_CO_TRY(const bool begun, co_await trash.begin_purge(ctx, deleted));
  if (!begun) {
    co_return Result<void>();
  }
  const auto repository = std::make_shared<const graveler::Repository>(deleted.repository);
  const std::string name = repository->id.str();
  TARN_CO_CHECK_OK(co_await services_.uploads.drop_repository(ctx, repository));
  if (deleted.purge_data) {
    TARN_CO_TRY(const std::optional<RepositoryId> sharer,
                co_await trash.sharer(ctx, deleted.repository));
    if (sharer) {
      log::warn("the data of a deleted repository stays: another one shares its storage namespace",
                {{"repository", name},
                 {"other", sharer->str()},
                 {"namespace", repository->storage_namespace.str()}});
    } else {
      graveler::Tables& tables = services_.versions.tables();
      const std::string prefix = tables.address(std::string());
      TARN_CO_TRY(
          const std::uint64_t removed,
          co_await remove_namespace_data(ctx, services_.blocks, repository->storage_namespace,
                                         prefix.substr(0, prefix.size() - 1)));
      tables.forget(repository->storage_namespace);
      log::info("the data of a deleted repository is removed",
                {{"repository", name}, {"objects", removed}});
    }
  }
  TARN_CO_CHECK_OK(co_await trash.finish_purge(ctx, std::move(deleted)));
  log::info("a deleted repository is purged", {{"repository", name}});
  co_return Result<void>();
}

Task<Result<void>> Removal::sweep(Context ctx) {
  Trash& trash = services_.versions.trash();
  Result<void> first;
  const auto note = [&first](Result<void> done) {
    if (!done && first) {
      first = std::move(done);
    }
  };
  PageRequest page;
  page.amount = kRowsPerPage;
  for (bool more = true; more;) {
    TARN_CO_TRY(const Paged<DeletedRepository> due, co_await trash.due_repositories(ctx, page));
    for (const DeletedRepository& deleted : due.items) {
      page.after = deleted.key();
      Result<void> purged = co_await purge(ctx, deleted);
      note(std::move(purged));
    }
    more = due.more;
  }
  page.after.clear();
  for (bool more = true; more;) {
    TARN_CO_TRY(const Paged<DeletedBranch> due, co_await trash.due_branches(ctx, page));
    for (const DeletedBranch& deleted : due.items) {
      page.after = Trash::due_key(deleted);
      Result<void> purged = co_await trash.purge_branch(ctx, deleted);
      note(std::move(purged));
    }
    more = due.more;
  }
  co_return first;
}

}  // namespace tarn::catalog
