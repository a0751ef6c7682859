#include "graveler/tree_writer.h"

#include "base/fault_points.h"
#include "runtime/loops.h"

#include <utility>

namespace tarn::graveler {
namespace {

/// Compressing and hashing this many records takes about a millisecond; then other work of the loop
/// gets its turn.
constexpr std::size_t kRecordsPerTurn = 512;

Task<Result<void>> advance(Context ctx, StagedCursor& changes) {
  if (!changes.step()) {
    co_return co_await changes.load_next(ctx);
  }
  co_return Result<void>();
}

/// One application of changes to a tree; a merge of two sorted walks.
class Applier {
 public:
  Applier(Context ctx, Tables& tables, TreeId base, StagedCursor& changes,
          sstable::SplitOptions split)
      : ctx_(std::move(ctx)),
        tables_(tables),
        base_(std::move(base)),
        changes_(changes),
        ranges_(tables, base_),
        writer_(tables, base_.storage_namespace, split) {}

  Task<Result<AppliedTree>> run() {
    TARN_CO_CHECK_OK(co_await changes_.seek(ctx_, std::string()));
    TARN_CO_CHECK_OK(co_await ranges_.seek(ctx_, std::string()));
    while (ranges_.valid()) {
      // Changes before the range belong in front of it.
      while (changes_.valid() && changes_.key() < ranges_.range().min_key) {
        TARN_CO_CHECK_OK(co_await add_change());
      }
      if (!changes_.valid() || changes_.key() > ranges_.range().max_key) {
        TARN_CO_CHECK_OK(co_await writer_.add_range(ctx_, ranges_.range()));
      } else {
        TARN_CO_CHECK_OK(co_await rewrite_range());
      }
      TARN_CO_CHECK_OK(ranges_.next());
    }
    while (changes_.valid()) {
      TARN_CO_CHECK_OK(co_await add_change());
    }
    AppliedTree out;
    out.summary = summary_;
    out.id = base_.id;
    if (summary_.any()) {
      TARN_CO_TRY(out.id, co_await writer_.finish(ctx_));
    }
    co_return out;
  }

 private:
  /// A change whose key is not in the base.
  Task<Result<void>> add_change() {
    if (!is_tombstone(changes_.value())) {
      const Value& value = changes_.value();
      const sstable::Value stored{value.identity, value.data};
      TARN_CO_CHECK_OK(co_await writer_.add(ctx_, changes_.key(), stored));
      ++summary_.added;
    }
    co_return co_await advance(ctx_, changes_);
  }

  Task<Result<void>> rewrite_range() {
    const RangeInfo range = ranges_.range();
    TARN_CO_TRY(const TablePtr table,
                co_await tables_.open(ctx_, base_.storage_namespace, range.id.str()));
    sstable::Iterator records = table->iterator();
    TARN_CO_CHECK_OK(records.seek_first());
    while (records.valid()) {
      if (changes_.valid() && changes_.key() < records.key()) {
        TARN_CO_CHECK_OK(co_await add_change());
        continue;
      }
      TARN_CO_TRY(sstable::Value stored, sstable::decode_value(records.value()));
      const bool same_key = changes_.valid() && changes_.key() == records.key();
      bool keep = true;
      if (same_key && is_tombstone(changes_.value())) {
        ++summary_.removed;
        keep = false;
      } else if (same_key && changes_.value().identity != stored.identity) {
        ++summary_.changed;
        stored = sstable::Value{changes_.value().identity, changes_.value().data};
      }
      if (keep) {
        TARN_CO_CHECK_OK(co_await writer_.add(ctx_, records.key(), stored));
      }
      if (same_key) {
        TARN_CO_CHECK_OK(co_await advance(ctx_, changes_));
      }
      TARN_CO_CHECK_OK(records.next());
    }
    co_return Result<void>();
  }

  Context ctx_;
  Tables& tables_;
  TreeId base_;
  StagedCursor& changes_;
  RangeCursor ranges_;
  TreeWriter writer_;
  ApplySummary summary_;
};

}  // namespace

TreeWriter::TreeWriter(Tables& tables, StorageNamespace storage_namespace,
                       sstable::SplitOptions split, sstable::Metadata more)
    : tables_(tables),
      storage_namespace_(std::move(storage_namespace)),
      split_(split),
      more_(std::move(more)) {}

sstable::Metadata TreeWriter::metadata(sstable::Metadata type) const {
  type.insert(more_.begin(), more_.end());
  return type;
}

Task<Result<void>> TreeWriter::add(Context ctx, std::string_view key, sstable::Value value) {
  if (!open_) {
    open_ = std::make_unique<OpenRange>(metadata(sstable::range_metadata()));
  }
  TARN_CO_CHECK_OK(open_->writer.add(key, value));
  if (sstable::ends_range(split_, key, open_->writer.estimated_size_bytes())) {
    TARN_CO_CHECK_OK(co_await close_range(ctx));
  }
  if (++since_yield_ >= kRecordsPerTurn) {
    since_yield_ = 0;
    co_await yield_loop();
  }
  co_return Result<void>();
}

Task<Result<void>> TreeWriter::add_range(Context ctx, RangeInfo range) {
  TARN_CO_CHECK_OK(co_await close_range(ctx));
  ranges_.push_back(std::move(range));
  co_return Result<void>();
}

Task<Result<void>> TreeWriter::close_range(Context ctx) {
  if (!open_) {
    co_return Result<void>();
  }
  const std::unique_ptr<OpenRange> closing = std::move(open_);
  TARN_CO_TRY(sstable::TableInfo info, closing->writer.finish());
  RangeInfo range;
  range.id = RangeId::trusted(info.id);
  range.min_key = std::move(info.min_key);
  range.max_key = std::move(info.max_key);
  range.estimated_size_bytes = info.estimated_size_bytes;
  range.count = static_cast<std::int64_t>(info.count);
  TARN_CO_CHECK_OK(co_await tables_.write(ctx, storage_namespace_, std::move(info.id),
                                          std::move(closing->file)));
  ranges_.push_back(std::move(range));
  co_return Result<void>();
}

Task<Result<MetaRangeId>> TreeWriter::finish(Context ctx) {
  TARN_CO_CHECK_OK(co_await close_range(ctx));
  TARN_FAULT_POINT("graveler.tree.before_metarange");
  Bytes file;
  sstable::StringSink sink(file);
  sstable::Writer writer(sink, metadata(sstable::metarange_metadata()));
  for (const RangeInfo& range : ranges_) {
    const Bytes data = encode_range_data(range);
    const sstable::Value value{range.id.str(), data};
    TARN_CO_CHECK_OK(writer.add(range.max_key, value));
  }
  TARN_CO_TRY(const sstable::TableInfo info, writer.finish());
  TARN_CO_CHECK_OK(co_await tables_.write(ctx, storage_namespace_, info.id, std::move(file)));
  co_return MetaRangeId::trusted(info.id);
}

Task<Result<AppliedTree>> apply_changes(Context ctx, Tables& tables, TreeId base,
                                        StagedCursor& changes, sstable::SplitOptions split) {
  Applier applier(std::move(ctx), tables, std::move(base), changes, split);
  co_return co_await applier.run();
}

}  // namespace tarn::graveler
