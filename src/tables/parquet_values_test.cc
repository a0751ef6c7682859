#include "tables/parquet_values.h"

#include "base/varint.h"
#include "tables/parquet_bits.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

// Encodings as the specification writes them, byte by byte, and what pyarrow does not write.

namespace tarn::tables {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) {
    out.push_back(static_cast<char>(value));
  }
  return out;
}

std::vector<std::uint32_t> runs(const Bytes& from, unsigned width, std::size_t count) {
  detail::RunReader reader(from, width);
  std::vector<std::uint32_t> found;
  std::uint32_t number = 0;
  while (found.size() < count && reader.next(number)) {
    found.push_back(number);
  }
  return found;
}

TEST(ParquetValues, RunsRepeatOrArePacked) {
  using Numbers = std::vector<std::uint32_t>;
  // The specification's example of packed numbers: 0 to 7 in three bits.
  EXPECT_EQ(runs(bytes({3, 0x88, 0xc6, 0xfa}), 3, 8), (Numbers{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(runs(bytes({3 << 1, 5, 2 << 1, 6}), 3, 9), (Numbers{5, 5, 5, 6, 6}));
  EXPECT_EQ(runs(bytes({1 << 1, 0x34, 0x12, 0x00}), 17, 1), (Numbers{0x1234}));
  EXPECT_EQ(runs(bytes({1 << 1, 1, 2, 3, 4}), 32, 1), (Numbers{0x04030201}));
  EXPECT_EQ(runs(bytes({3 << 1}), 0, 3), (Numbers{0, 0, 0}));
  EXPECT_EQ(runs(bytes({3}), 0, 9), Numbers(8, 0));
  // A last group that is cut off behind its values.
  EXPECT_EQ(runs(bytes({5, 0xff}), 1, 20), Numbers(8, 1));
  EXPECT_EQ(runs(bytes({0, 5}), 3, 1), Numbers()) << "a run of nothing";
  EXPECT_EQ(runs(bytes({1, 5}), 3, 1), Numbers());
  EXPECT_EQ(runs(bytes({2}), 3, 1), Numbers()) << "cut off";
  EXPECT_EQ(runs(bytes({2, 0, 0, 0, 0, 0}), 33, 1), Numbers());
  EXPECT_EQ(runs(Bytes(11, '\xff'), 3, 1), Numbers());
}

Result<std::vector<std::int64_t>> longs(const Bytes& from, std::uint64_t count,
                                        std::int64_t encoding) {
  const ParquetPage page = make_parquet_page(from, count, encoding);
  std::vector<std::int64_t> found;
  TARN_CHECK_OK(read_longs(page, {}, [&found](std::int64_t value) {
    found.push_back(value);
    return Result<void>();
  }));
  return found;
}

TEST(ParquetValues, DeltasAreAddedUp) {
  constexpr std::int64_t kDelta = 5;
  // The specification's examples: 1 to 5, and 7, 5, 3, 1, 2, 3, 4, 5.
  const Bytes header = bytes({0x80, 1, 4});
  EXPECT_EQ(longs(header + bytes({5, 2, 2, 0, 0, 0, 0}), 5, kDelta).value(),
            (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  const Bytes second = header + bytes({8, 14, 3, 2, 0, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(longs(second, 8, kDelta).value(), (std::vector<std::int64_t>{7, 5, 3, 1, 2, 3, 4, 5}));
  EXPECT_EQ(longs(header + bytes({1, 1}), 1, kDelta).value(), std::vector<std::int64_t>{-1});
  EXPECT_EQ(longs(Bytes(), 0, kDelta).value(), std::vector<std::int64_t>());

  EXPECT_FALSE(longs(second.substr(0, second.size() - 1), 8, kDelta));
  EXPECT_FALSE(longs(second, 7, kDelta)) << "of another count";
  EXPECT_FALSE(longs(bytes({0x80, 1, 0, 5, 2}), 5, kDelta)) << "no miniblocks";
  EXPECT_FALSE(longs(bytes({0x80, 1, 3, 5, 2}), 5, kDelta)) << "which divide no block";
  EXPECT_FALSE(longs(bytes({0, 4, 5, 2}), 5, kDelta)) << "a block of nothing";
  EXPECT_FALSE(longs(header + bytes({5, 2, 2, 65, 0, 0, 0}) + Bytes(1000, 'x'), 5, kDelta));
  // A block of as many values as nobody has.
  Bytes huge;
  append_uvarint(std::uint64_t{1} << 40U, huge);
  EXPECT_FALSE(longs(huge + bytes({4, 5, 2, 2, 0, 0, 0, 0}), 5, kDelta));
  EXPECT_EQ(longs(Bytes(8, '\xff'), 1, 0).value(), std::vector<std::int64_t>{-1});
  EXPECT_FALSE(longs(Bytes(15, '\xff'), 2, 0));
  EXPECT_EQ(longs(Bytes(8, 'x'), 1, 9).error().message(),
            "invalid Parquet file: values in encoding 9 are not read");
}

Result<std::string> texts(const Bytes& from, std::uint64_t count, std::int64_t encoding,
                          const std::vector<ByteView>& dictionary = {}) {
  const ParquetPage page = make_parquet_page(from, count, encoding);
  std::string found;
  TARN_CHECK_OK(read_texts(page, dictionary, [&found](ByteView text) {
    found.append(text).append(",");
    return Result<void>();
  }));
  return found;
}

/// Equal numbers as deltas.
Bytes same(int count, int value) { return bytes({0x80, 1, 4, count, value * 2, 0, 0, 0, 0, 0}); }

TEST(ParquetValues, TextsGrowFromTheOneBefore) {
  constexpr std::int64_t kDeltaLength = 6;
  constexpr std::int64_t kDeltaBytes = 7;
  EXPECT_EQ(texts(same(2, 3) + "abcdef", 2, kDeltaLength).value(), "abc,def,");
  EXPECT_FALSE(texts(same(2, 3) + "abcde", 2, kDeltaLength));
  EXPECT_FALSE(texts(same(2, -3) + "abcde", 2, kDeltaLength));
  const Bytes none = bytes({0x80, 1, 4, 1, 0});
  const Bytes three = bytes({0x80, 1, 4, 1, 6});
  EXPECT_EQ(texts(none + three + "abc", 1, kDeltaBytes).value(), "abc,");
  EXPECT_FALSE(texts(three + three + "abc", 1, kDeltaBytes)) << "nothing is before the first";
  // Prefixes 0 and 2 (least difference 2), then suffixes of one and three bytes.
  const Bytes zero_two = bytes({0x80, 1, 4, 2, 0, 4, 0, 0, 0, 0});
  EXPECT_EQ(texts(zero_two + same(2, 3) + "abcxyz", 2, kDeltaBytes).value(), "abc,abxyz,");
}

TEST(ParquetValues, NumbersStandForWhatTheDictionaryHas) {
  constexpr std::int64_t kDictionary = 8;
  EXPECT_EQ(texts(bytes({1, 2 << 1, 1, 1 << 1, 0}), 3, kDictionary, {"a", "b"}).value(), "b,b,a,");
  EXPECT_FALSE(texts(bytes({2, 1 << 1, 2}), 1, kDictionary, {"a", "b"}));
  EXPECT_FALSE(texts(bytes({1, 1 << 1, 0}), 2, kDictionary, {"a", "b"})) << "too few";
  EXPECT_FALSE(texts(Bytes(), 1, kDictionary, {"a"}));
  EXPECT_FALSE(texts(bytes({40, 2, 0}), 1, kDictionary, {"a"}));
  ParquetPage page = make_parquet_page("x", 1, kDictionary);
  page.dictionary = true;
  EXPECT_FALSE(read_texts(page, {}, [](ByteView) { return Result<void>(); }));
  EXPECT_FALSE(read_longs(page, {}, [](std::int64_t) { return Result<void>(); }));
}

TEST(ParquetValues, LevelsSayWhatIsThere) {
  EXPECT_TRUE(all_present(bytes({9 << 1, 1}), 9));
  EXPECT_TRUE(all_present(bytes({3, 0xff}), 8));
  EXPECT_FALSE(all_present(bytes({3, 0xfd}), 8));
  EXPECT_FALSE(all_present(bytes({8 << 1, 1}), 9));
  EXPECT_TRUE(all_present(Bytes(), 0));
}

}  // namespace
}  // namespace tarn::tables
