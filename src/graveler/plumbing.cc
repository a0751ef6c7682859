// Operations of the version store below branches and merges: trees, commit records and entries as
// they are.
#include "graveler/store.h"
#include "graveler/tree_writer.h"
#include "kv/errors.h"
#include "names/errors.h"

#include <utility>

namespace tarn::graveler {
namespace {

constexpr int kEntrySwapTriesMax = 10;

}  // namespace

std::unique_ptr<TreeWriter> VersionStore::tree_writer(const RepositoryPtr& repository) {
  return std::make_unique<TreeWriter>(tables_, repository->storage_namespace, config_.split);
}

Task<Result<void>> VersionStore::add_commit_record(Context ctx, RepositoryPtr repository,
                                                   CommitRecord record, bool force) {
  TARN_CO_CHECK_OK(check_writable(repository, force));
  if (commit_id_of(record.commit) != record.id) {
    co_return Error(kInvalidName, "commit id");
  }
  co_return co_await refs_.add_commit_record(std::move(ctx), std::move(repository),
                                             std::move(record));
}

Task<Result<void>> VersionStore::set_entry_metadata(Context ctx, RepositoryPtr repository,
                                                    BranchId branch, ObjectPath path,
                                                    Metadata metadata) {
  TARN_CO_CHECK_OK(check_writable(repository, false));
  bool written_before = false;
  Write write = [this, &ctx, &repository, &path, &metadata,
                 &written_before](Branch on) -> Task<Result<void>> {
    const kv::Key key = staged_key(on.staging_token, path.str());
    for (int tries = 0; tries < kEntrySwapTriesMax; ++tries) {
      Result<Bytes> raw = co_await services_.kv.get(ctx, key);
      if (!raw && !raw.error().is(kv::kKeyNotFound)) {
        co_return std::move(raw).error();
      }
      ResolvedRef ref;
      ref.commit_id = on.commit_id;
      ref.staged_on = on;
      TARN_CO_TRY(const std::optional<Value> current,
                  co_await find_value(ctx, repository, std::move(ref), path));
      if (!current) {
        // Written to a token that a commit sealed meanwhile, and gone since: the change has been.
        co_return written_before ? Result<void>() : Result<void>(Error(kObjectNotFound));
      }
      TARN_CO_TRY(Entry entry, decode_entry(current->data));
      entry.metadata = metadata;
      Bytes row = encode_staged(path.str(), to_value(entry));
      kv::Predicate expected =
          raw ? kv::Predicate::equals(*std::move(raw)) : kv::Predicate::absent();
      Result<void> written =
          co_await services_.kv.set_if(ctx, key, std::move(row), std::move(expected));
      written_before = written_before || written.has_value();
      if (written || !written.error().is(kv::kPredicateFailed)) {
        co_return written;
      }
    }
    co_return Error(kTooManyTries);
  };
  co_return co_await safe_branch_write(ctx, repository, std::move(branch), std::move(write));
}

}  // namespace tarn::graveler
