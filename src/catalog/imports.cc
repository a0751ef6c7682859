#include "catalog/imports.h"

#include "base/log.h"
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
  const kv::Key key = import_key(*repository, id);
  Result<Bytes> row = co_await services_.kv.get(ctx, key);
  if (!row) {
    co_return row.error().is(kv::kKeyNotFound) ? Error(graveler::kNotFound)
                                               : std::move(row).error();
  }
  TARN_CO_TRY(ImportRecord record, decode_import(*row));
  if (!record.ended()) {
    TARN_CO_CHECK_OK(
        co_await end_if_lost(std::move(ctx), std::move(repository), record, *std::move(row)));
  }
  co_return record;
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
    Result<Bytes> row = co_await services_.kv.get(ctx, key);
    if (!row) {
      co_return row.error().is(kv::kKeyNotFound) ? Error(graveler::kNotFound)
                                                 : std::move(row).error();
    }
    TARN_CO_TRY(ImportRecord record, decode_import(*row));
    if (!record.ended()) {
      TARN_CO_CHECK_OK(co_await end_if_lost(ctx, repository, record, *row));
    }
    if (!record.error.empty()) {
      co_return Result<void>();
    }
    if (record.completed || record.committing) {
      co_return Error(kImportEnded);
    }
    record.error = kCanceled;
    record.updated_at = services_.clock.now();
    kv::Predicate expected = kv::Predicate::equals(*std::move(row));
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
  graveler::PageRequest page;
  page.amount = 1000;
  for (bool more = true; more;) {
    TARN_CO_TRY(const graveler::Paged<graveler::Repository> repositories,
                co_await services_.versions.list_repositories(ctx, page, std::string()));
    for (const graveler::Repository& repository : repositories.items) {
      page.after = repository.id.str();
      kv::ScanOptions options;
      options.prefix = kFolder;
      for (bool more_rows = true; more_rows;) {
        TARN_CO_TRY(const kv::Page rows,
                    co_await services_.kv.scan(ctx, repository.partition(), options));
        for (const kv::Entry& row : rows.entries) {
          const Result<ImportRecord> record = decode_import(row.value);
          if (record && record->updated_at < oldest) {
            const kv::Key key{repository.partition(), row.key};
            TARN_CO_CHECK_OK(co_await services_.kv.remove(ctx, key));
          }
        }
        more_rows = rows.more && !rows.entries.empty();
        if (more_rows) {
          options.start = kv::next_key(rows.entries.back().key);
        }
      }
    }
    more = repositories.more;
  }
  co_return Result<void>();
}

}  // namespace tarn::catalog
