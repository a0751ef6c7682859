#include "actions/execution.h"

#include "actions/changed_paths.h"
#include "actions/condition.h"
#include "base/fault_points.h"
#include "base/time_text.h"
#include "graveler/errors.h"
#include "runtime/parallel.h"
#include "runtime/retry.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tarn::actions {
namespace {

/// For logs and records, which are written even when the request is gone.
constexpr std::chrono::minutes kSaveTimeout{1};

/// The action of a hook kRunHook.
constexpr std::string_view kNoAction = "-";

}  // namespace

Result<bool> Execution::triggered(const Action& action) const {
  if (action.hooks.empty() || (!order_.only_action.empty() && order_.only_action != action.name)) {
    return false;
  }
  if (is_named()) {
    return true;
  }
  const Action::Trigger* trigger = action.trigger(graveler::to_string(record_.event));
  return trigger == nullptr ? Result<bool>(false)
                            : trigger->admits(record_.branch.str(), record_.tag.str());
}

Task<Result<bool>> Execution::touched(Context ctx, const Action& action) const {
  const Action::Trigger* trigger = action.trigger(graveler::to_string(record_.event));
  if (is_named() || trigger == nullptr || trigger->paths.empty()) {
    co_return true;
  }
  co_return co_await changes_match(std::move(ctx), services_.versions, record_, trigger->paths);
}

bool Execution::concerns(const BadFile& file) const {
  return order_.only_action.empty() &&
         file.concerns(graveler::to_string(record_.event), record_.branch.str(), record_.tag.str());
}

bool Execution::may_run() const {
  return std::ranges::any_of(
             actions_->actions,
             [this](const Action& action) { return triggered(action).value_or(true); }) ||
         std::ranges::any_of(actions_->bad, [this](const BadFile& file) { return concerns(file); });
}

void Execution::plan_action(const Action& action) {
  PlannedAction planned;
  planned.name = action.name;
  for (std::size_t i = 0; i < action.hooks.size(); ++i) {
    const HookSpec& spec = action.hooks[i];
    if (!order_.only_hook.empty() && order_.only_hook != spec.id) {
      continue;
    }
    PlannedHook hook;
    hook.spec = &spec;
    hook.record.run_id = record_.run_id;
    hook.record.id = fmt::format("{:04}_{:04}", planned_.size(), i);
    hook.record.hook_id = spec.id;
    hook.record.action = action.name;
    HookRequest request{record_, spec, {action.name, spec.id}, order_.files()};
    Result<std::unique_ptr<Hook>> made =
        make_hook(services_.hooks, std::move(request), hook.log.secrets);
    if (made) {
      hook.hook = *std::move(made);
    } else {
      hook.refused = made.error().message();
      refused_ = true;
    }
    planned.hooks.push_back(std::move(hook));
  }
  if (!planned.hooks.empty()) {
    planned_.push_back(std::move(planned));
  }
}

void Execution::plan_failure(std::string action, std::string hook_id, std::string reason) {
  PlannedHook hook;
  hook.record.run_id = record_.run_id;
  hook.record.id = fmt::format("{:04}_0000", planned_.size());
  hook.record.hook_id = std::move(hook_id);
  hook.record.action = action;
  hook.refused = std::move(reason);
  PlannedAction planned;
  planned.name = std::move(action);
  planned.hooks.push_back(std::move(hook));
  planned_.push_back(std::move(planned));
  refused_ = refused_ || !background_;
}

void Execution::take_over_done() {
  for (PlannedAction& action : planned_) {
    for (PlannedHook& hook : action.hooks) {
      const auto done = std::ranges::find(order_.done, hook.record.id, &HookRun::id);
      if (done != order_.done.end() && done->action == hook.record.action &&
          done->hook_id == hook.record.hook_id) {
        hook.record = *done;
        hook.done = true;
        if (!done->passed && !action.failure) {
          action.failure = fmt::format("hook run id '{}' failed on action '{}' hook '{}'", done->id,
                                       action.name, done->hook_id);
        }
      } else {
        ++left_;
        if (order_.resumed) {
          hook.log.text = "The server ended while this run was under way; here it goes on.\n";
        }
      }
    }
  }
}

Task<Result<void>> Execution::plan(Context ctx) {
  for (const Action& action : actions_->actions) {
    const Result<bool> runs = triggered(action);
    if (!runs) {
      plan_failure(action.name, std::string(kFileHook),
                   fmt::format("action '{}': {}", action.name, runs.error().message()));
      continue;
    }
    if (!*runs) {
      continue;
    }
    TARN_CO_TRY(const bool changes, co_await touched(ctx, action));
    if (changes) {
      plan_action(action);
    }
  }
  for (const BadFile& file : actions_->bad) {
    if (concerns(file)) {
      plan_failure(file.path, std::string(kFileHook), file.error);
    }
  }
  take_over_done();
  co_return Result<void>();
}

void Execution::refuse(const std::string& reason) {
  if (planned_.empty()) {
    plan_failure(std::string(kNoAction), std::string(kRunHook), reason);
  }
  refused_ = true;
  for (PlannedAction& action : planned_) {
    for (PlannedHook& hook : action.hooks) {
      if (!hook.done) {
        hook.refused = reason;
        break;
      }
    }
  }
}

