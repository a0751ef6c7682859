#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "base/thread_annotations.h"
#include "block/walker.h"
#include "catalog/import_records.h"
#include "catalog/import_sources.h"
#include "graveler/store.h"
#include "kv/store.h"
#include "runtime/blocking_pool.h"
#include "runtime/cancel.h"
#include "runtime/loops.h"
#include "runtime/semaphore.h"
#include "runtime/task_group.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tarn::catalog {

inline constexpr ErrorId kImportUnsupported{ErrorKind::kForbidden,
                                            "import is not supported for this storage"};
/// An import that has ended, or is about to, cannot be canceled.
inline constexpr ErrorId kImportEnded{ErrorKind::kConflict, "conflict found"};

struct NewImport {
  std::vector<ImportSource> sources;
  std::string committer;
  /// Default: `Import objects`.
  std::string message;
  graveler::Metadata metadata;
  /// Also into a read-only repository.
  bool force = false;
};

struct ImportsConfig {
  bool enabled = true;
  /// Where sorted runs go; made if it is missing.
  std::string folder;
  /// Memory of one import for what it sorts, twice at worst.
  std::size_t sort_memory_bytes = std::size_t{64} << 20;
  /// Sources of one import that are read at a time.
  std::size_t walks_max = 8;
  /// Imports under way; more of them wait.
  std::size_t imports_max = 4;
  /// No other server works on the same KV store: what does not run here does not run.
  bool is_sole_server = true;
  std::chrono::milliseconds update_interval{1000};
  /// An import of another server that says nothing for so long has died.
  std::chrono::seconds lost_after{30};
  std::chrono::hours kept_for{24};
};

/// Puts objects that lie elsewhere in the block store into branches, without copying them. An
/// import runs in the background, with the rights of nobody: whoever starts one asks for rights.
/// Its state is a row in the KV store, so that any server can tell and cancel it. Thread-safe.
class Imports {
 public:
  /// All outlive this.
  struct Services {
    graveler::VersionStore& versions;
    kv::Store& kv;
    block::Walker& walker;
    const Clock& clock;
    XidGenerator& xids;
    Loops& loops;
    BlockingPool& pool;
  };

  Imports(Services services, ImportsConfig config);
  /// stop(), if it was not stopped.
  ~Imports();

  /// The id of an import that has begun. `ctx` gives the user whose hooks run. Errors:
  /// kImportUnsupported, kInvalidImportSource, block::kAccessDenied, graveler::kBranchNotFound.
  Task<Result<std::string>> start(Context ctx, graveler::RepositoryPtr repository, BranchId branch,
                                  NewImport request);
  /// Errors: graveler::kNotFound.
  Task<Result<ImportRecord>> status(Context ctx, graveler::RepositoryPtr repository,
                                    std::string id);
  /// Canceling a failed or canceled import is no error. Errors: graveler::kNotFound, kImportEnded.
  Task<Result<void>> cancel(Context ctx, graveler::RepositoryPtr repository, std::string id);

  /// Removes records that nobody has touched for `kept_for`; to be done now and then.
  Task<Result<void>> remove_old(Context ctx);

  /// Cancels what runs and waits for its end. Blocking, not from a loop. Idempotent.
  void stop();
  std::size_t running() const;

 private:
  Task<void> run(Context ctx, graveler::RepositoryPtr repository, BranchId branch,
                 NewImport request, ImportRecord record, Bytes row,
                 std::shared_ptr<CancelSource> cancel);
  struct Stored {
    ImportRecord record;
    /// As the record was read, for compare-and-swap.
    Bytes row;
  };
  /// Ends the record first if its import died. Errors: graveler::kNotFound.
  Task<Result<Stored>> read(Context ctx, graveler::RepositoryPtr repository, std::string id);
  /// Ends the record of an import that died. Changes `record` to what the row says.
  Task<Result<void>> end_if_lost(Context ctx, graveler::RepositoryPtr repository,
                                 ImportRecord& record, Bytes row);

  const Services services_;
  const ImportsConfig config_;
  AsyncSemaphore permits_;
  CancelSource shutdown_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<CancelSource>> running_ TARN_GUARDED_BY(mutex_);
  TaskGroup background_;
};

/// The row of an import.
kv::Key import_key(const graveler::Repository& repository, const std::string& id);

}  // namespace tarn::catalog
