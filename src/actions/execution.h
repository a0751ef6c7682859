#pragma once

#include "actions/action_files.h"
#include "actions/hook.h"
#include "actions/run_metrics.h"
#include "actions/run_order.h"
#include "actions/run_store.h"
#include "graveler/store.h"
#include "runtime/blocking_pool.h"
#include "runtime/context.h"
#include "runtime/semaphore.h"
#include "runtime/task.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::actions {

/// One run: what an order asks for, planned, then run and recorded once. Used by one coroutine.
///
/// A file or hook that is wrong is a hook that fails. It keeps all hooks of a run from starting
/// where something waits for the outcome, and where the hook itself is the one that is wrong; a
/// wrong file does not keep other actions from running in the background.
class Execution {
 public:
  struct Services {
    HookServices hooks;
    RunStore& runs;
    RunMetrics& metrics;
    graveler::VersionStore& versions;
    /// Bounds how many hooks run at once in the background.
    AsyncSemaphore& background;
  };
  /// `order` outlives the execution; what it says of hooks that are done holds.
  Execution(Services services, const RunOrder& order, ActionsPtr actions)
      : services_(services),
        order_(order),
        record_(order.record),
        actions_(std::move(actions)),
        background_(order.in_background()) {}

  /// Called in a run in the background before its first hook starts.
  void on_begin(std::function<Task<void>()> begins) { begins_ = std::move(begins); }
  /// Is told of each hook of a run in the background that has ended, but for the last one.
  void on_hook_done(std::function<Task<void>(HookRun)> told) { told_ = std::move(told); }

  /// False when plan() would find nothing. Does not look at what the event changes.
  bool may_run() const;
  /// Picks what matches and prepares its hooks. Errors: those of reading what the event changes.
  Task<Result<void>> plan(Context ctx);
  /// Nothing matched: no run, no record.
  bool empty() const { return planned_.empty(); }
  /// From now on the run can only fail, with this reason; for what keeps it from running.
  void refuse(const std::string& reason);

  /// Actions run side by side, the hooks of one in order. Whatever happens is recorded, also when
  /// `ctx` ends meanwhile; only a run in the background that the server's end interrupts is not.
  /// Errors: graveler::kHookAborted with what failed; those of storage when logs or records could
  /// not be written; kCancelled for an interruption.
  Task<Result<void>> run(Context ctx, BlockingPool& pool);
  /// After run(): the record is written.
  bool recorded() const { return recorded_; }

 private:
  struct PlannedHook {
    /// Null for a stand-in of something that is wrong.
    const HookSpec* spec = nullptr;
    std::unique_ptr<Hook> hook;
    /// Why there is no hook.
    std::optional<std::string> refused;
    HookLog log;
    HookRun record;
    /// Ended before the server was started anew.
    bool done = false;
  };
  struct PlannedAction {
    std::string name;
    std::vector<PlannedHook> hooks;
    /// How the first hook that failed did.
    std::optional<std::string> failure;
    /// Why its logs could not be written.
    std::optional<Error> broken;
  };

  /// By name and event. Errors: kBadPattern.
  Result<bool> triggered(const Action& action) const;
  /// Of one that is triggered: by what the event changes.
  Task<Result<bool>> touched(Context ctx, const Action& action) const;
  /// An order for one action passes by its filters.
  bool is_named() const { return order_.by_hand && !order_.only_action.empty(); }
  bool concerns(const BadFile& file) const;
  void plan_action(const Action& action);
  /// An action whose only hook stands for what is wrong.
  void plan_failure(std::string action, std::string hook_id, std::string reason);
  void take_over_done();

  Task<void> run_action(Context ctx, BlockingPool& pool, PlannedAction& action);
  /// Runs a hook as often as its `retry` says; why it failed, or nothing.
  Task<std::string> run_hook(Context ctx, BlockingPool& pool, PlannedHook& hook);
  bool interrupted(const Context& ctx) const;
  /// Writes the log and sets the outcome of a hook that was started; `error` is empty if it passed.
  Task<void> finish_hook(PlannedAction& action, PlannedHook& hook, std::string error);
  Task<void> write_log(PlannedAction& action, PlannedHook& hook, std::string text);
  ActionRun summary() const;
  std::vector<HookRun> hook_runs() const;
  Task<Result<void>> save();
  /// Once more if it may pass and nobody waits: in the background there is nobody to tell that it
  /// was in vain.
  Task<Result<void>> write_surely(std::function<Task<Result<void>>()> attempt);
  Context saving_context() const;

  const Services services_;
  const RunOrder& order_;
  const graveler::HookRecord& record_;
  const ActionsPtr actions_;
  const bool background_;
  std::function<Task<void>()> begins_;
  std::function<Task<void>(HookRun)> told_;
  std::vector<PlannedAction> planned_;
  std::string request_id_;
  /// Hooks that have not ended.
  std::size_t left_ = 0;
  /// The log of the last hook, which is written together with the manifest.
  struct HeldLog {
    PlannedAction* action = nullptr;
    PlannedHook* hook = nullptr;
    std::string text;
  };
  std::optional<HeldLog> held_;
  /// No hook is to start.
  bool refused_ = false;
  bool interrupted_ = false;
  bool recorded_ = false;
};

}  // namespace tarn::actions
