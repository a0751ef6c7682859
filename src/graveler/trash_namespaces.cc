// Which storage namespaces a purge of data may touch.
#include "graveler/errors.h"
#include "graveler/trash_rows.h"

namespace tarn::graveler {

bool overlap(const StorageNamespace& a, const StorageNamespace& b) {
  const auto folder = [](const StorageNamespace& of) {
    std::string text = of.str();
    if (!text.ends_with('/')) {
      text.push_back('/');
    }
    return text;
  };
  const std::string first = folder(a);
  const std::string second = folder(b);
  return first.starts_with(second) || second.starts_with(first);
}

Task<Result<std::optional<RepositoryId>>> Trash::sharer(Context ctx, Repository repository) {
  std::optional<RepositoryId> found;
  PageRequest page;
  page.amount = kTrashRowsPerPage;
  for (bool more = true; more;) {
    TARN_CO_TRY(const Paged<Repository> others,
                co_await services_.refs.list_repositories(ctx, page, std::string()));
    for (const Repository& other : others.items) {
      page.after = other.id.str();
      if (other.instance_uid != repository.instance_uid &&
          overlap(other.storage_namespace, repository.storage_namespace)) {
        found = other.id;
        co_return found;
      }
    }
    more = others.more;
  }
  for (kv::RowScan scan = trash_below(services_.kv, std::string(kDeletedRepositories));
       !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& row : rows) {
      TARN_CO_TRY(const DeletedRepository other, decode_deleted_repository(row.value));
      if (other.repository.instance_uid != repository.instance_uid &&
          other.state != TrashState::kPurging &&
          overlap(other.repository.storage_namespace, repository.storage_namespace)) {
        found = other.repository.id;
        co_return found;
      }
    }
  }
  co_return found;
}

Task<Result<void>> Trash::check_not_being_purged(Context ctx, StorageNamespace storage_namespace) {
  for (kv::RowScan scan = trash_below(services_.kv, std::string(kDeletedRepositories));
       !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> rows, co_await scan.next(ctx));
    for (const kv::Entry& row : rows) {
      TARN_CO_TRY(const DeletedRepository other, decode_deleted_repository(row.value));
      if (other.state == TrashState::kPurging && other.purge_data &&
          overlap(other.repository.storage_namespace, storage_namespace)) {
        co_return Error(kNamespaceInUse, storage_namespace.str())
            .append(": the data of the deleted repository '" + other.repository.id.str() +
                    "' is being removed there");
      }
    }
  }
  co_return Result<void>();
}

}  // namespace tarn::graveler
