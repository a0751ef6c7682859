#include "graveler/tree_writer.h"

#include "graveler/tree.h"
#include "runtime/loop_event.h"
#include "runtime/loops.h"
#include "sstable/errors.h"
#include "sstable/sink.h"
#include "sstable/writer.h"

#include <boost/asio/this_coro.hpp>

#include <list>
#include <optional>
#include <utility>

namespace tarn::graveler {
namespace {

/// Records are handed over by this many bytes: about a millisecond of compressing and hashing.
constexpr std::size_t kBatchBytes = 256 * kKiB;
/// A last batch up to this size is worked off at once: a thread's attention costs as much.
constexpr std::size_t kInlineBytes = 32 * kKiB;
/// Bytes of records that wait for a thread, and of finished ranges that wait for their upload.
constexpr std::size_t kWaitingBytesMax = 24 * kMiB;

struct FinishedRange {
  RangeInfo info;
  Bytes file;
};

struct OpenRange {
  explicit OpenRange(sstable::Metadata metadata) : writer(sink, std::move(metadata)) {}

  Bytes file;
  sstable::StringSink sink{file};
  sstable::Writer writer;

  static Result<FinishedRange> finish(std::unique_ptr<OpenRange> open) {
    TARN_TRY(sstable::TableInfo info, open->writer.finish());
    FinishedRange out;
    out.info.id = RangeId::trusted(std::move(info.id));
    out.info.min_key = std::move(info.min_key);
    out.info.max_key = std::move(info.max_key);
    out.info.estimated_size_bytes = info.estimated_size_bytes;
    out.info.count = static_cast<std::int64_t>(info.count);
    out.file = std::move(open->file);
    return out;
  }
};

}  // namespace

/// Records one behind the other.
struct TreeWriter::Batch {
  struct Record {
    std::uint32_t key_size;
    std::uint32_t value_size;
    /// Its key may end a range.
    bool may_end;
  };
  std::string bytes;
  std::vector<Record> records;

  bool empty() const { return records.empty(); }
  /// For a record whose key and value, one behind the other, are the last bytes.
  const Record& added(const sstable::SplitOptions& split, std::size_t key_size,
                      std::size_t value_size) {
    const std::string_view key =
        std::string_view(bytes).substr(bytes.size() - value_size - key_size, key_size);
    records.push_back({static_cast<std::uint32_t>(key_size), static_cast<std::uint32_t>(value_size),
                       sstable::key_may_end_range(split, key)});
    return records.back();
  }
  std::string_view last_key() const {
    const Record& last = records.back();
    const std::size_t at = bytes.size() - last.value_size - last.key_size;
    return std::string_view(bytes).substr(at, last.key_size);
  }
};

/// A stretch of the tree whose ranges depend on nothing outside of it. Batches of one section are
/// worked off in turn, those of several at once.
struct TreeWriter::Section {
  /// A range that existed already, and nothing else.
  bool whole = false;
  /// In order; complete when nothing is left to do.
  std::vector<RangeInfo> ranges;
  std::list<Batch> batches;
  /// No more batches come.
  bool closed = false;
  /// Somebody works them off.
  bool busy = false;
  /// The range that the next batch goes on with. Of the thread that works, if one does.
  std::unique_ptr<OpenRange> open;

  bool has_work() const { return !batches.empty() || (closed && open != nullptr); }

  /// CPU work. With `last`, nothing follows.
  Result<std::vector<FinishedRange>> write(const sstable::SplitOptions& split,
                                           const sstable::Metadata& metadata, const Batch& batch,
                                           bool last) {
    std::vector<FinishedRange> out;
    std::string_view rest(batch.bytes);
    for (const Batch::Record& record : batch.records) {
      if (!open) {
        open = std::make_unique<OpenRange>(metadata);
      }
      const std::string_view key = rest.substr(0, record.key_size);
      TARN_CHECK_OK(open->writer.add(key, rest.substr(record.key_size, record.value_size)));
      rest.remove_prefix(record.key_size + record.value_size);
      const std::uint64_t size = open->writer.estimated_size_bytes();
      if (size >= split.max_range_size_bytes ||
          (record.may_end && size >= split.min_range_size_bytes)) {
        TARN_TRY(FinishedRange done, OpenRange::finish(std::move(open)));
        out.push_back(std::move(done));
      }
    }
    if (last && open) {
      TARN_TRY(FinishedRange done, OpenRange::finish(std::move(open)));
      out.push_back(std::move(done));
    }
    return out;
  }
};

struct TreeWriter::Shared {
  Shared(Tables& t, std::shared_ptr<TableUploads> u, sstable::SplitOptions s, sstable::Metadata m)
      : tables(t), uploads(std::move(u)), split(s), metadata(std::move(m)) {}

