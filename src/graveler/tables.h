#pragma once

#include "base/lru.h"
#include "block/adapter.h"
#include "graveler/keyed_lock.h"
#include "graveler/table_cache.h"
#include "names/ids.h"
#include "runtime/blocking_pool.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "runtime/task_group.h"
#include "sstable/block_cache.h"
#include "sstable/reader.h"

#include <memory>
#include <string>
#include <vector>

namespace tarn::graveler {

using TablePtr = std::shared_ptr<const sstable::Reader>;
struct RangeInfo;
/// All ranges of a tree, in order.
using RangesPtr = std::shared_ptr<const std::vector<RangeInfo>>;

struct TablesConfig {
  /// Folder of ranges and metaranges below a storage namespace.
  std::string prefix = "_lakefs";
  /// Tables kept open; each is a file descriptor, or its bytes (remote stores without a cache on
  /// disk).
  std::size_t open_max = 256;
  /// Uncompressed blocks kept in memory.
  std::size_t block_cache_bytes = 400'000'000;
  /// Threads that compress and hash tables. 0: one a core.
  std::size_t workers = 0;
  /// Uploads of one writer under way at once.
  std::size_t uploads_max = 10;
};

/// The range and metarange files of all repositories: immutable, named by their content. Those of
/// a store on this machine are read in place; those of others from the cache on disk if there is
/// one, else from memory. Thread-safe.
class Tables {
 public:
  /// `cache` may be null; it outlives this.
  Tables(block::Adapter& blocks, TablesConfig config, TableCache* cache = nullptr);
  /// Waits for uploads that nobody waited for. Not from a loop.
  ~Tables();
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  /// The open table, if it is in memory.
  std::optional<TablePtr> find(const StorageNamespace& storage_namespace, const std::string& id);
  /// Concurrent calls for one table open it once. Errors: block::kObjectNotFound, kCorruption.
  Task<Result<TablePtr>> open(Context ctx, StorageNamespace storage_namespace, std::string id);
  /// The ranges of a metarange, if somebody decoded and kept them; else null.
  RangesPtr find_ranges(const StorageNamespace& storage_namespace, const std::string& id);
  void keep_ranges(const StorageNamespace& storage_namespace, const std::string& id,
                   RangesPtr ranges);
  /// Durable and readable under `id` when it returns. `file` is a whole table.
  Task<Result<void>> write(Context ctx, StorageNamespace storage_namespace, std::string id,
                           Bytes file);
  /// Closes the tables of a namespace whose files are gone.
  void forget(const StorageNamespace& storage_namespace);
  /// A table whose bytes the caller has.
  Result<TablePtr> open_bytes(std::string id, Bytes file) const;
  /// Path of a table below its namespace: `_lakefs/<id>`.
  std::string address(const std::string& id) const { return config_.prefix + "/" + id; }

  /// For those who write tables.
  BlockingPool& workers() { return workers_; }
  TaskGroup& background() { return background_; }
  std::size_t uploads_max() const { return config_.uploads_max; }

 private:
  static constexpr std::size_t kRangesKeptMax = 64;
  struct Open {
    TablePtr table;
    /// Where it is read from the cache.
    CachedTablePtr cached;
    /// False when it came damaged: the next one who opens it fetches it again.
    bool keep = true;
  };

  std::optional<TablePtr> find_open(const std::string& key);
  Task<Result<Open>> load(Context ctx, StorageNamespace storage_namespace, std::string id);
  /// Where the bytes come from. Fetches them.
  Task<Result<Open>> fetch(Context ctx, block::Location where, std::string key, std::string id);
  Result<Open> read_from(CachedTablePtr cached, std::string id) const;
  Result<Open> read_from(std::shared_ptr<const sstable::RandomAccess> source, std::string id) const;

  block::Adapter& blocks_;
  const TablesConfig config_;
  /// Null with stores on this machine, too.
  TableCache* const cache_;
  std::shared_ptr<sstable::BlockCache> block_cache_;
  Lru<std::string, Open> open_;
  Lru<std::string, RangesPtr> ranges_{kRangesKeptMax};
  KeyedLock opening_;
  BlockingPool workers_;
  TaskGroup background_;
};

}  // namespace tarn::graveler
