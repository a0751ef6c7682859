#pragma once

#include "actions/action_files.h"
#include "actions/execution.h"
#include "actions/hook.h"
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
#include <string>
#include <vector>

namespace tarn::actions {

struct ServiceConfig {
  /// Off, no event runs anything.
  bool enabled = true;
  HookConfig hooks;
  /// Runs of post events under way at once; the rest queue up to post_queue_max.
  std::size_t post_runs_max = 4;
  std::size_t post_queue_max = 10'000;
};

/// Runs the actions of repositories when graveler fires an event. Pre events run in the request
/// that caused them and can refuse it; post events run in the background with the rights of the
/// same user. What a run did is in the RunStore when it has ended. Thread-safe.
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

  /// Lets background runs finish for up to `grace`, then cancels every run and waits for its end.
  /// Later events are refused. Blocking, not from a loop; the loops still run. Idempotent.
  void stop(std::chrono::milliseconds grace);
  /// Runs of post events that have not ended.
  std::size_t background_runs() const { return background_.running(); }

  static constexpr std::size_t kNestingMax = 3;

 private:
  /// Errors: graveler::kHookAborted for a run that failed and is recorded, kInvalidAction for one
  /// that could not begin; those of storage.
  Task<Result<void>> run_now(Context ctx, graveler::HookRecord record);
  Task<void> run_later(Context ctx, graveler::HookRecord record);
  Execution::Services execution_services() const;
  /// The same request, as far as it reaches into what its hooks do.
  Context hook_context(const Context& ctx, const graveler::HookRecord& record,
                       CancelToken cancel) const;

  Services services_;
  const ServiceConfig config_;
  ActionFiles files_;
  /// One for each level of nesting.
  std::array<BlockingPool, kNestingMax> pools_;
  AsyncSemaphore post_permits_;
  CancelSource shutdown_;
  TaskGroup background_;
  std::array<Histogram, 3> hook_seconds_;  // by HookType
};

}  // namespace tarn::actions
