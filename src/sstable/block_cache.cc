#include "sstable/block_cache.h"

#include <utility>

namespace tarn::sstable {
namespace {

// List node, hash node, shared string and their heap headers.
constexpr std::size_t kItemOverheadBytes = 192;

}  // namespace

std::size_t BlockCache::KeyHash::operator()(const Key& key) const noexcept {
  // Offsets and file ids are small and regular; a multiplicative mix spreads them over shards and
  // buckets.
  std::uint64_t mixed = (key.file_id * 0x9e3779b97f4a7c15ULL) ^ key.offset;
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93ULL;
  return mixed ^ (mixed >> 32);
}

BlockCache::BlockCache(std::size_t capacity_bytes)
    : shard_capacity_bytes_(capacity_bytes / kShardCount) {}

BlockCache::Shard& BlockCache::shard_of(const Key& key) {
  // The hash table inside the shard uses the low bits.
  return shards_[(KeyHash()(key) >> 56) % kShardCount];
}

BlockCache::Block BlockCache::find(std::uint64_t file_id, std::uint64_t offset) {
  const Key key{.file_id = file_id, .offset = offset};
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  const auto found = shard.index.find(key);
  if (found == shard.index.end()) {
    ++shard.misses;
    return nullptr;
  }
  ++shard.hits;
  shard.items.splice(shard.items.begin(), shard.items, found->second);
  return found->second->block;
}

BlockCache::Block BlockCache::insert(std::uint64_t file_id, std::uint64_t offset, Block block) {
  const Key key{.file_id = file_id, .offset = offset};
  const std::size_t charge = block->capacity() + kItemOverheadBytes;
  if (charge > shard_capacity_bytes_) {
    return block;
  }
  // Freed after the lock is released.
  std::list<Item> evicted;
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  if (const auto found = shard.index.find(key); found != shard.index.end()) {
    return found->second->block;
  }
  while (shard.size_bytes + charge > shard_capacity_bytes_) {
    Item& last = shard.items.back();
    shard.size_bytes -= last.charge;
    shard.index.erase(last.key);
    evicted.splice(evicted.begin(), shard.items, std::prev(shard.items.end()));
  }
  shard.items.push_front({.key = key, .block = block, .charge = charge});
  shard.index.emplace(key, shard.items.begin());
  shard.size_bytes += charge;
  return block;
}

BlockCache::Stats BlockCache::stats() const {
  Stats stats;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    stats.hits += shard.hits;
    stats.misses += shard.misses;
    stats.blocks += shard.items.size();
    stats.size_bytes += shard.size_bytes;
  }
  return stats;
}

}  // namespace tarn::sstable
