#include "actions/execution.h"

#include "actions/condition.h"
#include "graveler/errors.h"
#include "runtime/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tarn::actions {
namespace {

/// For logs and records, which are written even when the request is gone.
constexpr std::chrono::minutes kSaveTimeout{1};

}  // namespace

Result<void> Execution::plan() {
  for (const Action& action : *actions_) {
    const Result<bool> matches = action.matches(record_.event, record_.branch.str());
    if (!matches) {
      return Error::with_message(
          kInvalidAction, fmt::format("action '{}': {}", action.name, matches.error().message()));
    }
    if (!*matches || action.hooks.empty()) {
      continue;
    }
    PlannedAction planned;
    planned.action = &action;
    for (const HookSpec& spec : action.hooks) {
      PlannedHook hook;
      hook.spec = &spec;
      hook.record.run_id = record_.run_id;
      hook.record.id = fmt::format("{:04}_{:04}", planned_.size(), planned.hooks.size());
      hook.record.hook_id = spec.id;
      hook.record.action = action.name;
      HookRequest request{record_, spec, {action.name, spec.id}};
      Result<std::unique_ptr<Hook>> made =
          make_hook(services_.hooks, std::move(request), hook.log.secrets);
      if (made) {
        hook.hook = *std::move(made);
      } else {
        hook.refused = std::move(made).error();
        refused_ = true;
      }
      planned.hooks.push_back(std::move(hook));
    }
    planned_.push_back(std::move(planned));
  }
  return {};
}

Task<Result<void>> Execution::run(Context ctx, BlockingPool& pool) {
  request_id_ = std::string(ctx.request_id());
  std::function<Task<Result<void>>(std::size_t)> run_one =
      [this, &ctx, &pool](std::size_t index) -> Task<Result<void>> {
    co_await run_action(ctx, pool, planned_[index]);
    co_return Result<void>();
  };
  TARN_CO_CHECK_OK(co_await parallel_for(planned_.size(), planned_.size(), std::move(run_one)));
  TARN_CO_CHECK_OK(co_await save());
  std::vector<std::string> failures;
  for (PlannedAction& action : planned_) {
    if (action.broken) {
      co_return *std::move(action.broken);
    }
    if (action.failure) {
      failures.push_back(*std::move(action.failure));
    }
  }
  if (!failures.empty()) {
    co_return Error::with_message(graveler::kHookAborted, join_errors(failures));
  }
  co_return Result<void>();
}

Task<void> Execution::run_action(Context ctx, BlockingPool& pool, PlannedAction& action) {
  for (PlannedHook& hook : action.hooks) {
    if (action.broken) {
      co_return;
    }
    if (refused_) {
      if (hook.refused) {
        hook.record.start = services_.hooks.clock.now();
        co_await finish_hook(action, hook, hook.refused->message());
      }
      continue;
    }
    const Result<bool> wanted =
        evaluate_condition(hook.spec->condition, action.failure.has_value());
    if (wanted && !*wanted) {
      continue;
    }
    hook.record.start = services_.hooks.clock.now();
    std::string error;
    if (wanted) {
      const SteadyTime begin = services_.hooks.clock.steady_now();
      const Result<void> ran = co_await hook.hook->run(ctx, pool, hook.log);
      const std::chrono::duration<double> taken = services_.hooks.clock.steady_now() - begin;
      services_.hook_seconds[static_cast<std::size_t>(hook.spec->type)].observe(taken.count());
      if (!ran) {
        error = "action failed: " + ran.error().message();
      }
    } else {
      error = wanted.error().message();
    }
    co_await finish_hook(action, hook, std::move(error));
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
                      action.action->name, hook.spec->id, error));
    }
  }
  text = hook.log.secrets.mask(std::move(text));
  Context ctx = saving_context();
  Result<void> written =
      co_await services_.runs.write_log(std::move(ctx), record_.repository.storage_namespace,
                                        record_.run_id, hook.record.id, std::move(text));
  if (!written) {
    const std::string what =
        fmt::format("failed to write action log. Run id '{}' action '{}' hook '{}'", record_.run_id,
                    action.action->name, hook.spec->id);
    action.broken = std::move(written).error().wrap(what);
  }
}

Task<Result<void>> Execution::save() {
  ActionRun run;
  run.id = record_.run_id;
  run.event = std::string(graveler::to_string(record_.event));
  run.branch = record_.branch.str();
  run.commit_id = record_.commit_id.str();
  run.source_ref = record_.source_ref;
  run.passed = true;
  std::vector<HookRun> hooks;
  for (const PlannedAction& action : planned_) {
    run.passed = run.passed && !action.failure && !action.broken;
    for (const PlannedHook& hook : action.hooks) {
      if (hook.record.start) {
        run.start = run.start ? std::min(*run.start, *hook.record.start) : *hook.record.start;
        run.end = run.end ? std::max(*run.end, *hook.record.end) : *hook.record.end;
      }
      hooks.push_back(hook.record);
    }
  }
  if (!run.start) {
    run.start = run.end = services_.hooks.clock.now();  // all were skipped
  }
  Context ctx = saving_context();
  co_return co_await services_.runs.save(std::move(ctx), record_.repository, std::move(run),
                                         std::move(hooks));
}

Context Execution::saving_context() const {
  return Context(request_id_, CancelToken()).with_timeout(services_.hooks.clock, kSaveTimeout);
}

}  // namespace tarn::actions
