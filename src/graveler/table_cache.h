#pragma once

#include "base/error.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "runtime/blocking_pool.h"
#include "runtime/byte_source.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "sstable/random_access.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tarn::graveler {

struct TableCacheConfig {
  std::string folder;
  /// Of the files in the folder; one that was evicted takes space until its last reader is gone.
  std::uint64_t size_bytes_max = 1'073'741'824;
};

namespace detail {
struct TableCacheState;
}

/// A cached table, open. Its bytes stay readable when the file is evicted. Thread-safe.
class CachedTable : public sstable::RandomAccess {
 public:
  /// Tells that the table was wanted; costs an atomic store.
  virtual void used() const = 0;
  /// Takes the file out of the cache: it proved damaged. Blocking, but short.
  virtual void drop() const = 0;
};
using CachedTablePtr = std::shared_ptr<const CachedTable>;

/// Copies of immutable tables of a remote block store in a folder of this machine. Bounded: the
/// least recently used files go. Outlives restarts. Losing any of it costs a download: files are
/// written aside and renamed, but not synced, and are believed only after their checksum was
/// compared (docs/formats/table-cache.md). All file work is done on `pool`. Thread-safe.
class TableCache {
 public:
  /// Makes the folder, or takes over what is there. Blocking: for start-up. `pool` and `rng`
  /// outlive it; `metrics` has one cache. Errors kUnavailable: the folder cannot be used, or
  /// another process uses it.
  static Result<std::unique_ptr<TableCache>> open(TableCacheConfig config, BlockingPool& pool,
                                                  Rng& rng, Metrics& metrics);
  ~TableCache();
  TableCache(const TableCache&) = delete;
  TableCache& operator=(const TableCache&) = delete;

  /// Null when it is not there, or damaged (then it is dropped). Reads the whole file once. Errors
  /// kThrottled (the pool is full).
  Task<Result<CachedTablePtr>> find(std::string key);
  /// Decides on the pool whether a table may be kept.
  using Proof = std::function<bool(CachedTablePtr table)>;
  /// Keeps what `body` holds, `size_bytes` long, if `proof` agrees; otherwise the table can still
  /// be read. Null when the cache cannot take it; the body is spent all the same. Errors: those of
  /// the body, kThrottled.
  Task<Result<CachedTablePtr>> fill(Context ctx, std::string key, std::unique_ptr<ByteSource> body,
                                    std::uint64_t size_bytes, Proof proof);
  /// Whether a table of that size can be kept at all.
  bool takes(std::uint64_t size_bytes) const;

  /// A table on its way into the cache; gone unless published.
  class Pending;
  /// Writes `bytes` aside; null when that fails, which only the log tells.
  Task<std::shared_ptr<Pending>> prepare(std::shared_ptr<const Bytes> bytes);
  Task<void> publish(std::string key, std::shared_ptr<Pending> pending);

  /// Called with the key of each table that is dropped, on any thread; replaces the one before.
  /// Empty = nobody.
  void on_drop(std::function<void(const std::string& key)> listener);

  std::uint64_t size_bytes() const;
  std::size_t count() const;

 private:
  explicit TableCache(std::shared_ptr<detail::TableCacheState> state);
  std::shared_ptr<detail::TableCacheState> state_;
};

}  // namespace tarn::graveler
