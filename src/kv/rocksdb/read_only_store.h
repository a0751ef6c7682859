#pragma once

#include "kv/open.h"
#include "kv/store.h"

#include <functional>
#include <memory>

namespace tarn::kv {

/// One state of a database that another process may be writing to (kv/open.h, open_read_only).
///
/// RocksDB reads the list of files, then the files, then replays the log into memory. Meanwhile the
/// writer may move rows from its log to a file: whoever read the list before and the logs after
/// that would miss them. So what such a move changes (CURRENT, the size of the manifest, the names
/// of the logs) is looked at before and after; the state counts only if all stayed.
///
/// `between` is called after each try to open, before the second look; for tests.
Result<std::unique_ptr<Store>> open_read_only_rocksdb(const LocalConfig& config, BlockingPool& pool,
                                                      const Clock& clock,
                                                      const std::function<void()>& between = {});

}  // namespace tarn::kv
