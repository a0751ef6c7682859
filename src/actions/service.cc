#include "actions/service.h"

#include "base/log.h"
#include "graveler/errors.h"
#include "runtime/timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::actions {

using graveler::Event;
using graveler::HookRecord;

namespace {

constexpr std::size_t kPoolQueueMax = 1024;
/// Between the run ids in a request id of nested work.
constexpr char kNestingMark = '/';

std::size_t nesting_of(const Context& ctx) {
  return static_cast<std::size_t>(std::ranges::count(ctx.request_id(), kNestingMark));
}

}  // namespace

Service::Service(Services services, ServiceConfig config)
    : services_(services),
      config_(std::move(config)),
      files_(services.versions, services.objects),
      pools_{BlockingPool("hooks", 4, kPoolQueueMax), BlockingPool("hooks-2", 2, kPoolQueueMax),
             BlockingPool("hooks-3", 2, kPoolQueueMax)},
      post_permits_(config_.post_runs_max) {
  for (std::size_t i = 0; i < hook_seconds_.size(); ++i) {
    hook_seconds_[i] = services_.metrics.histogram(
        "tarn_actions_hook_duration_seconds", "Time of hooks, skipped ones left out.",
        duration_bounds(), {{"type", std::string(to_string(static_cast<HookType>(i)))}});
  }
}

Service::~Service() { stop(std::chrono::milliseconds(0)); }

void Service::stop(std::chrono::milliseconds grace) {
  background_.close();
  if (background_.running() > 0 && grace.count() > 0) {
    CancelSource all_done;
    Context waiting("", all_done.token());
    auto cancel_later = [](Context ctx, std::chrono::milliseconds time,
                           CancelSource& shutdown) -> Task<void> {
      const Result<void> slept = co_await sleep_for(std::move(ctx), time);
      if (slept) {
        shutdown.cancel(CancelReason::kShutdown);
      }
    };
    TaskGroup timer;
    timer.spawn(services_.loops.next(), cancel_later(std::move(waiting), grace, shutdown_));
    timer.close();
    background_.join_blocking();
    all_done.cancel(CancelReason::kRequested);
    timer.join_blocking();
  }
  shutdown_.cancel(CancelReason::kShutdown);
  background_.join_blocking();
}

std::string Service::new_run_id() {
  return services_.xids.descending(XidGenerator::kEpochYear3000);
}

Task<Result<void>> Service::repository_deleted(Context ctx, graveler::Repository repository) {
  co_return co_await services_.runs.drop(std::move(ctx), std::move(repository.id));
}

Context Service::hook_context(const Context& ctx, const HookRecord& record,
                              CancelToken cancel) const {
  std::string id(ctx.request_id());
  id.push_back(kNestingMark);
  id.append(record.run_id);
  Context out(std::move(id), std::move(cancel));
  out = out.with_user(std::string(ctx.user()));
  return ctx.deadline() ? out.with_deadline(*ctx.deadline()) : out;
}

Execution::Services Service::execution_services() const {
  return {{services_.api, services_.http, services_.clock, services_.rng, services_.environment,
           config_.hooks},
          services_.runs,
          hook_seconds_};
}

Task<Result<bool>> Service::applies(Context ctx, HookRecord record) {
  if (!config_.enabled) {
    co_return false;
  }
  graveler::RepositoryPtr repository =
      std::make_shared<const graveler::Repository>(record.repository);
  Result<ActionsPtr> actions =
      co_await files_.load(std::move(ctx), std::move(repository), record.source_ref);
  if (!actions) {
    co_return true;  // the run says what is wrong
  }
  if ((*actions)->empty()) {
    co_return false;
  }
  Execution execution(execution_services(), record, *std::move(actions));
  const Result<void> planned = execution.plan();
  co_return !planned || !execution.empty();
}

Task<Result<void>> Service::run(Context ctx, HookRecord record) {
  if (!config_.enabled) {
    co_return Result<void>();
  }
  if (graveler::is_pre(record.event)) {
    Result<void> ran = co_await run_now(std::move(ctx), std::move(record));
    if (!ran && ran.error().is(kInvalidAction)) {
      co_return Error::with_message(graveler::kHookAborted, ran.error().message());
    }
    co_return ran;
  }
  if ((record.event == Event::kPostCommit || record.event == Event::kPostRevert) &&
      !record.pre_run_id.empty()) {
    TARN_CO_CHECK_OK(co_await services_.runs.set_commit(ctx, record.repository, record.pre_run_id,
                                                        record.commit_id));
  }
  if (background_.running() >= config_.post_queue_max) {
    co_return Error(kThrottled, "post hooks");
  }
  // It outlives the request, and its client.
  Context later(std::string(ctx.request_id()), shutdown_.token());
  later = later.with_user(std::string(ctx.user()));
  if (!background_.spawn(services_.loops.next(), run_later(std::move(later), std::move(record)))) {
    co_return Error(kCancelled, "the server is stopping");
  }
  co_return Result<void>();
}

Task<void> Service::run_later(Context ctx, HookRecord record) {
  const std::string event(graveler::to_string(record.event));
  const std::string run_id = record.run_id;
  const std::string repository = record.repository.id.str();
  const Result<void> ran = co_await run_now(std::move(ctx), std::move(record));
  if (ran) {
    co_return;
  }
  // What hooks said is in the record of the run; what kept it from beginning is nowhere else.
  const bool recorded = ran.error().is(graveler::kHookAborted);
  log::warn("post hooks failed", {{"repository", repository},
                                  {"event", event},
                                  {"run", run_id},
                                  {"error", recorded ? "see the run" : ran.error().message()}});
}

Task<Result<void>> Service::run_now(Context ctx, HookRecord record) {
  graveler::RepositoryPtr repository =
      std::make_shared<const graveler::Repository>(record.repository);
  TARN_CO_TRY(ActionsPtr actions,
              co_await files_.load(ctx, std::move(repository), record.source_ref));
  if (actions->empty()) {
    co_return Result<void>();
  }
  Execution execution(execution_services(), record, std::move(actions));
  TARN_CO_CHECK_OK(execution.plan());
  if (execution.empty()) {
    co_return Result<void>();
  }
  const std::size_t nesting = nesting_of(ctx);
  if (nesting >= kNestingMax) {
    co_return Error::with_message(
        kInvalidAction, fmt::format("hooks that start hooks: more than {} levels", kNestingMax));
  }
  // Two reasons to stop: the request's and the server's.
  CancelSource stop;
  const auto forward = [&stop](const CancelToken& token) {
    return token.on_cancel([&stop, token] { stop.cancel(token.reason()); });
  };
  const CancelToken::Registration by_request = forward(ctx.cancel());
  const CancelToken::Registration by_server = forward(shutdown_.token());
  Context inner = hook_context(ctx, record, stop.token());
  AsyncSemaphore::Permit permit;
  if (!graveler::is_pre(record.event)) {
    permit = co_await post_permits_.acquire();
  }
  const Result<void> outcome = co_await execution.run(std::move(inner), pools_[nesting]);
  services_.metrics
      .counter("tarn_actions_runs_total", "Runs of actions by event and outcome.",
               {{"event", std::string(graveler::to_string(record.event))},
                {"outcome", outcome ? "completed" : "failed"}})
      .add();
  co_return outcome;
}

}  // namespace tarn::actions
