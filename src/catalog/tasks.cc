#include "catalog/tasks.h"

#include "base/id.h"
#include "base/log.h"
#include "catalog/expiry.h"
#include "kv/errors.h"
#include "runtime/timer.h"

#include <utility>

namespace tarn::catalog {
namespace {

constexpr std::string_view kFolder = "tasks/";
constexpr std::size_t kIdTailSize = 20;
constexpr std::chrono::seconds kBeatInterval{5};
/// A server that has not touched its task for this long does not run it any more.
constexpr std::chrono::seconds kLostAfter{30};
constexpr std::string_view kLostText = "Task owner instance no longer available. Please retry.";
constexpr std::int32_t kLostStatusCode = 408;

std::string key_of(const std::string& id) { return std::string(kFolder) + id; }

}  // namespace

Tasks::Tasks(Services services) : services_(std::move(services)), owner_(uuid_v4(services_.rng)) {}

void Tasks::stop() {
  stop_.cancel(CancelReason::kShutdown);
  running_.close();
  running_.join_blocking();
}

Task<Result<void>> Tasks::write(Context ctx, std::string partition, TaskRecord record) {
  kv::Key key{std::move(partition), key_of(record.id)};
  co_return co_await services_.kv.set(std::move(ctx), std::move(key), encode(record));
}

Task<Result<std::string>> Tasks::start(Context ctx, graveler::RepositoryPtr repository,
                                       TaskKind kind, Work work) {
  TaskRecord record;
  record.id = std::string(kind.prefix) + nanoid(services_.rng, kIdTailSize);
  record.updated_at = services_.clock.now();
  record.operation = kind.operation;
  record.owner = owner_;
  TARN_CO_CHECK_OK(co_await write(ctx, repository->partition(), record));
  const Context own =
      Context(std::string(ctx.request_id()), stop_.token()).with_user(std::string(ctx.user()));
  std::string id = record.id;
  if (!running_.spawn(services_.loops.next(),
                      run(own, repository->partition(), std::move(record), std::move(work)))) {
    co_return Error(kUnavailable, "shutting down");
  }
  co_return id;
}

Task<void> Tasks::run(Context ctx, std::string partition, TaskRecord record, Work work) {
  const Progress progress = std::make_shared<std::atomic<std::int64_t>>(0);
  Result<Bytes> outcome = Error(kInternal);
  {
    // The beat ends before the last word is written.
    CancelSource over;
    TaskGroup beating;
    const Context while_running = Context().with_cancel(over.token());
    beating.spawn(services_.loops.next(), beat(while_running, partition, record, progress));
    outcome = co_await work(ctx, progress);
    over.cancel(CancelReason::kRequested);
    beating.close();
    co_await beating.join();
  }
  record.done = true;
  record.updated_at = services_.clock.now();
  record.progress = progress->load();
  if (outcome) {
    record.info = *std::move(outcome);
  } else {
    Failure failure = services_.describe(outcome.error());
    record.error = std::move(failure.message);
    record.status_code = failure.status_code;
    log::warn("a task failed", {{"task", record.id},
                                {"operation", record.operation},
                                {"error", outcome.error().message()}});
  }
  const Context last;
  const Result<void> written = co_await write(last, std::move(partition), record);
  if (!written) {
    log::error("the end of a task was not recorded",
               {{"task", record.id}, {"error", written.error().message()}});
  }
}

Task<void> Tasks::beat(Context ctx, std::string partition, TaskRecord record, Progress progress) {
  for (;;) {
    const Result<void> rested = co_await sleep_for(ctx, kBeatInterval);
    if (!rested) {
      co_return;
    }
    record.updated_at = services_.clock.now();
    record.progress = progress->load();
    const Context whole;
    const Result<void> written = co_await write(whole, partition, record);
    if (!written) {
      log::warn("a task's progress was not recorded",
                {{"task", record.id}, {"error", written.error().message()}});
    }
  }
}

Task<Result<TaskRecord>> Tasks::status(Context ctx, graveler::RepositoryPtr repository,
                                       TaskKind kind, std::string id) {
  if (!id.starts_with(kind.prefix) || id.size() != kind.prefix.size() + kIdTailSize) {
    co_return Error(kTaskNotFound);
  }
  kv::Key key{repository->partition(), key_of(id)};
  Result<Bytes> bytes = co_await services_.kv.get(std::move(ctx), std::move(key));
  if (!bytes) {
    co_return bytes.error().is(kv::kKeyNotFound) ? Error(kTaskNotFound) : std::move(bytes).error();
  }
  TARN_CO_TRY(TaskRecord record, decode_task(*bytes));
  const bool silent = services_.clock.now() - record.updated_at > kLostAfter;
  if (!record.done && record.owner != owner_ && silent) {
    record.done = true;
    record.error = kLostText;
    record.status_code = kLostStatusCode;
  }
  co_return record;
}

Task<Result<void>> Tasks::expire(Context ctx, graveler::Refs& refs) {
  const auto is_old = [this](ByteView row) -> Result<bool> {
    TARN_TRY(const TaskRecord record, decode_task(row));
    return services_.clock.now() - record.updated_at > kTaskKeptFor;
  };
  co_return co_await remove_old_rows(std::move(ctx), services_.kv, refs, std::string(kFolder),
                                     is_old);
}

}  // namespace tarn::catalog
