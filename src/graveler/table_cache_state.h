#pragma once

#include "base/file_descriptor.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "base/thread_annotations.h"
#include "graveler/table_cache.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tarn::graveler::detail {

/// What the cache knows of one file; shared with the tables that read it.
struct CachedFile {
  std::string name;
  std::uint64_t size_bytes = 0;  // on disk, trailer included
  /// Ticks of TableCacheState::tick; higher = later.
  mutable std::atomic<std::uint64_t> used_at = 0;
  /// Empty until somebody asks for the file after a restart.
  std::string key;
};

/// The files of a cache. Blocking calls, for the pool; shared by the cache and its open tables.
struct TableCacheState : std::enable_shared_from_this<TableCacheState> {
  TableCacheState(TableCacheConfig c, BlockingPool& p, Rng& r)
      : config(std::move(c)), pool(p), rng(r) {}

  Result<void> take_over();
  /// Null = not there, or damaged.
  CachedTablePtr open_file(const std::string& key);
  /// Gives the finished file its name and makes room. Null when the disk refuses.
  CachedTablePtr publish(const std::string& key, const std::string& temporary, FileDescriptor file,
                         std::uint64_t table_bytes);
  /// The file turned out damaged while it was read, or vanished.
  void discard(const CachedFile& file);

  std::string path_of(const std::string& name) const { return config.folder + "/tables/" + name; }
  std::string new_temporary() const;
  std::uint64_t next_tick() { return tick.fetch_add(1, std::memory_order_relaxed); }
  /// Unlinks files beyond the bound, least recently used first.
  void make_room();
  void drop(const std::vector<std::shared_ptr<CachedFile>>& files);

  const TableCacheConfig config;
  BlockingPool& pool;
  Rng& rng;
  FileDescriptor lock_file;
  Counter hits;
  Counter misses;
  std::atomic<std::uint64_t> tick = 1;

  mutable Mutex mutex;
  std::map<std::string, std::shared_ptr<CachedFile>> files TARN_GUARDED_BY(mutex);
  std::uint64_t total_bytes TARN_GUARDED_BY(mutex) = 0;
  std::function<void(const std::string&)> listener TARN_GUARDED_BY(mutex);
};

/// A file that is being written under a temporary name; removed unless published. Blocking.
class TemporaryTable {
 public:
  /// Null when the disk refuses.
  static std::unique_ptr<TemporaryTable> create(std::shared_ptr<TableCacheState> state);
  ~TemporaryTable();
  /// False when the disk refuses.
  bool append(std::string_view bytes);
  bool finish();
  CachedTablePtr publish(const std::string& key);
  std::uint64_t table_bytes() const { return table_bytes_; }

 private:
  TemporaryTable(std::shared_ptr<TableCacheState> state, std::string path, FileDescriptor file);

  std::shared_ptr<TableCacheState> state_;
  std::string path_;
  FileDescriptor file_;
  std::uint64_t table_bytes_ = 0;
  std::uint32_t checksum_ = 0;
};

}  // namespace tarn::graveler::detail