  Tables& tables;
  const std::shared_ptr<TableUploads> uploads;
  const sstable::SplitOptions split;
  /// Of ranges.
  const sstable::Metadata metadata;
  std::size_t waiting_bytes = 0;
  /// Sections that somebody works off.
  std::size_t busy = 0;
  std::optional<Error> failure;
  LoopEvent changed;

  void failed(Error error) {
    if (!failure) {
      failure = std::move(error);
    }
  }

  Task<Result<void>> take(std::shared_ptr<Section> section, std::vector<FinishedRange> done) {
    for (FinishedRange& range : done) {
      std::string id = range.info.id.str();
      section->ranges.push_back(std::move(range.info));
      const std::size_t size_bytes = range.file.size();
      waiting_bytes += size_bytes;
      const Result<void> added = co_await uploads->add_range(std::move(id), std::move(range.file));
      waiting_bytes -= size_bytes;
      changed.notify();
      if (!added) {
        co_return added;
      }
    }
    co_return Result<void>();
  }
};

TreeWriter::TreeWriter(Tables& tables, StorageNamespace storage_namespace,
                       sstable::SplitOptions split, sstable::Metadata more)
    : tables_(tables),
      storage_namespace_(std::move(storage_namespace)),
      split_(split),
      more_(std::move(more)),
      own_uploads_(true),
      batch_(std::make_unique<Batch>()) {}

TreeWriter::TreeWriter(Tables& tables, std::shared_ptr<TableUploads> uploads,
                       sstable::SplitOptions split)
    : tables_(tables),
      split_(split),
      own_uploads_(false),
      uploads_(std::move(uploads)),
      batch_(std::make_unique<Batch>()) {}

TreeWriter::~TreeWriter() = default;

sstable::Metadata TreeWriter::metadata(sstable::Metadata type) const {
  type.insert(more_.begin(), more_.end());
  return type;
}

void TreeWriter::start(const Context& ctx) {
  if (shared_) {
    return;
  }
  if (own_uploads_) {
    uploads_ = std::make_shared<TableUploads>(ctx, tables_, storage_namespace_);
  }
  shared_ =
      std::make_shared<Shared>(tables_, uploads_, split_, metadata(sstable::range_metadata()));
}

Result<void> TreeWriter::check_order(std::string_view key) const {
  const std::string_view last = batch_->empty() ? std::string_view(last_key_) : batch_->last_key();
  if (any_key_ && key <= last) {
    return Error(sstable::kKeysOutOfOrder);
  }
  return {};
}

/// After the record's bytes were appended. False when the batch should be handed over.
bool TreeWriter::placed(std::size_t key_size, std::size_t value_size) {
  any_key_ = true;
  loose_bytes_ += key_size + value_size;
  const Batch::Record& record = batch_->added(split_, key_size, value_size);
  // Without a smallest size every such key does end its range, whatever comes before.
  section_ends_ = record.may_end && split_.min_range_size_bytes == 0;
  return !section_ends_ && batch_->bytes.size() < kBatchBytes;
}

Result<bool> TreeWriter::put(std::string_view key, std::string_view stored) {
  TARN_CHECK_OK(check_order(key));
  batch_->bytes.append(key).append(stored);
  return placed(key.size(), stored.size());
}

Result<bool> TreeWriter::put(std::string_view key, const sstable::Value& value) {
  TARN_CHECK_OK(check_order(key));
  std::string& bytes = batch_->bytes;
  const std::size_t begin = bytes.size();
  bytes.append(key);
  const Result<void> appended = sstable::append_value(value, bytes);
  if (!appended) {
    bytes.resize(begin);
    return appended.error();
  }
  return placed(key.size(), bytes.size() - begin - key.size());
}

Task<void> TreeWriter::work_off(std::shared_ptr<Shared> shared, std::shared_ptr<Section> section) {
  while (section->has_work() && !shared->failure) {
    Batch batch;
    if (!section->batches.empty()) {
      batch = std::move(section->batches.front());
      section->batches.pop_front();
    }
    const bool last = section->closed && section->batches.empty();
    auto job = [&shared, &section, &batch, last] {
      return section->write(shared->split, shared->metadata, batch, last);
    };
    Result<std::vector<FinishedRange>> done = co_await run_blocking(shared->tables.workers(), job);
    shared->waiting_bytes -= batch.bytes.size();
    shared->changed.notify();
    Result<void> taken;
    if (done) {
      taken = co_await shared->take(section, *std::move(done));
    } else {
      taken = std::move(done).error();
    }
    if (!taken) {
      shared->failed(std::move(taken).error());
    }
  }
  section->busy = false;
  --shared->busy;
  shared->changed.notify();
}

/// Whether the range is to follow the loose records in one section with them.
bool TreeWriter::joins_next(const RangeInfo& range) const {
  return loose_bytes_ > 0 && loose_bytes_ + range.estimated_size_bytes <= split_.join_size_bytes;
}

/// Whether a section that begins now is to begin with the records of the range before it. Half of
/// the size, so that ranges at which records are added again and again are not rewritten for ever.
bool TreeWriter::joins_previous() const {
  if (sections_.empty() || !sections_.back()->whole) {
    return false;
  }
  const RangeInfo& range = sections_.back()->ranges.front();
  return range.estimated_size_bytes <= split_.join_size_bytes / 2 &&
         !sstable::key_may_end_range(split_, range.max_key);
}

Task<Result<TablePtr>> TreeWriter::open_existing(Context ctx, RangeId id) {
  TreeId tree;
  tree.storage_namespace = uploads_->storage_namespace();
  tree.unpublished = uploads_;
  co_return co_await open_range(std::move(ctx), tables_, std::move(tree), std::move(id));
}

/// Puts the records of a range as if they came one by one.
Task<Result<void>> TreeWriter::put_all(Context ctx, RangeInfo range) {
  start(ctx);
  TARN_CO_TRY(const TablePtr table, co_await open_existing(ctx, range.id));
  sstable::Iterator records = table->iterator();
  TARN_CO_CHECK_OK(records.seek_first());
  while (records.valid()) {
    TARN_CO_TRY(const bool room, put(records.key(), records.value()));
    if (!room) {
      TARN_CO_CHECK_OK(co_await flow(ctx));
    }
    TARN_CO_CHECK_OK(records.next());
  }
  co_return Result<void>();
}

/// The section for what comes next.
Task<Result<void>> TreeWriter::open_section(Context ctx) {
  if (open_) {
    co_return Result<void>();
  }
  auto fresh = std::make_shared<Section>();
  if (joins_previous()) {
    TARN_CO_TRY(const TablePtr table,
                co_await open_existing(std::move(ctx), sections_.back()->ranges.front().id));
    Batch before;
    sstable::Iterator records = table->iterator();
    TARN_CO_CHECK_OK(records.seek_first());
    while (records.valid()) {
      before.bytes.append(records.key()).append(records.value());
      before.added(split_, records.key().size(), records.value().size());
      TARN_CO_CHECK_OK(records.next());
    }
    shared_->waiting_bytes += before.bytes.size();
    fresh->batches.push_back(std::move(before));
    sections_.pop_back();
  }
  open_ = std::move(fresh);
  sections_.push_back(open_);
  co_return Result<void>();
}

/// Gives the batch, which may be empty if `ends`, to the section that is open, and makes sure that
/// somebody works on it.
Task<void> TreeWriter::hand_over(Context ctx, bool ends) {
  if (batch_->empty() && !(ends && open_)) {
    co_return;
  }
  start(ctx);
  Result<void> opened = co_await open_section(ctx);
  if (!opened) {
    shared_->failed(std::move(opened).error());
    co_return;
  }
  const std::shared_ptr<Section> to = open_;
  if (!batch_->empty()) {
    last_key_ = batch_->last_key();
    shared_->waiting_bytes += batch_->bytes.size();
    to->batches.push_back(std::move(*batch_));
    *batch_ = Batch();
  }
  if (ends) {
    to->closed = true;
    open_.reset();
    section_ends_ = false;
    loose_bytes_ = 0;
  }
  if (to->busy || !to->has_work()) {
    co_return;
  }
  auto executor = co_await boost::asio::this_coro::executor;
  to->busy = true;
  ++shared_->busy;
  if (!tables_.background().spawn(executor, work_off(shared_, to))) {
    --shared_->busy;
    shared_->failed(Error(kCancelled, "the store is closing"));
  }
}

Task<Result<void>> TreeWriter::flow(Context ctx) {
  start(ctx);
  co_await hand_over(ctx, section_ends_);
  while (!shared_->failure && shared_->waiting_bytes > kWaitingBytesMax) {
    co_await shared_->changed.wait();
  }
  if (shared_->failure) {
    co_return *shared_->failure;
  }
  co_await yield_loop();
  co_return Result<void>();
}

Task<Result<void>> TreeWriter::add(Context ctx, std::string_view key, sstable::Value value) {
  TARN_CO_TRY(const bool room, put(key, value));
  if (!room) {
    co_return co_await flow(std::move(ctx));
  }
  co_return Result<void>();
}

Task<Result<void>> TreeWriter::add_range(Context ctx, RangeInfo range) {
  TARN_CO_CHECK_OK(check_order(range.min_key));
  if (joins_next(range)) {
    co_return co_await put_all(std::move(ctx), std::move(range));
  }
  co_await hand_over(std::move(ctx), true);
  last_key_ = range.max_key;
  any_key_ = true;
  auto whole = std::make_shared<Section>();
  whole->whole = true;
  whole->closed = true;
  whole->ranges.push_back(std::move(range));
  sections_.push_back(std::move(whole));
  co_return Result<void>();
}

/// The end of the last section; a small one without the detour over a thread.
Task<Result<void>> TreeWriter::close_last(Context ctx) {
  const bool untouched = !open_ || (!open_->busy && !open_->has_work() && !open_->open);
  if (batch_->bytes.size() > kInlineBytes || batch_->empty() || !untouched || joins_previous()) {
    co_await hand_over(std::move(ctx), true);
    co_return Result<void>();
  }
  TARN_CO_CHECK_OK(co_await open_section(std::move(ctx)));
  const std::shared_ptr<Section> last = std::exchange(open_, nullptr);
  last->closed = true;
  TARN_CO_TRY(std::vector<FinishedRange> done,
              last->write(split_, shared_->metadata, *batch_, true));
  *batch_ = Batch();
  co_return co_await shared_->take(last, std::move(done));
}

Task<Result<MetaRangeId>> TreeWriter::finish(Context ctx) {
  start(ctx);
  TARN_CO_CHECK_OK(co_await close_last(ctx));
  while (!shared_->failure && shared_->busy > 0) {
    co_await shared_->changed.wait();
  }
  if (shared_->failure) {
    co_return *shared_->failure;
  }
  Bytes file;
  sstable::StringSink sink(file);
  sstable::Writer writer(sink, metadata(sstable::metarange_metadata()));
  for (const std::shared_ptr<Section>& part : sections_) {
    for (const RangeInfo& range : part->ranges) {
      const Bytes data = encode_range_data(range);
      const sstable::Value value{range.id.str(), data};
      TARN_CO_CHECK_OK(writer.add(range.max_key, value));
    }
  }
  TARN_CO_TRY(const sstable::TableInfo info, writer.finish());
  TARN_CO_CHECK_OK(uploads_->add_metarange(info.id, std::move(file)));
  if (own_uploads_) {
    TARN_CO_CHECK_OK(co_await uploads_->wait());
  }
  co_return MetaRangeId::trusted(info.id);
}

}  // namespace tarn::graveler
