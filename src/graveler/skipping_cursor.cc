#include "graveler/skipping_cursor.h"

#include <utility>

namespace tarn::graveler {

Task<Result<void>> SkippingCursor::seek(Context ctx, std::string key) {
  records_.reset();
  TARN_CO_CHECK_OK(co_await ranges_.seek(ctx, key));
  if (ranges_.valid() && ranges_.range().min_key < key) {
    TARN_CO_CHECK_OK(co_await open(std::move(ctx), std::move(key)));
  }
  co_return Result<void>();
}

Task<Result<void>> SkippingCursor::advance_to(Context ctx, std::string key) {
  if (!valid() || this->key() >= key) {
    co_return Result<void>();
  }
  if (ranges_.range().max_key < key) {
    co_return co_await seek(std::move(ctx), std::move(key));
  }
  if (records_) {
    co_return records_->seek_ge(key);
  }
  co_return co_await open(std::move(ctx), std::move(key));
}

Task<Result<void>> SkippingCursor::enter(Context ctx) {
  return open(std::move(ctx), ranges_.range().min_key);
}

/// `key` is at most the range's last key, so a record follows.
Task<Result<void>> SkippingCursor::open(Context ctx, std::string key) {
  TARN_CO_TRY(const TablePtr table,
              co_await open_range(ctx, tables_, tree_, ranges_.range().id));
  records_.emplace(table->iterator());
  TARN_CO_CHECK_OK(records_->seek_ge(key));
  if (!records_->valid()) {
    co_return Error(kCorruption, "range " + ranges_.range().id.str() + " ends before " +
                                     ranges_.range().max_key);
  }
  co_return Result<void>();
}

Result<void> SkippingCursor::step() {
  TARN_CHECK_OK(records_->next());
  if (!records_->valid()) {
    records_.reset();
    return ranges_.next();
  }
  return {};
}

}  // namespace tarn::graveler
