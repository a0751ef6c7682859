#include "sstable/table.h"

#include "base/encoding.h"
#include "sstable/testing/golden.h"
#include "sstable/value.h"

#include <gtest/gtest.h>

namespace tarn::sstable {
namespace {

std::string stored(std::string_view identity, std::string_view data) {
  std::string out;
  EXPECT_TRUE(append_value({.identity = identity, .data = data}, out));
  return out;
}

TEST(TableIdHasher, GivesTheIdsOfLakeFs) {
  TableIdHasher plain;
  plain.add("key", "value");
  EXPECT_EQ(plain.finish({}), "1f60902cb44890618d61597673a62e44cf526f5991d9db687141218985fe60b8");

  TableIdHasher range;
  range.add(testing::kEntryPath,
            stored(*hex_decode(testing::kEntryIdentity), *hex_decode(testing::kEntryData)));
  EXPECT_EQ(range.finish(range_metadata()), testing::kOneRecordRangeId);

  EXPECT_EQ(TableIdHasher().finish(metarange_metadata()), testing::kEmptyMetaRangeId);

  TableIdHasher metarange;
  const std::string range_data = *hex_decode("0a07612f622e7478741207612f622e74787418ac012001");
  metarange.add(testing::kEntryPath, stored(testing::kOneRecordRangeId, range_data));
  EXPECT_EQ(metarange.finish(metarange_metadata()),
            "1bdee98c5ec6442c7e82a0b6c8b7326b0bdf921fee6e4e197b176ad5e4c1031e");
}

TEST(TableIdHasher, GathersPiecesWithoutChangingTheId) {
  // 7 records of 3000 bytes cross the gathering buffer in the middle of a record; one is larger
  // than the buffer.
  TableIdHasher hasher;
  std::string all;
  for (const std::size_t size : {3000UL, 0UL, 3000UL, 9000UL, 4096UL, 4095UL, 1UL}) {
    const std::string key = "k" + std::to_string(all.size());
    const std::string value(size, 'v');
    hasher.add(key, value);
    all += std::to_string(key.size()) + key + "|" + std::to_string(size) + value + "|";
  }
  all += *hex_decode("0402080000000000000000");
  EXPECT_EQ(hasher.finish({}), hex_encode(sha256(all)));
}

TEST(EndsRange, FollowsSizeFirstAndThenTheHashOfTheKey) {
  const SplitOptions options{
      .min_range_size_bytes = 100, .max_range_size_bytes = 1000, .raggedness_entries = 19831};
  // fnv1a_64("a/b.txt") mod 50000 = 19831, mod 19831 is something else.
  EXPECT_EQ(fnv1a_64("a/b.txt"), 0xaf86763829022747U);
  EXPECT_EQ(fnv1a_64("a/b.txt") % 50000, 19831U);
  EXPECT_TRUE(ends_range(options, "a/b.txt", 1000));
  EXPECT_FALSE(ends_range(options, "a/b.txt", 999));

  const SplitOptions every{
      .min_range_size_bytes = 100, .max_range_size_bytes = 1000, .raggedness_entries = 1};
  EXPECT_TRUE(ends_range(every, "a/b.txt", 100));
  EXPECT_FALSE(ends_range(every, "a/b.txt", 99));

  const SplitOptions defaults;
  EXPECT_FALSE(ends_range(defaults, "a/b.txt", 0));
  EXPECT_FALSE(ends_range(defaults, "a/b.txt", 20 * 1024 * 1024 - 1));
  EXPECT_TRUE(ends_range(defaults, "a/b.txt", 20 * 1024 * 1024));
}

TEST(EndsRange, SplitsAboutOneKeyInRaggedness) {
  const SplitOptions options{
      .min_range_size_bytes = 0, .max_range_size_bytes = 1U << 30, .raggedness_entries = 100};
  int ends = 0;
  for (int i = 0; i < 100000; ++i) {
    ends += ends_range(options, "tables/part-" + std::to_string(i), 10) ? 1 : 0;
  }
  EXPECT_GT(ends, 800);
  EXPECT_LT(ends, 1200);
}

}  // namespace
}  // namespace tarn::sstable
