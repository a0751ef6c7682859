#pragma once

#include "graveler/fsck/history.h"
#include "graveler/fsck/objects.h"
#include "graveler/fsck/suspects.h"
#include "graveler/tables.h"
#include "runtime/semaphore.h"
#include "runtime/task_group.h"

#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler::fsck {

/// Checks the metaranges of one repository and every distinct range that they name, once. Tables
/// are read on the pool, `width` metaranges and `width` ranges at a time. On one loop.
class TreeCheck {
 public:
  /// `objects` null: the bytes of objects are not asked for.
  TreeCheck(const Services& services, const Options& options, const Repository& repository,
            Summary& summary, Suspects& suspects, ObjectCheck* objects);
  ~TreeCheck();

  Task<Result<void>> check(Context ctx, const std::vector<History::Tree>& trees);
  /// Counts the tables of the namespace that were not met.
  Task<Result<void>> count_unreferenced(Context ctx);

 private:
  /// Why a table is needed.
  struct Need {
    std::string by;
    StillThere still_there;
  };

  Task<Result<void>> check_metarange(Context ctx, History::Tree tree);
  Task<Result<void>> check_range(Context ctx, RangeInfo claimed, Need need);
  Task<void> run_range(Context ctx, RangeInfo claimed, Need need, AsyncSemaphore::Permit permit);
  /// The open table, or nothing when that is reported.
  Task<Result<std::optional<TablePtr>>> open(Context ctx, std::string id, std::string what,
                                             Need need);
  Task<Result<void>> report(Context ctx, std::string subject, Error error, Need need);
  /// Errors: what is wrong with what a metarange says of a range.
  Task<Result<void>> walk_ranges(Context ctx, TablePtr table, Need need);

  const Services& services_;
  const Options& options_;
  const Repository& repository_;
  Summary& summary_;
  Suspects& suspects_;
  ObjectCheck* objects_;
  Tables tables_;
  AsyncSemaphore ranges_;
  TaskGroup group_;
  std::optional<Error> failure_;
  IdSet metaranges_met_;
  /// A digest of what was claimed of each range when it was checked.
  IdMap<std::uint64_t> ranges_met_;
};

}  // namespace tarn::graveler::fsck
