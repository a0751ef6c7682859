#include "sstable/block_cache.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tarn::sstable {
namespace {

BlockCache::Block block(std::size_t size, char fill = 'x') {
  return std::make_shared<const std::string>(size, fill);
}

TEST(BlockCache, ReturnsWhatWasInsertedUnderTheSameFileAndOffset) {
  BlockCache cache(1 << 20);
  EXPECT_EQ(cache.find(1, 0), nullptr);
  const BlockCache::Block first = block(100);
  EXPECT_EQ(cache.insert(1, 0, first), first);
  EXPECT_EQ(cache.find(1, 0), first);
  EXPECT_EQ(cache.find(1, 1), nullptr);
  EXPECT_EQ(cache.find(2, 0), nullptr);
  EXPECT_EQ(cache.stats().hits, 1U);
  EXPECT_EQ(cache.stats().misses, 3U);
  EXPECT_EQ(cache.stats().blocks, 1U);
}

TEST(BlockCache, KeepsTheFirstOfTwoBlocksForOneKey) {
  BlockCache cache(1 << 20);
  const BlockCache::Block first = cache.insert(1, 0, block(10, 'a'));
  EXPECT_EQ(cache.insert(1, 0, block(10, 'b')), first);
  EXPECT_EQ(cache.find(1, 0), first);
}

TEST(BlockCache, StaysWithinItsCapacityAndKeepsWhatIsUsed) {
  constexpr std::size_t kCapacity = 1 << 20;
  BlockCache cache(kCapacity);
  const BlockCache::Block hot = cache.insert(7, 0, block(1000));
  for (std::uint64_t i = 1; i < 5000; ++i) {
    cache.insert(7, i * 4096, block(4096));
    ASSERT_EQ(cache.find(7, 0), hot) << "used after every insertion";
    ASSERT_LE(cache.stats().size_bytes, kCapacity);
  }
  EXPECT_EQ(cache.find(7, 4096), nullptr) << "used never again";
  EXPECT_NE(cache.find(7, 4999 * 4096), nullptr);
  EXPECT_GT(cache.stats().size_bytes, kCapacity / 2);
}

TEST(BlockCache, PassesThroughABlockThatCannotFit) {
  BlockCache cache(16 * 1024);
  const BlockCache::Block large = block(100000);
  EXPECT_EQ(cache.insert(1, 0, large), large);
  EXPECT_EQ(cache.find(1, 0), nullptr);
  EXPECT_EQ(cache.stats().size_bytes, 0U);
}

TEST(BlockCache, GivesEachFileItsOwnNumber) {
  BlockCache cache(0);
  EXPECT_NE(cache.new_file_id(), cache.new_file_id());
}

TEST(BlockCache, MayBeUsedFromManyThreads) {
  BlockCache cache(256 * 1024);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (std::uint64_t i = 0; i < 5000; ++i) {
        const std::uint64_t offset = (i * (t + 1)) % 300;
        BlockCache::Block found = cache.find(1, offset);
        if (found == nullptr) {
          found = cache.insert(1, offset, block(offset + 1));
        }
        EXPECT_EQ(found->size(), offset + 1);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_LE(cache.stats().size_bytes, 256U * 1024);
}

}  // namespace
}  // namespace tarn::sstable
