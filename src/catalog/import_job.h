#pragma once

#include "catalog/external_sorter.h"
#include "catalog/imports.h"

#include <atomic>
#include <functional>

namespace tarn::catalog {

/// The row of one running import, written by compare-and-swap: another server may cancel it.
/// One loop.
class ImportProgress {
 public:
  ImportProgress(kv::Store& kv, const Clock& clock, kv::Key key, ImportRecord record, Bytes row)
      : kv_(kv),
        clock_(clock),
        key_(std::move(key)),
        record_(std::move(record)),
        row_(std::move(row)) {}

  /// Errors: kCancelled when the import was ended by somebody else (or its repository deleted).
  Task<Result<void>> update(Context ctx, std::function<void(ImportRecord&)> change);

 private:
  kv::Store& kv_;
  const Clock& clock_;
  const kv::Key key_;
  ImportRecord record_;
  /// What was read or written last.
  Bytes row_;
  AsyncSemaphore one_at_a_time_{1};
};

/// One import from its sources to its commit. Lives on one loop.
class ImportJob {
 public:
  ImportJob(Imports::Services services, const ImportsConfig& config,
            graveler::RepositoryPtr repository, BranchId branch, NewImport request,
            ImportRecord record, Bytes row, std::shared_ptr<CancelSource> cancel);

  /// Until its row says how it ended. `permits` bounds how many work at a time.
  Task<void> run(Context ctx, AsyncSemaphore& permits);

 private:
  Task<Result<graveler::CommitPtr>> work(Context ctx, AsyncSemaphore& permits);
  Task<Result<void>> check_branch(Context ctx);
  Task<Result<void>> walk_source(Context ctx, std::uint32_t index, ExternalSorter& sorter);
  Task<Result<MetaRangeId>> write_tree(Context ctx, ExternalSorter& sorter);
  Task<Result<graveler::CommitPtr>> commit(Context ctx, MetaRangeId source);
  Task<void> report(Context ctx);
  Task<void> finish(Context ctx, Result<graveler::CommitPtr> made);

  const Imports::Services services_;
  const ImportsConfig& config_;
  const graveler::RepositoryPtr repository_;
  const BranchId branch_;
  const NewImport request_;
  const std::string id_;
  ImportProgress progress_;
  const std::shared_ptr<CancelSource> cancel_;
  std::atomic<std::int64_t> objects_ = 0;
};

}  // namespace tarn::catalog
