#include "catalog/import_job.h"

#include "base/fault_points.h"
#include "base/log.h"
#include "graveler/tree_writer.h"
#include "kv/errors.h"
#include "runtime/parallel.h"
#include "runtime/timer.h"

#include <utility>

namespace tarn::catalog {

using graveler::CommitPtr;
using graveler::RepositoryPtr;

namespace {

constexpr int kUpdateTriesMax = 10;
constexpr std::size_t kRowsPerTurn = 4096;
constexpr std::string_view kLastImportKey = ".lakefs.last.import.timestamp";

/// Sorted rows on their way into a tree.
struct Rows {
  struct Row {
    std::size_t start = 0;
    std::size_t key_size = 0;
    std::size_t value_size = 0;
  };
  Bytes bytes;
  std::vector<Row> rows;

  void add(std::string_view key, std::string_view value) {
    rows.push_back({bytes.size(), key.size(), value.size()});
    bytes.append(key).append(value);
  }
  std::string_view key(const Row& row) const {
    return std::string_view(bytes).substr(row.start, row.key_size);
  }
  std::string_view value(const Row& row) const {
    return std::string_view(bytes).substr(row.start + row.key_size, row.value_size);
  }
};

Result<Rows> read_rows(ExternalSorter::Reader& reader) {
  Rows out;
  while (out.rows.size() < kRowsPerTurn) {
    TARN_TRY(const bool more, reader.next());
    if (!more) {
      break;
    }
    out.add(reader.key(), reader.value());
  }
  return out;
}

Task<Result<void>> write_rows(Context ctx, graveler::TreeWriter& writer, const Rows& rows) {
  for (const Rows::Row& row : rows.rows) {
    TARN_CO_TRY(const bool room, writer.put(rows.key(row), rows.value(row)));
    if (!room) {
      TARN_CO_CHECK_OK(co_await writer.flow(ctx));
    }
  }
  co_return Result<void>();
}

/// Adds the objects of a walk under their paths.
class Gatherer {
 public:
  Gatherer(const ImportSource& source, std::uint32_t rank, ExternalSorter& sorter,
           std::atomic<std::int64_t>& objects)
      : from_(source.uri.substr(0, block::folder_size_of(source.uri))),
        to_(destination_folder(source)),
        rank_(rank),
        sorter_(sorter),
        objects_(objects) {}

  Result<void> add(const std::vector<block::WalkedObject>& found) const {
    ExternalSorter::Batch batch;
    std::int64_t count = 0;
    std::string stored;
    for (const block::WalkedObject& object : found) {
      if (object.name.empty()) {
        continue;  // the mark of a folder, at the folder itself
      }
      const std::string path = to_ + object.name;
      if (path.size() > kObjectPathBytesMax) {
        return Error(kInvalidImportSource, from_ + object.name)
            .append(": its path would be longer than 1024 bytes");
      }
      TARN_TRY(const graveler::Value value, imported_value(from_ + object.name, object));
      stored.clear();
      TARN_CHECK_OK(sstable::append_value({value.identity, value.data}, stored));
      batch.add(path, rank_, stored);
      ++count;
    }
    TARN_CHECK_OK(sorter_.add(batch));
    objects_ += count;
    return {};
  }

