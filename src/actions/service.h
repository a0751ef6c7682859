#pragma once

#include "actions/action_files.h"
#include "actions/execution.h"
#include "actions/hook.h"
#include "actions/run_metrics.h"
#include "actions/run_order.h"
#include "actions/run_queue.h"
#include "actions/run_store.h"
#include "base/id.h"
#include "base/metrics.h"
#include "graveler/hooks.h"
#include "runtime/blocking_pool.h"
#include "runtime/cancel.h"
#include "runtime/loops.h"
#include "runtime/semaphore.h"
#include "runtime/task_group.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::actions {

struct ServiceConfig {
  /// Off, no event runs anything.
  bool enabled = true;
  HookConfig hooks;
  /// Hooks of runs in the background that run at once.
  std::size_t background_hooks_max = 4;
  /// Runs in the background that have not ended; what comes beyond ends failed at once.
  std::size_t queue_max = 10'000;
};

/// Runs the actions of repositories when graveler fires an event. Pre events run in the request
/// that caused them and can refuse it; post events run in the background with the rights of the
/// same user. What a run did is in the RunStore when it has ended. Thread-safe.
///
/// A run in the background is kept in the RunQueue from before the operation that fired its event
/// is answered until it is recorded, so that a restart, orderly or not, loses none: resume() goes
/// on with what was left. A hook that was under way runs again then. A run that takes the server
/// down kStartsMax times ends failed. The user is looked up when a run in the background begins.
///
/// A hook may call the API, whose operations fire events of their own, whose hooks may … up to
/// kNestingMax levels; deeper ones are refused. Each level has threads of its own, so that waiting
/// for the next level always ends.
class Service final : public graveler::Hooks {
 public:
  /// All outlive the service.
  struct Services {
    graveler::VersionStore& versions;
    catalog::Objects& objects;
    RunStore& runs;
    RunQueue& queue;
    ApiCaller& api;
    http::Client& http;
    const Clock& clock;
    Rng& rng;
    XidGenerator& xids;
    const Environment& environment;
    Loops& loops;
    Metrics& metrics;
  };
  Service(Services services, ServiceConfig config);
  /// stop(0), if it was not stopped.
  ~Service() override;

  std::string new_run_id() override;
  Task<Result<bool>> applies(Context ctx, graveler::HookRecord record) override;
  /// Errors: graveler::kHookAborted with what failed, when a hook said no or an action file is
  /// wrong; those of storage when the run could not be read or recorded.
  Task<Result<void>> run(Context ctx, graveler::HookRecord record) override;
  Task<Result<void>> repository_deleted(Context ctx, graveler::Repository repository) override;

  /// Starts a run by hand, in the background. Needs `record` (with a run id), `user` and
  /// `request_id`. Errors: kActionsOff, kActionNotFound (nothing to run), kThrottled (the queue is
  /// full), those of reading.
  Task<Result<void>> order(RunOrder order);
  /// Goes on with the runs that an earlier process left, in the background. Call once, when hooks
  /// can call the server. Errors: those of reading the queue.
  Task<Result<void>> resume(Context ctx);
  /// Lets background runs finish for up to `grace`, then cancels every run and waits for its end;
  /// those of the background stay in the queue. Later events wait there, too. Blocking, not from a
  /// loop; the loops still run. Idempotent.
  void stop(std::chrono::milliseconds grace);
  /// Runs in the background that have not ended.
  std::size_t background_runs() const { return background_.running(); }

  static constexpr std::size_t kNestingMax = 3;
  /// In how many processes a run begins that does not live to see its end.
  static constexpr std::uint32_t kStartsMax = 3;

 private:
  /// An order and, once it is planned, what carries it out.
  struct Job {
    RunOrder order;
    /// Once they are read.
    ActionsPtr actions;
    std::optional<Execution> execution;
    /// A hook of it has started in this process.
    bool begun = false;
    /// Held while the row of a run under way is written anew.
    AsyncSemaphore row{1};
  };
  using JobPtr = std::unique_ptr<Job>;

  /// Whether there may be something to run; true also when that cannot be told.
  Task<bool> may_run(Context ctx, Job& job);
  /// Errors: kInvalidAction (nested too deep), those of reading.
  Task<Result<void>> plan(Context ctx, Job& job);
  /// plan() for the background, where a run that may not be carried out becomes one that fails.
  Task<Result<void>> prepare(Context ctx, Job& job);
  /// prepare() that tries again while something does not answer, and makes a run that fails of what
  /// cannot be planned. Errors: those that may pass.
  Task<Result<void>> prepare_surely(Context ctx, Job& job);
  Execution::Services execution_services();
  Task<Result<void>> execute(Context ctx, Job& job);
  Task<Result<void>> run_now(Context ctx, graveler::HookRecord record);
  /// Writes the row and starts the run.
  Task<Result<void>> enqueue(RunOrder order);
  /// To its end, and then away with the row.
  Task<void> run_job(JobPtr job);
  /// False: interrupted.
  Task<Result<bool>> run_to_end(Context ctx, Job& job);
  /// Before a hook of it starts.
  Task<void> note_begin(Job& job);
  Task<void> note_done(Job& job, HookRun hook);
  Task<void> resume_all(std::vector<StoredOrder> left);
  /// False when there is nothing to do for it any more. Errors: those of reading.
  Task<Result<bool>> revive(Context ctx, StoredOrder& stored);
  /// Why the order may not be carried out any more; empty = may. Errors: those that may pass.
  Task<Result<std::string>> objection(Context ctx, const RunOrder& order);
  void start(JobPtr job);
  /// For what is not to end with the request that caused it.
  Context own_context(const RunOrder& order) const;

  Services services_;
  const ServiceConfig config_;
  ActionFiles files_;
  /// One for each level of nesting.
  std::array<BlockingPool, kNestingMax> pools_;
  AsyncSemaphore background_permits_;
  RunMetrics metrics_;
  CancelSource shutdown_;
  TaskGroup background_;
};

}  // namespace tarn::actions
