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
  kv::ScanOptions options;
  options.prefix = kDeletedRepositories;
  options.start = options.prefix;
  for (;;) {
    TARN_CO_TRY(const kv::Page rows,
                co_await services_.kv.scan(ctx, std::string(kTrashPartition), options));
    for (const kv::Entry& row : rows.entries) {
      TARN_CO_TRY(const DeletedRepository other, decode_deleted_repository(row.value));
      if (other.repository.instance_uid != repository.instance_uid &&
          other.state != TrashState::kPurging &&
          overlap(other.repository.storage_namespace, repository.storage_namespace)) {
        found = other.repository.id;
        co_return found;
      }
    }
    if (!rows.more || rows.entries.empty()) {
      co_return found;
    }
    options.start = kv::next_key(rows.entries.back().key);
  }
}

Task<Result<void>> Trash::check_not_being_purged(Context ctx, StorageNamespace storage_namespace) {
  kv::ScanOptions options;
  options.prefix = kDeletedRepositories;
  options.start = options.prefix;
  for (;;) {
    TARN_CO_TRY(const kv::Page rows,
                co_await services_.kv.scan(ctx, std::string(kTrashPartition), options));
    for (const kv::Entry& row : rows.entries) {
      TARN_CO_TRY(const DeletedRepository other, decode_deleted_repository(row.value));
      if (other.state == TrashState::kPurging && other.purge_data &&
          overlap(other.repository.storage_namespace, storage_namespace)) {
        co_return Error(kNamespaceInUse, storage_namespace.str())
            .append(": the data of the deleted repository '" + other.repository.id.str() +
                    "' is being removed there");
      }
    }
    if (!rows.more || rows.entries.empty()) {
      co_return Result<void>();
    }
    options.start = kv::next_key(rows.entries.back().key);
  }
}

}  // namespace tarn::graveler
