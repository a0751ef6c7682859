#pragma once

#include "kv/store.h"

#include <string>
#include <utility>
#include <vector>

namespace tarn::kv {

/// All rows that a scan finds, in order, page by page: what `ScanOptions::limit` bounds is one
/// page. Not thread-safe.
///
///     for (RowScan scan(store, partition, options); !scan.ended();) {
///       TARN_CO_TRY(const std::vector<Entry> rows, co_await scan.next(ctx));
///       …
///     }
class RowScan {
 public:
  RowScan(Store& store, std::string partition, ScanOptions options)
      : store_(store), partition_(std::move(partition)), options_(std::move(options)) {}

  bool ended() const { return ended_; }
  /// Needs !ended(). The next rows; none only at the end. Errors: those of Store::scan.
  Task<Result<std::vector<Entry>>> next(Context ctx);

 private:
  Store& store_;
  const std::string partition_;
  ScanOptions options_;
  bool ended_ = false;
};

}  // namespace tarn::kv
