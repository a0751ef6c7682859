#include "actions/service.h"

#include "base/fault_points.h"
#include "base/log.h"
#include "graveler/errors.h"
#include "runtime/retry.h"
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

/// For rows and records, which do not depend on whoever waits.
constexpr std::chrono::minutes kBookkeepingTimeout{1};

std::size_t nesting_of(std::string_view request_id) {
  return static_cast<std::size_t>(std::ranges::count(request_id, kNestingMark));
}

}  // namespace

Service::Service(Services services, ServiceConfig config)
    : services_(services),
      config_(std::move(config)),
      files_(services.versions, services.objects),
      pools_{BlockingPool("hooks", 4, kPoolQueueMax), BlockingPool("hooks-2", 2, kPoolQueueMax),
             BlockingPool("hooks-3", 2, kPoolQueueMax)},
      background_permits_(config_.background_hooks_max),
      metrics_(services.metrics) {}

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

Context Service::own_context(const RunOrder& order) const {
  return Context(order.request_id, CancelToken())
      .with_user(order.user)
      .with_timeout(services_.clock, kBookkeepingTimeout);
}

// --- One event ---

Task<Result<bool>> Service::applies(Context ctx, HookRecord record) {
  if (!config_.enabled) {
    co_return false;
  }
  Job job;
  job.order.record = std::move(record);
  co_return co_await may_run(std::move(ctx), job);
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
  // What comes now belongs to an operation that is done: it does not end with the client.
  RunOrder order;
  order.record = std::move(record);
  order.user = std::string(ctx.user());
  order.request_id = std::string(ctx.request_id());
  const HookRecord& event = order.record;
  if ((event.event == Event::kPostCommit || event.event == Event::kPostRevert) &&
      !event.pre_run_id.empty()) {
    Context own = own_context(order);
    const Result<void> added = co_await services_.runs.set_commit(
        std::move(own), event.repository, event.pre_run_id, event.commit_id);
    if (!added) {
      log::warn("the run of a pre event does not tell its commit",
                {{"run", event.pre_run_id}, {"error", added.error().message()}});
    }
  }
  co_return co_await enqueue(std::move(order));
}

Task<Result<void>> Service::run_now(Context ctx, HookRecord record) {
  Job job;
  job.order.record = std::move(record);
  job.order.user = std::string(ctx.user());
  job.order.request_id = std::string(ctx.request_id());
  TARN_CO_CHECK_OK(co_await plan(ctx, job));
  if (job.execution->empty()) {
    co_return Result<void>();
  }
  co_return co_await execute(std::move(ctx), job);
}

Execution::Services Service::execution_services() {
  return {{services_.api, services_.http, services_.clock, services_.rng, services_.environment,
           config_.hooks},
          services_.runs,
          metrics_,
          services_.versions,
          background_permits_};
}

Task<bool> Service::may_run(Context ctx, Job& job) {
  graveler::RepositoryPtr repository =
      std::make_shared<const graveler::Repository>(job.order.record.repository);
  Result<ActionsPtr> actions =
      co_await files_.load(std::move(ctx), std::move(repository), job.order.files());
  if (!actions) {
    co_return true;  // the run says what is wrong
  }
  job.actions = *std::move(actions);
  const Execution looked(execution_services(), job.order, job.actions);
  co_return looked.may_run();
}

Task<Result<void>> Service::plan(Context ctx, Job& job) {
  if (!job.actions) {
    graveler::RepositoryPtr repository =
        std::make_shared<const graveler::Repository>(job.order.record.repository);
    TARN_CO_TRY(job.actions, co_await files_.load(ctx, std::move(repository), job.order.files()));
  }
  job.execution.emplace(execution_services(), job.order, job.actions);
  Result<void> planned = co_await job.execution->plan(ctx);
  if (planned && !job.execution->empty() && nesting_of(job.order.request_id) >= kNestingMax) {
    planned = Error::with_message(
        kInvalidAction, fmt::format("hooks that start hooks: more than {} levels", kNestingMax));
  }
  if (!planned) {
    job.execution.reset();
  }
  co_return planned;
}

Task<Result<void>> Service::execute(Context ctx, Job& job) {
  // Two reasons to stop: the request's and the server's.
  CancelSource stop;
  const auto forward = [&stop](const CancelToken& token) {
    return token.on_cancel([&stop, token] { stop.cancel(token.reason()); });
  };
  const CancelToken::Registration by_request = forward(ctx.cancel());
  const CancelToken::Registration by_server = forward(shutdown_.token());
  // The same request, as far as it reaches into what its hooks do.
  std::string id = job.order.request_id;
  const std::size_t nesting = nesting_of(id);
  id.push_back(kNestingMark);
  id.append(job.order.record.run_id);
  Context inner = Context(std::move(id), stop.token()).with_user(job.order.user);
  if (ctx.deadline()) {
    inner = inner.with_deadline(*ctx.deadline());
  }
  // Deeper than the last level is only what was refused.
  BlockingPool& pool = pools_[std::min(nesting, pools_.size() - 1)];
  co_return co_await job.execution->run(std::move(inner), pool);
}

