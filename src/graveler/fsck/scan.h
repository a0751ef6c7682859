#pragma once

#include "graveler/fsck/suspects.h"
#include "kv/store.h"

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
  for (;;) {
    TARN_CO_TRY(const kv::Page page, co_await rows.scan(ctx, partition, options));
    for (const kv::Entry& row : page.entries) {
      visit(row);
    }
    TARN_CO_CHECK_OK(co_await suspects.settle_if_many(ctx));
    if (!page.more || page.entries.empty()) {
      co_return Result<void>();
    }
    options.start = kv::next_key(page.entries.back().key);
  }
}

}  // namespace tarn::graveler::fsck
