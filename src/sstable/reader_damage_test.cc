// Goal: no damaged file crashes the reader or reads as something else. Method: every byte of the
// small lakeFS files, and the frame and many places of a larger table, are changed and every length
// is cut; a read of the result either fails or gives exactly the original records (some bytes, as
// the padding of the footer, mean nothing). Run under ASan and UBSan.
#include "base/encoding.h"
#include "base/rng.h"
#include "sstable/testing/exercise.h"
#include "sstable/testing/golden.h"

#include <gtest/gtest.h>

namespace tarn::sstable {
namespace {

// The number of changes that went unnoticed without changing what is read.
int flip_each(const std::string& file, const std::vector<std::size_t>& places) {
  const auto original = testing::exercise(file);
  EXPECT_TRUE(original);
  int unnoticed = 0;
  std::string damaged = file;
  for (const std::size_t at : places) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      damaged[at] = static_cast<char>(static_cast<unsigned char>(file[at]) ^ change);
      const auto read = testing::exercise(damaged);
      if (read) {
        EXPECT_EQ(*read, *original) << "byte " << at << " changed by " << change;
        ++unnoticed;
      }
    }
    damaged[at] = file[at];
  }
  return unnoticed;
}

std::vector<std::size_t> range(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> places;
  for (std::size_t at = begin; at < end; ++at) {
    places.push_back(at);
  }
  return places;
}

TEST(ReaderDamage, EveryByteOfTheLakeFsFiles) {
  for (const std::string_view base64 :
       {testing::kOneRecordRangeFile, testing::kEmptyMetaRangeFile}) {
    const std::string file = *base64_decode(base64);
    // Everything but the padding of the footer is covered: 41 bytes of handles less those used.
    EXPECT_LE(flip_each(file, range(0, file.size())), 3 * 36);
  }
}

TEST(ReaderDamage, EveryLengthOfTheLakeFsFiles) {
  for (const std::string_view base64 :
       {testing::kOneRecordRangeFile, testing::kEmptyMetaRangeFile}) {
    const std::string file = *base64_decode(base64);
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_FALSE(testing::exercise(std::string_view(file).substr(0, size))) << size;
      EXPECT_FALSE(testing::exercise(std::string_view(file).substr(size + 1))) << size;
    }
    EXPECT_FALSE(testing::exercise(file + "x"));
  }
}

std::string large_table() {
  testing::Records records;
  for (int i = 0; i < 3000; ++i) {
    records.emplace_back(
        "tables/animals/type=cat/part-" + std::to_string(1000000 + i * 3),
        std::string(static_cast<std::size_t>(i % 200), static_cast<char>('a' + i % 26)));
  }
  return testing::write_table(records);
}

TEST(ReaderDamage, ManyPlacesOfALargeTable) {
  const std::string file = large_table();
  ASSERT_GT(file.size(), 20000U);
  std::vector<std::size_t> places = range(file.size() - 110, file.size());
  constexpr std::uint64_t kSeed = 20260724;
  SeededRng rng(kSeed);
  for (int i = 0; i < 60; ++i) {
    places.push_back(rng.below(file.size()));
  }
  flip_each(file, places);
  for (int i = 0; i < 200; ++i) {
    EXPECT_FALSE(testing::exercise(std::string_view(file).substr(0, rng.below(file.size()))));
  }
}

TEST(ReaderDamage, RandomBlocksBehindRightChecksums) {
  // Blocks cut from a real table and changed at random, framed anew: damage that no checksum shows.
  const std::string file = *base64_decode(testing::kOneRecordRangeFile);
  const std::string data = file.substr(0, 168);
  const std::string index = file.substr(173, 23);
  constexpr std::uint64_t kSeed = 42;
  SeededRng rng(kSeed);
  int readable = 0;
  for (int round = 0; round < 10000; ++round) {
    std::string bad_data = data;
    std::string bad_index = index;
    for (std::uint64_t changes = 1 + rng.below(3); changes > 0; --changes) {
      std::string& block = rng.below(2) == 0 ? bad_data : bad_index;
      // Structure is at both ends of a block; half the changes go there.
      const std::size_t near = std::min<std::size_t>(block.size(), 12);
      const std::size_t at = rng.below(2) == 0   ? rng.below(block.size())
                             : rng.below(2) == 0 ? rng.below(near)
                                                 : block.size() - 1 - rng.below(near);
      block[at] = static_cast<char>(rng.below(3) == 0 ? 0xff : rng.below(256));
    }
    if (rng.below(4) == 0) {
      bad_data.resize(rng.below(bad_data.size() + 1));
    }
    const auto type =
        rng.below(2) == 0 ? detail::IndexType::kBinarySearch : detail::IndexType::kTwoLevel;
    readable += testing::exercise(testing::frame({bad_data}, bad_index, type)).has_value() ? 1 : 0;
  }
  EXPECT_GT(readable, 100) << "the changes should not all be trivial to refuse";
}

TEST(ReaderDamage, SnappyThatPromisesTooMuch) {
  // A stream that says it grows to 4 GiB is refused before memory is taken for it.
  std::string stored = *hex_decode("ffffffff0f00");
  stored.push_back('\1');
  std::string file = stored;
  detail::append_u32(detail::block_checksum(detail::ChecksumType::kCrc32c, stored), file);
  std::string footer_file = file;
  detail::Footer footer{.checksum = detail::ChecksumType::kCrc32c,
                        .metaindex = {.offset = 0, .size = 6},
                        .index = {.offset = 0, .size = 6}};
  footer_file += detail::encode_footer(footer);
  const auto reader = Reader::open(borrowed_source(footer_file));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().message(),
            "table: block at 0: impossible uncompressed size: corrupted data");
}

}  // namespace
}  // namespace tarn::sstable
