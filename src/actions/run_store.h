#pragma once

#include "actions/errors.h"
#include "actions/records.h"
#include "block/adapter.h"
#include "graveler/records.h"
#include "graveler/refs.h"
#include "kv/store.h"
#include "names/ids.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <optional>
#include <string>
#include <vector>

namespace tarn::actions {

/// Which runs a listing wants; both at once is an error.
struct RunFilter {
  std::string branch;
  std::string commit;
};

/// What is kept of runs: rows in the KV partition `actions`, logs and manifests as objects below
/// `_lakefs/actions/log/` of the repository's namespace. Rows are keyed by the repository's name,
/// runs sort newest first. Thread-safe. Keys and objects: docs/actions.md.
class RunStore {
 public:
  /// Both outlive the store.
  RunStore(kv::Store& kv, block::Adapter& blocks) : kv_(kv), blocks_(blocks) {}

  /// Writes what a hook printed, also when it is nothing.
  Task<Result<void>> write_log(Context ctx, StorageNamespace storage_namespace, std::string run_id,
                               std::string hook_run_id, Bytes text);
  /// Writes what tells readers of the block store about a run and its hooks.
  Task<Result<void>> write_manifest(Context ctx, StorageNamespace storage_namespace, ActionRun run,
                                    std::vector<HookRun> hooks);
  /// Writes all rows in one step: a run shows up finished or not at all. Comes after its logs and
  /// its manifest.
  Task<Result<void>> save(Context ctx, RepositoryId repository, ActionRun run,
                          std::vector<HookRun> hooks);
  /// Adds the commit that a pre-event's run led to. A run that was not recorded is no error.
  Task<Result<void>> set_commit(Context ctx, graveler::Repository repository, std::string run_id,
                                CommitId commit);

  /// Errors: kRunNotFound.
  Task<Result<ActionRun>> run(Context ctx, RepositoryId repository, std::string run_id);
  /// Errors: kConflictingFilters.
  Task<Result<graveler::Paged<ActionRun>>> list(Context ctx, RepositoryId repository,
                                                RunFilter filter, std::string after,
                                                std::size_t amount);
  /// Errors: kRunNotFound, as for the two below.
  Task<Result<HookRun>> hook_run(Context ctx, RepositoryId repository, std::string run_id,
                                 std::string hook_run_id);
  Task<Result<graveler::Paged<HookRun>>> list_hooks(Context ctx, RepositoryId repository,
                                                    std::string run_id, std::string after,
                                                    std::size_t amount);
  /// Empty for a skipped hook.
  Task<Result<std::unique_ptr<ByteSource>>> log(Context ctx, graveler::Repository repository,
                                                std::string run_id, std::string hook_run_id);

  /// Removes every row of a repository; objects stay, as the repository's others do. Repeatable.
  Task<Result<void>> drop(Context ctx, RepositoryId repository);

 private:
  Task<Result<void>> put(Context ctx, StorageNamespace storage_namespace, std::string address,
                         Bytes text);
  Task<Result<Bytes>> read(Context ctx, std::string key);
  /// Up to `amount` rows below `prefix` after `after`, and whether there are more.
  Task<Result<graveler::Paged<kv::Entry>>> page(Context ctx, std::string prefix, std::string after,
                                                std::size_t amount);

  kv::Store& kv_;
  block::Adapter& blocks_;
};

}  // namespace tarn::actions
