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
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  Write write = [this, &ctx, &repository, &path, &metadata,
                 &written_before](Branch on) -> Task<Result<void>> {
    const kv::Key key = staged_key(on.staging_token, path.str());
    for (int tries = 0; tries < kEntrySwapTriesMax; ++tries) {
      TARN_CO_TRY(Replaceable now, co_await read_to_replace(ctx, repository, on, path));
      if (!now.value) {
        // Written to a token that a commit sealed meanwhile, and gone since: the change has been.
        co_return written_before ? Result<void>() : Result<void>(Error(kObjectNotFound));
      }
      TARN_CO_TRY(Entry entry, decode_entry(now.value->data));
      entry.metadata = metadata;
      Bytes row = encode_staged(path.str(), to_value(entry));
      Result<void> written =
          co_await services_.kv.set_if(ctx, key, std::move(row), std::move(now.expected));
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