 private:
  const std::string from_;
  const std::string to_;
  const std::uint32_t rank_;
  ExternalSorter& sorter_;
  std::atomic<std::int64_t>& objects_;
};

}  // namespace

Task<Result<void>> ImportProgress::update(Context ctx, std::function<void(ImportRecord&)> change) {
  const AsyncSemaphore::Permit permit = co_await one_at_a_time_.acquire();
  for (int tries = 0; tries < kUpdateTriesMax; ++tries) {
    if (record_.ended()) {
      co_return Error(kCancelled);
    }
    ImportRecord next = record_;
    change(next);
    next.updated_at = clock_.now();
    const Bytes row = encode(next);
    kv::Predicate expected = kv::Predicate::equals(row_);
    const Result<void> written = co_await kv_.set_if(ctx, key_, row, std::move(expected));
    if (written) {
      record_ = std::move(next);
      row_ = row;
      co_return written;
    }
    const bool may_be_other = written.error().is(kv::kPredicateFailed) ||
                              written.error().kind() == ErrorKind::kUnknownOutcome;
    if (!may_be_other) {
      co_return written;
    }
    Result<Bytes> now = co_await kv_.get(ctx, key_);
    if (!now && now.error().is(kv::kKeyNotFound)) {
      co_return Error(kCancelled);
    }
    TARN_CO_TRY(row_, std::move(now));
    TARN_CO_TRY(record_, decode_import(row_));
    if (row_ == row) {
      co_return Result<void>();
    }
  }
  co_return Error(graveler::kTooManyTries);
}

ImportJob::ImportJob(Imports::Services services, const ImportsConfig& config,
                     RepositoryPtr repository, BranchId branch, NewImport request,
                     ImportRecord record, Bytes row, std::shared_ptr<CancelSource> cancel)
    : services_(services),
      config_(config),
      repository_(std::move(repository)),
      branch_(std::move(branch)),
      request_(std::move(request)),
      id_(record.id),
      progress_(services.kv, services.clock, import_key(*repository_, record.id), record,
                std::move(row)),
      cancel_(std::move(cancel)) {}

Task<void> ImportJob::run(Context ctx, AsyncSemaphore& permits) {
  CancelSource done;
  Result<CommitPtr> made = Error(kInternal);
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  const auto work_or_report = [this, &ctx, &permits, &done,
                               &made](std::size_t what) -> Task<Result<void>> {
    if (what == 0) {
      made = co_await work(ctx.with_cancel(cancel_->token()), permits);
      done.cancel(CancelReason::kRequested);
    } else {
      co_await report(Context("", done.token()));
    }
    co_return Result<void>();
  };
  (void)co_await parallel_for(2, 2, work_or_report);  // neither of them fails
  co_await finish(std::move(ctx), std::move(made));
}

/// Tells how far it is, and hears from there that it shall stop.
Task<void> ImportJob::report(Context ctx) {
  for (;;) {
    const Result<void> slept = co_await sleep_for(ctx, config_.update_interval);
    if (!slept) {
      co_return;
    }
    const auto count = [this](ImportRecord& record) { record.objects = objects_; };
    const Result<void> updated = co_await progress_.update(Context(), count);
    if (!updated && updated.error().is(kCancelled)) {
      cancel_->cancel(CancelReason::kRequested);
      co_return;
    }
    if (!updated) {
      log::warn("the record of an import was not updated",
                {{"import", id_}, {"error", updated.error().message()}});
    }
  }
}

Task<Result<CommitPtr>> ImportJob::work(Context ctx, AsyncSemaphore& permits) {
  const AsyncSemaphore::Permit permit = co_await permits.acquire();
  TARN_CO_CHECK_OK(co_await check_branch(ctx));
  ExternalSorter sorter({config_.folder, config_.sort_memory_bytes});
  const auto walk = [this, &ctx, &sorter](std::size_t index) {
    return walk_source(ctx, static_cast<std::uint32_t>(index), sorter);
  };
  Result<void> walked = co_await parallel_for(request_.sources.size(), config_.walks_max, walk);
  if (!walked) {
    co_return std::move(walked).error().wrap("error on ingest");
  }
  TARN_CO_TRY(MetaRangeId tree, co_await write_tree(ctx, sorter));
  co_return co_await commit(std::move(ctx), std::move(tree));
}

/// What would fail in the end fails before the stores are read.
Task<Result<void>> ImportJob::check_branch(Context ctx) {
  TARN_CO_CHECK_OK(graveler::check_writable(repository_, request_.force));
  graveler::ListRequest one;
  one.amount = 1;
  TARN_CO_TRY(const graveler::Paged<graveler::Difference> staged,
              co_await services_.versions.diff_uncommitted(ctx, repository_, branch_, one));
  if (!staged.items.empty()) {
    co_return Error(graveler::kDirtyBranch);
  }
  co_return ctx.check(services_.clock);
}

Task<Result<void>> ImportJob::walk_source(Context ctx, std::uint32_t index,
                                          ExternalSorter& sorter) {
  const ImportSource& source = request_.sources[index];
  if (source.kind == ImportSource::Kind::kCommonPrefix) {
    const Gatherer gatherer(source, index, sorter, objects_);
    const block::WalkSink sink = [&gatherer](std::vector<block::WalkedObject> found) {
      return gatherer.add(found);
    };
    co_return co_await services_.walker.walk(ctx, source.uri, sink);
  }
  TARN_CO_CHECK_OK(ctx.check(services_.clock));
  Result<block::WalkedObject> object = co_await services_.walker.object(ctx, source.uri);
  if (!object) {
    co_return std::move(object).error().wrap(source.uri);
  }
  TARN_CO_TRY(const graveler::Value value, imported_value(source.uri, *object));
  ExternalSorter::Batch batch;
  std::string stored;
  TARN_CO_CHECK_OK(sstable::append_value({value.identity, value.data}, stored));
  batch.add(source.destination, index, stored);
  auto job = [&sorter, &batch] { return sorter.add(batch); };
  TARN_CO_CHECK_OK(co_await run_blocking(services_.pool, job));
  ++objects_;
  co_return Result<void>();
}

Task<Result<MetaRangeId>> ImportJob::write_tree(Context ctx, ExternalSorter& sorter) {
  auto sort = [&sorter] { return sorter.finish(); };
  TARN_CO_TRY(const std::unique_ptr<ExternalSorter::Reader> reader,
              co_await run_blocking(services_.pool, sort));
  const std::unique_ptr<graveler::TreeWriter> writer = services_.versions.tree_writer(repository_);
  Rows current;
  Rows next;
  auto read = [&reader] { return read_rows(*reader); };
  TARN_CO_TRY(next, co_await run_blocking(services_.pool, read));
  // The pool reads on while the loop writes.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-capturing-lambda-coroutines): awaited below
  const auto either = [this, &ctx, &writer, &current, &next,
                       &read](std::size_t what) -> Task<Result<void>> {
    if (what == 0) {
      co_return co_await write_rows(ctx, *writer, current);
    }
    TARN_CO_TRY(next, co_await run_blocking(services_.pool, read));
    co_return Result<void>();
  };
  std::int64_t written = 0;
  while (!next.rows.empty()) {
    TARN_CO_CHECK_OK(ctx.check(services_.clock));
    current = std::exchange(next, Rows());
    TARN_CO_CHECK_OK(co_await parallel_for(2, 2, either));
    written += static_cast<std::int64_t>(current.rows.size());
  }
  objects_ = written;
  co_return co_await writer->finish(std::move(ctx));
}

Task<Result<CommitPtr>> ImportJob::commit(Context ctx, MetaRangeId source) {
  // From here on nobody cancels it: the answer to that would be a lie once the branch has moved.
  const auto committing = [this, &source](ImportRecord& record) {
    record.objects = objects_;
    record.meta_range_id = source;
    record.committing = true;
  };
  TARN_CO_CHECK_OK(co_await progress_.update(ctx, committing));
  TARN_FAULT_POINT("catalog.import.before_commit");
  graveler::ImportRequest request;
  request.source = source;
  for (const ImportSource& from : request_.sources) {
    request.replaced.push_back(replaced_by(from));
  }
  request.committer = request_.committer;
  request.message = request_.message;
  request.metadata = request_.metadata;
  request.force = request_.force;
  co_return co_await services_.versions.import_tree(ctx.with_cancel(CancelToken()), repository_,
                                                    branch_, std::move(request));
}

Task<void> ImportJob::finish(Context ctx, Result<CommitPtr> made) {
  if (made) {
    const std::string date = std::to_string(unix_seconds((*made)->commit.creation_date));
    const auto remember = [&date](graveler::Metadata& metadata) {
      metadata[std::string(kLastImportKey)] = date;
    };
    const Result<void> remembered =
        co_await services_.versions.change_repository_metadata(ctx, repository_, remember);
    if (!remembered) {
      log::warn("the time of an import was not remembered",
                {{"import", id_}, {"error", remembered.error().message()}});
    }
  }
  const bool at_shutdown = cancel_->token().reason() == CancelReason::kShutdown;
  const auto end = [this, &made, at_shutdown](ImportRecord& record) {
    record.objects = objects_;
    record.completed = made.has_value();
    if (made) {
      record.commit = **made;
    } else {
      record.error = at_shutdown ? "the server was stopped" : made.error().message();
    }
  };
  const Result<void> ended = co_await progress_.update(std::move(ctx), end);
  if (!ended && !ended.error().is(kCancelled)) {
    log::error("the end of an import was not recorded",
               {{"import", id_}, {"error", ended.error().message()}});
  }
  if (made) {
    log::info("import completed", {{"repo", repository_->id},
                                   {"branch", branch_},
                                   {"import", id_},
                                   {"objects", objects_.load()},
                                   {"commit", (*made)->id}});
  } else {
    log::warn("import failed", {{"repo", repository_->id},
                                {"branch", branch_},
                                {"import", id_},
                                {"error", made.error().message()}});
  }
}

}  // namespace tarn::catalog
