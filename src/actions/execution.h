#pragma once

#include "actions/action_files.h"
#include "actions/hook.h"
#include "actions/run_store.h"
#include "base/metrics.h"
#include "graveler/hooks.h"
#include "runtime/blocking_pool.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::actions {

/// One run: the actions that an event matched, planned, then run and recorded once. Used by one
/// coroutine.
class Execution {
 public:
  struct Services {
    HookServices hooks;
    RunStore& runs;
    /// By HookType.
    const std::array<Histogram, 3>& hook_seconds;
  };
  /// `record` outlives the execution.
  Execution(Services services, const graveler::HookRecord& record, ActionsPtr actions)
      : services_(services), record_(record), actions_(std::move(actions)) {}

  /// Picks what matches and prepares its hooks. Errors: kInvalidAction (a malformed glob).
  Result<void> plan();
  /// Nothing matched: no run, no record.
  bool empty() const { return planned_.empty(); }

  /// Actions run side by side, the hooks of one in order. A hook that cannot be prepared fails the
  /// run before any hook runs. Whatever happens is recorded, also when `ctx` ends meanwhile.
  /// Errors: graveler::kHookAborted with what failed; those of storage when logs or records could
  /// not be written.
  Task<Result<void>> run(Context ctx, BlockingPool& pool);

 private:
  struct PlannedHook {
    const HookSpec* spec = nullptr;
    std::unique_ptr<Hook> hook;
    /// Why there is no hook.
    std::optional<Error> refused;
    HookLog log;
    HookRun record;
  };
  struct PlannedAction {
    const Action* action = nullptr;
    std::vector<PlannedHook> hooks;
    /// How the first hook that failed did.
    std::optional<std::string> failure;
    /// Why its logs could not be written.
    std::optional<Error> broken;
  };

  Task<void> run_action(Context ctx, BlockingPool& pool, PlannedAction& action);
  /// Writes the log and sets the outcome of a hook that was started; `error` is empty if it passed.
  Task<void> finish_hook(PlannedAction& action, PlannedHook& hook, std::string error);
  Task<Result<void>> save();
  Context saving_context() const;

  const Services services_;
  const graveler::HookRecord& record_;
  const ActionsPtr actions_;
  std::vector<PlannedAction> planned_;
  std::string request_id_;
  bool refused_ = false;
};

}  // namespace tarn::actions
