#pragma once

#include "graveler/fsck/suspects.h"
#include "kv/row_scan.h"

#include <functional>
#include <string>
#include <utility>

namespace tarn::graveler::fsck {

/// Calls `visit` with every row of a partition below `prefix`, in order, and between pages settles
/// what it noted in `suspects`. Errors: those of the store and of settling.
inline Task<Result<void>> scan_rows(Context ctx, kv::Store& rows, std::string partition,
                                    std::string prefix, Suspects& suspects,
                                    std::function<void(const kv::Entry&)> visit) {
  kv::ScanOptions options;
  options.prefix = std::move(prefix);
  options.limit = 0;
  for (kv::RowScan scan(rows, std::move(partition), options); !scan.ended();) {
    TARN_CO_TRY(const std::vector<kv::Entry> page, co_await scan.next(ctx));
    for (const kv::Entry& row : page) {
      visit(row);
    }
    TARN_CO_CHECK_OK(co_await suspects.settle_if_many(ctx));
  }
  co_return Result<void>();
}

}  // namespace tarn::graveler::fsck
