#include "tables/position_deletes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

// testdata/position_deletes/ has files of pyarrow's, which testdata/position_deletes.py made: the
// same deletes in every encoding, codec and version of pages.

namespace tarn::tables {
namespace {

Bytes file(const std::string& name) {
  std::ifstream in(fmt::format("{}/position_deletes/{}.parquet", TARN_TEST_DATA, name),
                   std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

const std::vector<std::string> kReadable = {"none_plain_v1",
                                            "snappy_dictionary_v1",
                                            "gzip_dictionary_v2",
                                            "zstd_plain_v2",
                                            "lz4_dictionary_v1",
                                            "none_delta_v2",
                                            "zstd_delta_length_v1",
                                            "optional_v1",
                                            "optional_v2",
                                            "groups_and_pages",
                                            "fallback",
                                            "names_only"};

PositionDeletes expected() {
  PositionDeletes deletes;
  for (std::int64_t i = 0; i < 150; ++i) {
    deletes["s3a://lake/main/wh/trips/data/a.parquet"].push_back(3 * i);
    deletes["s3a://lake/main/wh/trips/data/b.parquet"].push_back(7 * i * i * i + i % 5);
  }
  return deletes;
}

TEST(PositionDeletes, AreReadHoweverTheyAreWritten) {
  for (const std::string& name : kReadable) {
    const Result<PositionDeletes> deletes = read_position_deletes(file(name));
    ASSERT_TRUE(deletes) << name << ": " << deletes.error().message();
    EXPECT_EQ(*deletes, expected()) << name;
  }
  EXPECT_EQ(read_position_deletes(file("empty")).value(), PositionDeletes());
}

TEST(PositionDeletes, WhatIsNotReadIsNamed) {
  const std::pair<std::string, std::string_view> rows[] = {
      {"bad_brotli", "its codec 4 (Brotli) is not read"},
      {"bad_null", "it has rows without a path or a position"},
      {"bad_row", "its column `row` is nested, which is not read"},
      {"bad_column", "its column `other` is not read: deletes by position have `file_path`"},
      {"bad_type", "its column `pos` is not read"}};
  for (const auto& [name, message] : rows) {
    const Result<PositionDeletes> deletes = read_position_deletes(file(name));
    ASSERT_FALSE(deletes) << name;
    EXPECT_TRUE(deletes.error().is(kBadParquet));
    EXPECT_TRUE(deletes.error().message().starts_with("invalid Parquet file: ")) << name;
    EXPECT_NE(deletes.error().message().find(message), std::string::npos)
        << name << ": " << deletes.error().message();
  }
}

TEST(PositionDeletes, AreWrittenInOrder) {
  PositionDeletes deletes = {{"s3://b/2", {9, -1, 4, 9}}, {"s3://b/1", {INT64_MAX}}, {"", {0}}};
  const PositionDeletesFile written = write_position_deletes(deletes);
  deletes["s3://b/2"] = {-1, 4, 9, 9};
  EXPECT_EQ(read_position_deletes(written.content).value(), deletes);
  EXPECT_EQ(written.split_offsets, std::vector<std::int64_t>{4});
  EXPECT_GT(written.path_bytes, 30);
  EXPECT_GT(written.position_bytes, 30);
  EXPECT_LT(written.path_bytes + written.position_bytes,
            static_cast<std::int64_t>(written.content.size()));
  EXPECT_EQ(write_position_deletes(deletes).content, written.content);
  const PositionDeletesFile none = write_position_deletes({});
  EXPECT_EQ(read_position_deletes(none.content).value(), PositionDeletes());
  EXPECT_TRUE(none.split_offsets.empty());
}

TEST(PositionDeletes, LargeOnesHaveSeveralGroupsOfRows) {
  PositionDeletes deletes;
  for (std::int64_t i = 0; i < 260'000; ++i) {
    deletes["a"].push_back(i * 2);
  }
  deletes["b"] = {1};
  const PositionDeletesFile of_rows = write_position_deletes(deletes);
  EXPECT_EQ(of_rows.split_offsets.size(), 2U);
  EXPECT_EQ(read_position_deletes(of_rows.content).value(), deletes);

  PositionDeletes files;
  for (int i = 0; i < 3'000; ++i) {
    files[fmt::format("{:04}/{}", i, std::string(2'000, 'x'))] = {i};
  }
  const PositionDeletesFile of_files = write_position_deletes(files);
  EXPECT_EQ(of_files.split_offsets.size(), 2U);
  EXPECT_TRUE(std::ranges::is_sorted(of_files.split_offsets));
  EXPECT_EQ(read_position_deletes(of_files.content).value(), files);
}

TEST(PositionDeletes, WhatIsTooLargeIsRefused) {
  PositionDeletes long_one = {{std::string(5'000, 'x'), {1}}};
  EXPECT_NE(read_position_deletes(write_position_deletes(std::move(long_one)).content)
                .error()
                .message()
                .find("its addresses are longer"),
            std::string::npos);
  PositionDeletes many;
  for (int i = 0; i <= 100'000; ++i) {
    many[std::to_string(i)] = {i};
  }
  EXPECT_EQ(
      read_position_deletes(write_position_deletes(std::move(many)).content).error().message(),
      "invalid Parquet file: it names more than 100000 files");
}

/// Cut anywhere, or with any bit turned round, files are read or refused, and no more.
TEST(PositionDeletes, DamageIsAnError) {
  std::vector<Bytes> files;
  for (const std::string& name : kReadable) {
    files.push_back(file(name));
  }
  files.push_back(write_position_deletes(expected()).content);
  for (const Bytes& whole : files) {
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 64) {
      EXPECT_FALSE(read_position_deletes(ByteView(whole).substr(0, size)));
    }
    std::size_t refused = 0;
    // Long files repeat themselves in the middle.
    const std::size_t step = 1 + whole.size() / 400;
    for (std::size_t at = 0; at < whole.size(); at += step) {
      Bytes wrong = whole;
      wrong[at] ^= static_cast<char>(1U << (at / step % 8));
      refused += read_position_deletes(wrong) ? 0 : 1;
    }
    EXPECT_GT(refused, 20U);
  }
}

}  // namespace
}  // namespace tarn::tables
