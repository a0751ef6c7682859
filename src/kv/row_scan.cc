#include "kv/row_scan.h"

namespace tarn::kv {

Task<Result<std::vector<Entry>>> RowScan::next(Context ctx) {
  TARN_CO_TRY(Page page, co_await store_.scan(std::move(ctx), partition_, options_));
  ended_ = !page.more || page.entries.empty();
  if (!ended_) {
    options_.start = next_key(page.entries.back().key);
  }
  co_return std::move(page.entries);
}

}  // namespace tarn::kv
