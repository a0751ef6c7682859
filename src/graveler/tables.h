#pragma once

#include "base/lru.h"
#include "block/adapter.h"
#include "graveler/keyed_lock.h"
#include "names/ids.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "sstable/block_cache.h"
#include "sstable/reader.h"

#include <memory>
#include <string>

namespace tarn::graveler {

using TablePtr = std::shared_ptr<const sstable::Reader>;

struct TablesConfig {
  /// Folder of ranges and metaranges below a storage namespace.
  std::string prefix = "_lakefs";
  /// Tables kept open; each is a file descriptor (local store) or its bytes (remote stores).
  std::size_t open_max = 256;
  /// Uncompressed blocks kept in memory.
  std::size_t block_cache_bytes = 400'000'000;
};

/// The range and metarange files of all repositories: immutable, named by their content.
/// Thread-safe.
class Tables {
 public:
  Tables(block::Adapter& blocks, TablesConfig config);

  /// The open table, if it is in memory.
  std::optional<TablePtr> find(const StorageNamespace& storage_namespace, const std::string& id);
  /// Concurrent calls for one table open it once. Errors: block::kObjectNotFound, kCorruption.
  Task<Result<TablePtr>> open(Context ctx, StorageNamespace storage_namespace, std::string id);
  /// Durable and readable under `id` when it returns. `file` is a whole table.
  Task<Result<void>> write(Context ctx, StorageNamespace storage_namespace, std::string id,
                           Bytes file);
  /// Path of a table below its namespace: `_lakefs/<id>`.
  std::string address(const std::string& id) const { return config_.prefix + "/" + id; }

 private:
  Task<Result<TablePtr>> load(Context ctx, StorageNamespace storage_namespace, std::string id);

  block::Adapter& blocks_;
  const TablesConfig config_;
  std::shared_ptr<sstable::BlockCache> block_cache_;
  Lru<std::string, TablePtr> open_;
  KeyedLock opening_;
};

}  // namespace tarn::graveler