Task<Result<void>> Execution::run(Context ctx, BlockingPool& pool) {
  request_id_ = std::string(ctx.request_id());
  const SteadyTime begin = services_.hooks.clock.steady_now();
  TARN_FAULT_POINT("actions.run.before_hooks");
  std::function<Task<Result<void>>(std::size_t)> run_one =
      // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
      [this, &ctx, &pool](std::size_t index) -> Task<Result<void>> {
    co_await run_action(ctx, pool, planned_[index]);
    co_return Result<void>();
  };
  TARN_CO_CHECK_OK(co_await parallel_for(planned_.size(), planned_.size(), std::move(run_one)));
  if (interrupted_) {
    co_return Error(kCancelled, "the server is stopping");
  }
  TARN_FAULT_POINT("actions.run.before_save");
  TARN_CO_CHECK_OK(co_await save());
  recorded_ = true;
  TARN_FAULT_POINT("actions.run.after_save");
  std::vector<std::string> failures;
  std::optional<Error> broken;
  for (PlannedAction& action : planned_) {
    if (action.broken && !broken) {
      broken = std::move(action.broken);
    }
    if (action.failure) {
      failures.push_back(*std::move(action.failure));
    }
  }
  services_.metrics.run_ended(record_.event, !broken && failures.empty(),
                              services_.hooks.clock.steady_now() - begin);
  if (broken) {
    co_return *std::move(broken);
  }
  if (!failures.empty()) {
    co_return Error::with_message(graveler::kHookAborted, join_errors(failures));
  }
  co_return Result<void>();
}

bool Execution::interrupted(const Context& ctx) const {
  return background_ && ctx.cancel().cancelled() &&
         ctx.cancel().reason() == CancelReason::kShutdown;
}

Task<void> Execution::run_action(Context ctx, BlockingPool& pool, PlannedAction& action) {
  for (PlannedHook& hook : action.hooks) {
    if (action.broken) {
      co_return;
    }
    if (hook.done) {
      continue;
    }
    if (hook.refused) {
      hook.record.start = services_.hooks.clock.now();
      std::string reason = *hook.refused;
      co_await finish_hook(action, hook, std::move(reason));
      continue;
    }
    if (refused_) {
      continue;
    }
    const Result<bool> wanted =
        order_.by_hand && !order_.only_hook.empty()
            ? Result<bool>(true)
            : evaluate_condition(hook.spec->condition, action.failure.has_value());
    if (wanted && !*wanted) {
      continue;
    }
    if (interrupted(ctx)) {
      interrupted_ = true;
      co_return;
    }
    hook.record.start = services_.hooks.clock.now();
    std::string error;
    if (wanted) {
      error = co_await run_hook(ctx, pool, hook);
    } else {
      error = wanted.error().message();
    }
    if (!error.empty() && interrupted(ctx)) {
      interrupted_ = true;
      co_return;
    }
    TARN_FAULT_POINT("actions.run.after_hook");
    co_await finish_hook(action, hook, std::move(error));
    --left_;
    if (told_ && left_ > 0 && !action.broken) {
      HookRun ended = hook.record;
      co_await told_(std::move(ended));
    }
  }
}

Task<std::string> Execution::run_hook(Context ctx, BlockingPool& pool, PlannedHook& hook) {
  const HookRetry& retry = hook.spec->retry;
  const std::int64_t attempts = background_ ? retry.attempts : 1;
  const RetryPolicy schedule{
      .tries_max = static_cast<std::size_t>(attempts),
      .first_delay = std::chrono::duration_cast<std::chrono::milliseconds>(retry.delay),
      .factor = 2.0,
      .delay_max = std::chrono::duration_cast<std::chrono::milliseconds>(retry.delay_max),
      .jitter = 0.1};
  for (std::int64_t attempt = 1;; ++attempt) {
    // Only while it runs: what waits for its next attempt keeps nobody from running.
    AsyncSemaphore::Permit permit;
    if (background_) {
      permit = co_await services_.background.acquire();
    }
    if (interrupted(ctx)) {
      co_return std::string("the server is stopping");
    }
    if (begins_) {
      // Taken first: another action's hook must not do it a second time.
      const std::function<Task<void>()> begins = std::exchange(begins_, nullptr);
      co_await begins();
    }
    const SteadyTime begin = services_.hooks.clock.steady_now();
    const Result<void> ran = co_await hook.hook->run(ctx, pool, hook.log);
    permit = AsyncSemaphore::Permit();
    services_.metrics.hook_ended(hook.spec->type, ran.has_value(),
                                 services_.hooks.clock.steady_now() - begin);
    if (ran) {
      co_return std::string();
    }
    std::string error = "action failed: " + ran.error().message();
    if (attempt >= attempts || ctx.cancel().cancelled()) {
      co_return error;
    }
    const auto delay = schedule.delay(static_cast<std::size_t>(attempt), services_.hooks.rng);
    const auto shown = std::chrono::duration_cast<std::chrono::milliseconds>(delay);
    hook.log.text.append(fmt::format("Attempt {} of {}: {}\nThe next one comes in {}.\n", attempt,
                                     attempts, error, format_duration(shown)));
    services_.metrics.hook_retried(hook.spec->type);
    const Result<void> slept = co_await sleep_for(ctx, delay);
    if (!slept) {
      co_return error;
    }
  }
}

