#pragma once

#include "base/error.h"
#include "graveler/records.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tarn::graveler {

/// Points of an operation at which hooks run, in lakeFS's order and under its names.
enum class Event : std::uint8_t {
  kPrepareCommit,
  kPreCommit,
  kPostCommit,
  kPreMerge,
  kPostMerge,
  kPreCreateTag,
  kPostCreateTag,
  kPreDeleteTag,
  kPostDeleteTag,
  kPreCreateBranch,
  kPostCreateBranch,
  kPreDeleteBranch,
  kPostDeleteBranch,
  kPreRevert,
  kPostRevert,
  kPreCherryPick,
  kPostCherryPick,
};

/// `pre-commit` and so on.
std::string_view to_string(Event event);
/// Absent for other texts.
std::optional<Event> event_from_string(std::string_view text);
/// A pre event can refuse its operation; a post event comes when it is done.
bool is_pre(Event event);

/// What is known where a hook runs. Absent parts do not apply to the event.
struct HookRecord {
  /// New for each firing; the run's id if one is recorded.
  std::string run_id;
  /// Post events: the run id of the pre event of the same operation.
  std::string pre_run_id;
  Event event = Event::kPreCommit;
  Repository repository;
  /// Where action files and scripts are read.
  std::string source_ref;
  BranchId branch;
  CommitId commit_id;
  std::optional<Commit> commit;
  TagId tag;
  std::string merge_source;
};

/// Implemented by `actions`, called by the version store. Thread-safe.
class Hooks {
 public:
  virtual ~Hooks() = default;
  /// A fresh run id; newer ones sort first.
  virtual std::string new_run_id() = 0;
  /// Whether `run` would do anything for this pre event. False lets the version store put the
  /// operation together with others before either is durable; when in doubt, true.
  virtual Task<Result<bool>> applies(Context ctx, HookRecord record) = 0;
  /// Runs what the repository's action files ask for. A pre event waits and returns kHookAborted to
  /// refuse the operation (the version store adds event and run id); any other error is a failure
  /// of the server and refuses it, too. A post event only starts the work and returns.
  virtual Task<Result<void>> run(Context ctx, HookRecord record) = 0;
  /// The repository is being deleted: drop what is kept of its runs. Repeatable.
  virtual Task<Result<void>> repository_deleted(Context ctx, Repository repository) = 0;
};

}  // namespace tarn::graveler