// --- In the background ---

Task<Result<void>> Service::enqueue(RunOrder order) {
  auto job = std::make_unique<Job>();
  job->order = std::move(order);
  const Context ctx = own_context(job->order);
  const bool wanted = co_await may_run(ctx, *job);
  if (!wanted) {
    co_return Result<void>();
  }
  if (background_.running() >= config_.queue_max) {
    TARN_CO_CHECK_OK(co_await plan(ctx, *job));
    if (job->execution->empty()) {
      co_return Result<void>();
    }
    job->execution->refuse("too many runs are waiting: run it again later");
    co_return co_await execute(ctx, *job);
  }
  const Result<void> written = co_await services_.queue.put(ctx, job->order);
  if (!written) {
    // The operation is done and cannot be taken back: what a crash could lose is better than what
    // is lost for certain.
    log::warn("a run of actions is not in the queue: it runs now, and a restart would lose it",
              {{"run", job->order.record.run_id}, {"error", written.error().message()}});
  }
  TARN_FAULT_POINT("actions.run.queued");
  start(std::move(job));
  co_return Result<void>();
}

Task<Result<void>> Service::order(RunOrder order) {
  if (!config_.enabled) {
    co_return Error(kActionsOff);
  }
  auto job = std::make_unique<Job>();
  job->order = std::move(order);
  job->order.by_hand = true;
  const Context ctx = own_context(job->order);
  TARN_CO_CHECK_OK(co_await plan(ctx, *job));
  if (job->execution->empty()) {
    const std::string& name = job->order.only_action;
    const std::string& hook = job->order.only_hook;
    std::string what = name.empty() ? "any action" : "action '" + name + "'";
    if (!hook.empty()) {
      what += " with hook '" + hook + "'";
    }
    what.append(" at '").append(job->order.files()).append("'");
    for (const BadFile& file : job->actions->bad) {
      what.append("; ").append(file.error);
    }
    co_return Error(kActionNotFound, what);
  }
  if (background_.running() >= config_.queue_max) {
    co_return Error(kThrottled, "runs of actions");
  }
  TARN_CO_CHECK_OK(co_await services_.queue.put(ctx, job->order));
  start(std::move(job));
  co_return Result<void>();
}

void Service::start(JobPtr job) {
  // Refused when the server is stopping: then the row waits for the next start.
  (void)background_.spawn(services_.loops.next(), run_job(std::move(job)));
  metrics_.waiting(background_.running());
}

Task<void> Service::run_job(JobPtr job) {
  Context ctx(job->order.request_id, shutdown_.token());
  ctx = ctx.with_user(job->order.user);
  const Result<bool> ended = co_await run_to_end(std::move(ctx), *job);
  const HookRecord& record = job->order.record;
  const Context own = own_context(job->order);
  Result<void> kept;
  if (ended && *ended) {
    kept = co_await services_.queue.remove(own, record.run_id);
  } else if (ended && (job->begun || !job->order.resumed)) {
    --job->order.starts;  // an orderly end is no fault of the run
    kept = co_await services_.queue.put(own, job->order);
  }
  if (!ended || !kept) {
    log::error("a run of actions stays in the queue until the next start",
               {{"repository", record.repository.id.str()},
                {"event", graveler::to_string(record.event)},
                {"run", record.run_id},
                {"error", ended ? kept.error().message() : ended.error().message()}});
  }
  // Itself still counts as running.
  metrics_.waiting(background_.running() - 1);
}

Task<Result<bool>> Service::run_to_end(Context ctx, Job& job) {
  const Result<void> ready = co_await prepare_surely(ctx, job);
  if (!ready && ctx.cancel().cancelled()) {
    co_return false;
  }
  TARN_CO_CHECK_OK(ready);
  if (job.execution->empty()) {
    co_return true;
  }
  job.execution->on_begin([this, &job] { return note_begin(job); });
  job.execution->on_hook_done([this, &job](HookRun hook) { return note_done(job, hook); });
  Result<void> ran = co_await execute(ctx, job);
  if (job.execution->recorded()) {
    co_return true;  // and the record says what came of it
  }
  if (!ran && ctx.cancel().cancelled()) {
    co_return false;
  }
  co_return ran ? Error(kInternal, "a run without a record") : std::move(ran).error();
}

Task<Result<void>> Service::prepare(Context ctx, Job& job) {
  TARN_CO_TRY(const std::string refusal, co_await objection(ctx, job.order));
  if (!job.execution) {
    TARN_CO_CHECK_OK(co_await plan(ctx, job));
  }
  if (!refusal.empty() && !job.execution->empty()) {
    job.execution->refuse(refusal);
  }
  co_return Result<void>();
}