Task<void> Execution::finish_hook(PlannedAction& action, PlannedHook& hook, std::string error) {
  hook.record.end = services_.hooks.clock.now();
  hook.record.passed = error.empty();
  std::string text = std::move(hook.log.text);
  if (!error.empty()) {
    text.append("Error: ").append(error).append("\n");
    if (!action.failure) {
      action.failure = hook.log.secrets.mask(
          fmt::format("hook run id '{}' failed on action '{}' hook '{}': {}", hook.record.id,
                      action.name, hook.record.hook_id, error));
    }
  }
  text = hook.log.secrets.mask(std::move(text));
  if (left_ == 1) {
    // Nothing comes after it that its failure could stop, so it may wait for the manifest.
    held_ = HeldLog{&action, &hook, std::move(text)};
    co_return;
  }
  co_await write_log(action, hook, std::move(text));
}

Task<void> Execution::write_log(PlannedAction& action, PlannedHook& hook, std::string text) {
  Context ctx = saving_context();
  Result<void> written =
      co_await services_.runs.write_log(std::move(ctx), record_.repository.storage_namespace,
                                        record_.run_id, hook.record.id, std::move(text));
  if (!written) {
    const std::string what =
        fmt::format("failed to write action log. Run id '{}' action '{}' hook '{}'", record_.run_id,
                    action.name, hook.record.hook_id);
    action.broken = std::move(written).error().wrap(what);
  }
}

ActionRun Execution::summary() const {
  ActionRun run;
  run.id = record_.run_id;
  run.event = std::string(graveler::to_string(record_.event));
  run.branch = record_.branch.str();
  run.commit_id = record_.commit_id.str();
  run.source_ref = record_.source_ref;
  run.passed = true;
  run.tag = record_.tag.str();
  run.merge_source = record_.merge_source;
  run.pre_run_id = record_.pre_run_id;
  run.user = order_.user;
  run.repeats = order_.repeats;
  for (const PlannedAction& action : planned_) {
    run.passed = run.passed && !action.failure && !action.broken;
    for (const PlannedHook& hook : action.hooks) {
      if (hook.record.start) {
        run.start = run.start ? std::min(*run.start, *hook.record.start) : *hook.record.start;
      }
      if (hook.record.end) {
        run.end = run.end ? std::max(*run.end, *hook.record.end) : *hook.record.end;
      }
    }
  }
  if (!run.start) {
    run.start = run.end = services_.hooks.clock.now();  // all were skipped
  }
  return run;
}

std::vector<HookRun> Execution::hook_runs() const {
  std::vector<HookRun> hooks;
  for (const PlannedAction& action : planned_) {
    for (const PlannedHook& hook : action.hooks) {
      hooks.push_back(hook.record);
    }
  }
  return hooks;
}

Task<Result<void>> Execution::save() {
  ActionRun run = summary();
  const std::vector<HookRun> hooks = hook_runs();
  const Context ctx = saving_context();
  std::function<Task<Result<void>>()> manifest = [this, &ctx, &run, &hooks] {
    return services_.runs.write_manifest(ctx, record_.repository.storage_namespace, run, hooks);
  };
  // Readers find log and manifest by the rows, so those come last and these two in any order.
  std::function<Task<Result<void>>(std::size_t)> write =
      // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
      [this, &manifest](std::size_t index) -> Task<Result<void>> {
    if (index == 1) {
      co_return co_await write_surely(manifest);
    }
    if (held_) {
      co_await write_log(*held_->action, *held_->hook, std::move(held_->text));
    }
    co_return Result<void>();
  };
  TARN_CO_CHECK_OK(co_await parallel_for(2, 2, std::move(write)));
  if (held_ && held_->action->broken && run.passed) {
    run = summary();
    TARN_CO_CHECK_OK(co_await write_surely(manifest));
  }
  std::function<Task<Result<void>>()> rows = [this, &ctx, &run, &hooks] {
    return services_.runs.save(ctx, record_.repository.id, run, hooks);
  };
  co_return co_await write_surely(std::move(rows));
}

Task<Result<void>> Execution::write_surely(std::function<Task<Result<void>>()> attempt) {
  const RetryPolicy policy{.tries_max = background_ ? std::size_t{5} : std::size_t{1}};
  auto transient = [](const Error& error) {
    return is_transient(error.kind()) || error.kind() == ErrorKind::kUnknownOutcome;
  };
  const Context ctx = saving_context();
  co_return co_await retry(ctx, policy, services_.hooks.rng, attempt, transient);
}

Context Execution::saving_context() const {
  return Context(request_id_, CancelToken()).with_timeout(services_.hooks.clock, kSaveTimeout);
}

}  // namespace tarn::actions
