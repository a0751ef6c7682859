#include "graveler/apply_changes.h"

#include "graveler/tree_writer.h"

#include <utility>

namespace tarn::graveler {
namespace {

/// Reading this many records takes some hundred microseconds; then other work of the loop gets its
/// turn, also when nothing is written.
constexpr std::size_t kRecordsPerTurn = 2048;

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
      if (changes_.valid() && changes_.key() < ranges_.range().min_key) {
        TARN_CO_CHECK_OK(co_await add_changes(&ranges_.range().min_key));
      }
      if (!changes_.valid() || changes_.key() > ranges_.range().max_key) {
        TARN_CO_CHECK_OK(co_await writer_.add_range(ctx_, ranges_.range()));
      } else {
        TARN_CO_CHECK_OK(co_await rewrite_range());
      }
      TARN_CO_CHECK_OK(ranges_.next());
    }
    TARN_CO_CHECK_OK(co_await add_changes(nullptr));
    AppliedTree out;
    out.summary = summary_;
    out.id = base_.id;
    if (summary_.any()) {
      TARN_CO_TRY(out.id, co_await writer_.finish(ctx_));
    }
    co_return out;
  }

 private:
  /// Puts a change whose key is not in the base. False: flow is due.
  Result<bool> put_change() {
    if (is_tombstone(changes_.value())) {
      return true;
    }
    ++summary_.added;
    return writer_.put(changes_.key(), changes_.value());
  }

  /// Changes before `end` (null: all that are left), of which the base has none.
  Task<Result<void>> add_changes(const std::string* end) {
    while (changes_.valid() && (end == nullptr || changes_.key() < *end)) {
      TARN_CO_TRY(const bool room, put_change());
      if (!room || turn_is_over()) {
        TARN_CO_CHECK_OK(co_await writer_.flow(ctx_));
      }
      if (!changes_.step()) {
        TARN_CO_CHECK_OK(co_await changes_.load_next(ctx_));
      }
    }
    co_return Result<void>();
  }

  Task<Result<void>> rewrite_range() {
    TARN_CO_TRY(const TablePtr table,
                co_await open_range(ctx_, tables_, base_, ranges_.range().id));
    sstable::Iterator records = table->iterator();
    TARN_CO_CHECK_OK(records.seek_first());
    while (records.valid()) {
      const int order = changes_.valid() ? changes_.key().compare(records.key()) : 1;
      TARN_CO_TRY(const bool room, order < 0 ? put_change() : put_record(records, order == 0));
      if (!room || turn_is_over()) {
        TARN_CO_CHECK_OK(co_await writer_.flow(ctx_));
      }
      if (order <= 0 && !changes_.step()) {
        TARN_CO_CHECK_OK(co_await changes_.load_next(ctx_));
      }
      if (order >= 0) {
        TARN_CO_CHECK_OK(records.next());
      }
    }
    co_return Result<void>();
  }

  /// Puts what a record of the base becomes, `changed` by the change that stands at its key or not.
  Result<bool> put_record(const sstable::Iterator& record, bool changed) {
    if (!changed) {
      return writer_.put(record.key(), record.value());
    }
    const sstable::Value& change = changes_.value();
    if (is_tombstone(change)) {
      ++summary_.removed;
      return true;
    }
    TARN_TRY(const sstable::Value stored, sstable::decode_value(record.value()));
    if (change.identity == stored.identity) {
      return writer_.put(record.key(), record.value());
    }
    ++summary_.changed;
    return writer_.put(record.key(), change);
  }

  bool turn_is_over() {
    since_turn_ = (since_turn_ + 1) % kRecordsPerTurn;
    return since_turn_ == 0;
  }

  const Context ctx_;
  Tables& tables_;
  const TreeId base_;
  StagedCursor& changes_;
  RangeCursor ranges_;
  TreeWriter writer_;
  ApplySummary summary_;
  std::size_t since_turn_ = 0;
};

}  // namespace

Task<Result<AppliedTree>> apply_changes(Context ctx, Tables& tables, TreeId base,
                                        StagedCursor& changes, sstable::SplitOptions split) {
  Applier applier(std::move(ctx), tables, std::move(base), changes, split);
  co_return co_await applier.run();
}

}  // namespace tarn::graveler
