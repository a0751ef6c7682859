#include "catalog/imports.h"

#include "base/log.h"
#include "catalog/expiry.h"
#include "catalog/import_job.h"
#include "kv/errors.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace tarn::catalog {

using graveler::RepositoryPtr;

namespace {

constexpr std::string_view kFolder = "imports/";
constexpr std::string_view kDefaultMessage = "Import objects";
constexpr std::string_view kCanceled = "Canceled";
constexpr std::string_view kLost = "the server that ran it stopped";
constexpr std::string_view kLostWhileCommitting =
    "the server that ran it stopped while it committed; see the log of the branch";
constexpr int kCancelTriesMax = 10;

}  // namespace

kv::Key import_key(const graveler::Repository& repository, const std::string& id) {
  return {repository.partition(), std::string(kFolder) + id};
}

Imports::Imports(Services services, ImportsConfig config)
    : services_(services), config_(std::move(config)), permits_(config_.imports_max) {
  std::error_code error;
  std::filesystem::create_directories(config_.folder, error);
  if (error && config_.enabled) {
    log::warn("the folder for imports cannot be made; large ones will fail",
              {{"folder", config_.folder}, {"error", error.message()}});
  }
  remove_left_runs(config_.folder);
}

Imports::~Imports() { stop(); }

void Imports::stop() {
  shutdown_.cancel(CancelReason::kShutdown);
  {
    MutexLock lock(mutex_);
    for (const auto& [id, cancel] : running_) {
      cancel->cancel(CancelReason::kShutdown);
    }
  }
  background_.close();
  background_.join_blocking();
}

std::size_t Imports::running() const {
  MutexLock lock(mutex_);
  return running_.size();
}

Task<Result<std::string>> Imports::start(Context ctx, RepositoryPtr repository, BranchId branch,
                                         NewImport request) {
  if (!config_.enabled) {
    co_return Error(kImportUnsupported);
  }
  TARN_CO_CHECK_OK(co_await services_.versions.branch(ctx, repository, branch));
  TARN_CO_CHECK_OK(check_sources(services_.walker, repository->storage_namespace, request.sources));
  if (request.message.empty()) {
    request.message = kDefaultMessage;
  }
  ImportRecord record;
  record.id = services_.xids.ascending();
  record.updated_at = services_.clock.now();
  std::string id = record.id;
  Bytes row = encode(record);
  auto cancel = std::make_shared<CancelSource>();
  {
    MutexLock lock(mutex_);
    running_[id] = cancel;
  }
  const kv::Key key = import_key(*repository, id);
  Result<void> written = co_await services_.kv.set_if(ctx, key, row, kv::Predicate::absent());
  bool begun = false;
  if (written) {
    // The work outlives the request, and its deadline.
    const Context background =
        Context(std::string(ctx.request_id()), CancelToken()).with_user(std::string(ctx.user()));
    begun = background_.spawn(
        services_.loops.next(),
        run(background, std::move(repository), std::move(branch), std::move(request),
            std::move(record), std::move(row), std::move(cancel)));
  }
  if (!begun) {
    MutexLock lock(mutex_);
    running_.erase(id);
    co_return written ? Error(kUnavailable, "import") : std::move(written).error();
  }
  co_return id;
}

Task<void> Imports::run(Context ctx, RepositoryPtr repository, BranchId branch, NewImport request,
                        ImportRecord record, Bytes row, std::shared_ptr<CancelSource> cancel) {
  const std::string id = record.id;
  if (shutdown_.token().cancelled()) {
    cancel->cancel(CancelReason::kShutdown);
  }
  log::info("import started", {{"repo", repository->id}, {"branch", branch}, {"import", id}});
  ImportJob job(services_, config_, std::move(repository), std::move(branch), std::move(request),
                std::move(record), std::move(row), std::move(cancel));
  co_await job.run(std::move(ctx), permits_);
  MutexLock lock(mutex_);
  running_.erase(id);
}

Task<Result<ImportRecord>> Imports::status(Context ctx, RepositoryPtr repository, std::string id) {
  TARN_CO_TRY(Stored stored, co_await read(std::move(ctx), std::move(repository), std::move(id)));
  co_return std::move(stored.record);
}

Task<Result<Imports::Stored>> Imports::read(Context ctx, RepositoryPtr repository, std::string id) {
  Stored stored;
  const kv::Key key = import_key(*repository, id);
  Result<Bytes> row = co_await services_.kv.get(ctx, key);
  if (!row) {
    co_return row.error().is(kv::kKeyNotFound) ? Error(graveler::kNotFound)
                                               : std::move(row).error();
  }
  stored.row = *std::move(row);
  TARN_CO_TRY(stored.record, decode_import(stored.row));
  if (!stored.record.ended()) {
    TARN_CO_CHECK_OK(
        co_await end_if_lost(std::move(ctx), std::move(repository), stored.record, stored.row));
  }
  co_return stored;
}

Task<Result<void>> Imports::end_if_lost(Context ctx, RepositoryPtr repository, ImportRecord& record,
                                        Bytes row) {
  {
    MutexLock lock(mutex_);
    if (running_.contains(record.id)) {
      co_return Result<void>();
    }
  }
  const WallTime now = services_.clock.now();
  if (!config_.is_sole_server && now - record.updated_at < config_.lost_after) {
    co_return Result<void>();
  }
  const kv::Key key = import_key(*repository, record.id);
  ImportRecord lost = record;
  lost.updated_at = now;
  lost.error = record.committing ? kLostWhileCommitting : kLost;
  kv::Predicate expected = kv::Predicate::equals(std::move(row));
  const Result<void> written =
      co_await services_.kv.set_if(ctx, key, encode(lost), std::move(expected));
  if (written) {
    record = std::move(lost);
    co_return Result<void>();
  }
  // It ended between the two looks at it, or is alive after all.
  TARN_CO_TRY(const Bytes fresh, co_await services_.kv.get(std::move(ctx), key));
  TARN_CO_TRY(record, decode_import(fresh));
  co_return Result<void>();
}

Task<Result<void>> Imports::cancel(Context ctx, RepositoryPtr repository, std::string id) {
  const kv::Key key = import_key(*repository, id);
  for (int tries = 0; tries < kCancelTriesMax; ++tries) {
    TARN_CO_TRY(Stored stored, co_await read(ctx, repository, id));
    ImportRecord& record = stored.record;
    if (!record.error.empty()) {
      co_return Result<void>();
    }
    if (record.completed || record.committing) {
      co_return Error(kImportEnded);
    }
    record.error = kCanceled;
    record.updated_at = services_.clock.now();
    kv::Predicate expected = kv::Predicate::equals(std::move(stored.row));
    const Result<void> written =
        co_await services_.kv.set_if(ctx, key, encode(record), std::move(expected));
    if (written) {
      MutexLock lock(mutex_);
      const auto here = running_.find(id);
      if (here != running_.end()) {
        here->second->cancel(CancelReason::kRequested);
      }
      co_return Result<void>();
    }
    if (!written.error().is(kv::kPredicateFailed)) {
      co_return written;
    }
  }
  co_return Error(graveler::kTooManyTries);
}

Task<Result<void>> Imports::remove_old(Context ctx) {
  const WallTime oldest = services_.clock.now() - config_.kept_for;
  const auto is_old = [oldest](ByteView row) -> Result<bool> {
    const Result<ImportRecord> record = decode_import(row);
    return record && record->updated_at < oldest;
  };
  co_return co_await remove_old_rows(std::move(ctx), services_.kv, services_.versions.refs(),
                                     std::string(kFolder), is_old);
}

}  // namespace tarn::catalog
