#include "sstable/block_cache.h"

#include <utility>
#include <vector>

namespace tarn::sstable {
namespace {

// Hash node, queue entry, shared string and their heap headers.
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
  found->second.used = true;
  return found->second.block;
}

BlockCache::Block BlockCache::insert(std::uint64_t file_id, std::uint64_t offset, Block block) {
  const Key key{.file_id = file_id, .offset = offset};
  const std::size_t charge = block->capacity() + kItemOverheadBytes;
  if (charge > shard_capacity_bytes_) {
    return block;
  }
  // Freed after the lock is released.
  std::vector<Block> evicted;
  Shard& shard = shard_of(key);
  const MutexLock lock(shard.mutex);
  if (const auto found = shard.index.find(key); found != shard.index.end()) {
    return found->second.block;
  }
  while (shard.size_bytes + charge > shard_capacity_bytes_) {
    Index::value_type* oldest = shard.queue.front();
    shard.queue.pop_front();
    if (std::exchange(oldest->second.used, false)) {
      shard.queue.push_back(oldest);
      continue;
    }
    shard.size_bytes -= oldest->second.charge;
    evicted.push_back(std::move(oldest->second.block));
    shard.index.erase(oldest->first);
  }
  const auto added = shard.index.emplace(key, Item{.block = block, .charge = charge}).first;
  shard.queue.push_back(&*added);
  shard.size_bytes += charge;
  return block;
}

BlockCache::Stats BlockCache::stats() const {
  Stats stats;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    stats.hits += shard.hits;
    stats.misses += shard.misses;
    stats.blocks += shard.index.size();
    stats.size_bytes += shard.size_bytes;
  }
  return stats;
}

}  // namespace tarn::sstable
