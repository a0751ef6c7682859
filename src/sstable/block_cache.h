#pragma once

#include "base/thread_annotations.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

namespace tarn::sstable {

/// Uncompressed, verified blocks of many tables, bounded in bytes. The oldest goes first, unless it
/// was used since it last came to that (second chance): a hit writes to nothing but its own item,
/// and point reads wait for memory more than for anything else. Thread-safe: sharded by key, one
/// short lock each.
class BlockCache {
 public:
  using Block = std::shared_ptr<const std::string>;

  explicit BlockCache(std::size_t capacity_bytes);

  /// A number for one open table. Never derived from a table's name: whoever can choose a table's
  /// content could choose two with the same number.
  std::uint64_t new_file_id() { return next_file_id_.fetch_add(1, std::memory_order_relaxed); }

  /// The block, or null.
  Block find(std::uint64_t file_id, std::uint64_t offset);
  /// Keeps the block if it fits; of two for one key the first stays and is returned.
  Block insert(std::uint64_t file_id, std::uint64_t offset, Block block);

  struct Stats {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::size_t blocks = 0;
    /// Content of the blocks and what it costs to keep them.
    std::size_t size_bytes = 0;
  };
  Stats stats() const;

 private:
  struct Key {
    std::uint64_t file_id;
    std::uint64_t offset;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Item {
    Block block;
    std::size_t charge;
    bool used = false;
  };
  using Index = std::unordered_map<Key, Item, KeyHash>;
  struct Shard {
    mutable Mutex mutex;
    Index index TARN_GUARDED_BY(mutex);
    /// Items of the index, the next one to go first.
    std::deque<Index::value_type*> queue TARN_GUARDED_BY(mutex);
    std::size_t size_bytes TARN_GUARDED_BY(mutex) = 0;
    std::uint64_t hits TARN_GUARDED_BY(mutex) = 0;
    std::uint64_t misses TARN_GUARDED_BY(mutex) = 0;
  };
  static constexpr std::size_t kShardCount = 16;

  Shard& shard_of(const Key& key);

  std::size_t shard_capacity_bytes_;
  std::atomic<std::uint64_t> next_file_id_{1};
  std::array<Shard, kShardCount> shards_;
};

}  // namespace tarn::sstable