Task<Result<void>> Service::prepare_surely(Context ctx, Job& job) {
  auto attempt = [this, &ctx, &job] { return prepare(ctx, job); };
  auto may_pass = [](const Error& error) {
    return is_transient(error.kind()) || error.kind() == ErrorKind::kCancelled;
  };
  // About an hour; what does not answer for longer needs somebody to look at it.
  const RetryPolicy policy{.tries_max = 64, .delay_max = std::chrono::minutes(1)};
  Result<void> planned = co_await retry(ctx, policy, services_.rng, attempt, may_pass);
  if (!planned && !may_pass(planned.error())) {
    job.execution.emplace(execution_services(), job.order, std::make_shared<const ActionSet>());
    job.execution->refuse(planned.error().message());
    planned = Result<void>();
  }
  co_return planned;
}

Task<void> Service::note_begin(Job& job) {
  job.begun = true;
  if (!job.order.resumed) {
    co_return;  // counted when the row was written
  }
  const AsyncSemaphore::Permit held = co_await job.row.acquire();
  ++job.order.starts;
  Context own = own_context(job.order);
  const Result<void> written = co_await services_.queue.put(std::move(own), job.order);
  if (!written) {
    log::warn("a run begins once more, and the queue does not say so",
              {{"run", job.order.record.run_id}, {"error", written.error().message()}});
  }
}

Task<void> Service::note_done(Job& job, HookRun hook) {
  const AsyncSemaphore::Permit held = co_await job.row.acquire();
  job.order.done.push_back(std::move(hook));
  Context own = own_context(job.order);
  const Result<void> written = co_await services_.queue.put(std::move(own), job.order);
  if (!written) {
    // Then a restart would run the hook again, which it may do anyway.
    log::warn("what a run has done is not in the queue",
              {{"run", job.order.record.run_id}, {"error", written.error().message()}});
  }
}

// --- After a restart ---

Task<Result<void>> Service::resume(Context ctx) {
  if (!config_.enabled) {
    co_return Result<void>();
  }
  TARN_CO_TRY(std::vector<StoredOrder> left, co_await services_.queue.load(std::move(ctx)));
  if (!left.empty()) {
    log::info("going on with runs of actions", {{"count", left.size()}});
    (void)background_.spawn(services_.loops.next(), resume_all(std::move(left)));
  }
  co_return Result<void>();
}

Task<void> Service::resume_all(std::vector<StoredOrder> left) {
  const Context ctx("", shutdown_.token());
  for (StoredOrder& stored : left) {
    const std::string run_id = stored.order.record.run_id;
    const Result<bool> wanted = co_await revive(ctx, stored);
    Result<void> ready;
    if (!wanted) {
      ready = wanted.error();
    } else if (!*wanted) {
      ready = co_await services_.queue.remove(ctx, run_id);
    } else {
      auto job = std::make_unique<Job>();
      job->order = std::move(stored.order);
      job->order.resumed = true;
      start(std::move(job));
    }
    if (!ready) {
      log::error("a run of actions stays in the queue until the next start",
                 {{"run", run_id}, {"error", ready.error().message()}});
    }
  }
}

Task<Result<bool>> Service::revive(Context ctx, StoredOrder& stored) {
  HookRecord& record = stored.order.record;
  Result<graveler::RepositoryPtr> repository =
      co_await services_.versions.repository(ctx, record.repository.id);
  if (!repository && repository.error().kind() != ErrorKind::kNotFound) {
    co_return std::move(repository).error();
  }
  if (!repository || (*repository)->instance_uid != record.repository.instance_uid) {
    co_return false;  // deleted meanwhile
  }
  record.repository = **repository;
  const Result<ActionRun> recorded =
      co_await services_.runs.run(ctx, record.repository.id, record.run_id);
  if (recorded || !recorded.error().is(kRunNotFound)) {
    co_return recorded ? Result<bool>(false) : Result<bool>(recorded.error());
  }
  if (stored.has_commit) {
    Result<graveler::CommitPtr> commit =
        co_await services_.versions.get_commit(ctx, *repository, record.commit_id);
    if (commit) {
      record.commit = (*commit)->commit;
    } else if (commit.error().kind() != ErrorKind::kNotFound) {
      co_return std::move(commit).error();
    }
  }
  co_return true;
}

Task<Result<std::string>> Service::objection(Context ctx, const RunOrder& order) {
  if (order.resumed && order.starts >= kStartsMax) {
    co_return fmt::format("the server ended {} times while this run was under way", order.starts);
  }
  if (order.user.empty()) {
    co_return std::string();
  }
  ApiRequest request;
  request.method = "GET";
  request.target = "/api/v1/user";
  request.user = order.user;
  TARN_CO_TRY(const ApiResponse answer,
              co_await services_.api.call(std::move(ctx), std::move(request)));
  if (answer.status == 401) {
    co_return "user '" + order.user + "' is gone";
  }
  if (answer.status >= 500) {
    co_return Error(kUnavailable, fmt::format("the user of a run: HTTP {}", answer.status));
  }
  co_return std::string();
}

}  // namespace tarn::actions
