#include "tables/delta_checkpoint.h"

#include "base/json.h"
#include "tables/parquet_schema.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

// testdata/delta_checkpoints/ has files of pyarrow's and of delta-rs, which
// testdata/delta_checkpoints.py made, and what they say as lines.

namespace tarn::tables {
namespace {

Bytes file(const std::string& name) {
  std::ifstream in(fmt::format("{}/delta_checkpoints/{}", TARN_TEST_DATA, name), std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Result<Bytes> read(Bytes parquet, std::size_t part_bytes = 1000) {
  TARN_TRY(DeltaCheckpointReader reader, DeltaCheckpointReader::open(std::move(parquet)));
  Bytes all;
  while (true) {
    Bytes lines;
    TARN_TRY(const bool more, reader.next(lines, part_bytes));
    if (!more) {
      return all;
    }
    all += lines;
  }
}

std::vector<Json> parse(std::string_view lines) {
  std::vector<Json> all;
  EXPECT_TRUE(each_delta_line(lines, [&all](std::string_view line) -> Result<void> {
    TARN_TRY(Json action, parse_json(line));
    all.push_back(std::move(action));
    return {};
  }));
  return all;
}

void expect_same(const Bytes& lines, const Bytes& expected, const std::string& name) {
  const std::vector<Json> found = parse(lines);
  const std::vector<Json> wanted = parse(expected);
  ASSERT_EQ(found.size(), wanted.size()) << name;
  for (std::size_t at = 0; at < found.size(); ++at) {
    ASSERT_EQ(found[at].dump(), wanted[at].dump()) << name << ", row " << at;
  }
}

const std::vector<std::string> kReadable = {"none_plain_v1",
                                            "snappy_dictionary_v1",
                                            "gzip_dictionary_v2",
                                            "zstd_plain_v2",
                                            "lz4_dictionary_v1",
                                            "zstd_groups_and_pages",
                                            "snappy_pages_v1",
                                            "zstd_deltas",
                                            "old_names",
                                            "more_columns",
                                            "wide"};

TEST(DeltaCheckpoint, IsReadHoweverItIsWritten) {
  const Bytes expected = file("all.jsonl");
  for (const std::string& name : kReadable) {
    const Result<Bytes> lines = read(file(name + ".parquet"));
    ASSERT_TRUE(lines) << name << ": " << lines.error().message();
    expect_same(*lines, expected, name);
  }
  EXPECT_EQ(read(file("empty.parquet")).value(), "");
  expect_same(read(file("delta_rs.parquet")).value(), file("delta_rs.jsonl"), "delta_rs");
}

TEST(DeltaCheckpoint, PartsHaveWholeLines) {
  const Bytes content = file("snappy_dictionary_v1.parquet");
  const Bytes all = read(content, 1 << 20).value();
  for (const std::size_t part_bytes : {std::size_t{0}, std::size_t{1}, std::size_t{5000}}) {
    EXPECT_EQ(read(content, part_bytes).value(), all);
  }
  DeltaCheckpointReader reader = DeltaCheckpointReader::open(content).value();
  Bytes lines;
  ASSERT_TRUE(reader.next(lines, 5000).value());
  EXPECT_GE(lines.size(), 5000U);
  EXPECT_LT(lines.size(), 6000U);
  EXPECT_EQ(lines.back(), '\n');
}

TEST(DeltaCheckpoint, WhatIsNotReadIsNamed) {
  const std::pair<std::string, std::string_view> rows[] = {
      {"bad_brotli", "column `txn.appId`: invalid Parquet file: its codec 4 (Brotli) is not read"},
      {"bad_type",
       "invalid Parquet file: its column `add.partitionValues` is no map, and is not "
       "read"},
      {"bad_number",
       "invalid Parquet file: its column `txn.version` is no whole number, and is "
       "not read"},
  };
  for (const auto& [name, message] : rows) {
    const Result<Bytes> lines = read(file(name + ".parquet"));
    ASSERT_FALSE(lines) << name;
    EXPECT_EQ(lines.error().message(), message);
  }
  const std::string deletes =
      fmt::format("{}/position_deletes/optional_v1.parquet", TARN_TEST_DATA);
  std::ifstream in(deletes, std::ios::binary);
  const Bytes other{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(read(other).error().message(),
            "invalid Parquet file: it has none of the columns that are wanted");
  ParquetLimits few_rows{.rows_max = 100};
  EXPECT_EQ(DeltaCheckpointReader::open(file("wide.parquet"), few_rows).error().message(),
            "invalid Parquet file: it has more than 100 rows");
}

TEST(DeltaCheckpoint, WhatItBecomesIsBounded) {
  const Bytes content = file("snappy_dictionary_v1.parquet");
  std::size_t refused = 0;
  for (const std::uint64_t budget : {100U, 10'000U, 60'000U}) {
    auto reader = DeltaCheckpointReader::open(content, {.budget_bytes = budget});
    ASSERT_TRUE(reader);
    Bytes lines;
    const Result<bool> more = reader->next(lines, 1 << 20);
    refused += more ? 0 : 1;
    EXPECT_TRUE(more || more.error().message().find("more than is read") != std::string::npos);
  }
  EXPECT_EQ(refused, 3U);
}

TEST(DeltaCheckpoint, WhatIsWrittenIsReadAgain) {
  for (const std::string& name : {std::string("all"), std::string("delta_rs")}) {
    const Bytes lines = file(name + ".jsonl");
    DeltaCheckpointWriter writer;
    ASSERT_TRUE(writer.add(lines));
    const DeltaCheckpointWriter::Made made = writer.finish(12);
    expect_same(read(made.parquet).value(), lines, name);
    const Json hint = parse_json(made.hint).value();
    EXPECT_EQ(hint.int_or("version", -1), 12);
    EXPECT_EQ(hint.int_or("size", -1), static_cast<std::int64_t>(parse(lines).size()));
    EXPECT_EQ(hint.int_or("sizeInBytes", -1), static_cast<std::int64_t>(made.parquet.size()));
    std::int64_t added = 0;
    for (const Json& action : parse(lines)) {
      added += action.find("add") != nullptr ? 1 : 0;
    }
    EXPECT_EQ(hint.int_or("numOfAddFiles", -1), added);
  }
}

TEST(DeltaCheckpoint, ManyRowsAreManyGroups) {
  Bytes lines;
  for (int i = 0; i < 600; ++i) {
    lines += fmt::format(
        R"({{"add":{{"path":"{:020000}","partitionValues":{{"a":"{}","b":null}},"size":{}}}}})"
        "\n",
        i, i % 3, i);
  }
  DeltaCheckpointWriter writer;
  ASSERT_TRUE(writer.add(lines));
  const Bytes parquet = writer.finish(0).parquet;
  EXPECT_EQ(parse_parquet_file(parquet).value().row_groups.size(), 2U);
  EXPECT_LT(parquet.size(), kMiB);
  EXPECT_EQ(read(parquet, 1 << 20).value(), lines);
}

TEST(DeltaCheckpoint, ActionsOfOtherKindsAreLeftOut) {
  DeltaCheckpointWriter writer;
  ASSERT_TRUE(
      writer.add("{\"commitInfo\":{\"x\":1}}\r\n\n{\"add\":{\"path\":\"a\",\"more\":1}}\n"
                 "{\"cdc\":{\"path\":\"b\"}}\n{\"add\":null,\"remove\":{\"path\":\"c\"}}"));
  EXPECT_EQ(read(writer.finish(1).parquet).value(),
            "{\"add\":{\"path\":\"a\"}}\n{\"remove\":{\"path\":\"c\"}}\n");
  const std::pair<std::string_view, std::string_view> wrong[] = {
      {R"({"add":{"path":1}})", "`path` is not what it should be"},
      {R"({"add":{"path":"a","size":1.5}})", "`size` is not what it should be"},
      {R"({"add":[]})", "`add` is not what it should be"},
      {R"({"add":{"tags":[]}})", "`tags` is not what it should be"},
      {R"({"add":{"dataChange":1}})", "`dataChange` is not what it should be"},
      {R"({"protocol":{"minReaderVersion":4294967296}})",
       "`minReaderVersion` is not what it should be"},
      {R"({"protocol":{"readerFeatures":{}}})", "`readerFeatures` is not what it should be"},
  };
  for (const auto& [line, message] : wrong) {
    DeltaCheckpointWriter refuses;
    const Result<void> added = refuses.add(line);
    ASSERT_FALSE(added) << line;
    EXPECT_EQ(added.error().message(), message);
  }
}

TEST(DeltaCheckpoint, SidecarsAreTakenOut) {
  std::vector<std::string> sidecars;
  const Bytes lines = take_sidecars(read(file("v2.parquet")).value(), sidecars).value();
  EXPECT_EQ(sidecars, (std::vector<std::string>{"part1.parquet", "part2.parquet"}));
  EXPECT_EQ(parse(lines).size(), 5U);
  EXPECT_EQ(lines.find("checkpointMetadata"), Bytes::npos);
  const Bytes named = "{\"metaData\":{\"configuration\":{\"sidecar\":\"x\"}}}\n";
  EXPECT_EQ(take_sidecars(named, sidecars).value(), named);
  for (const char* path : {"", "a/b", "s3://x/y", "..%2fx"}) {
    EXPECT_EQ(take_sidecars(fmt::format("{{\"sidecar\":{{\"path\":\"{}\"}}}}\n", path), sidecars)
                  .error()
                  .message(),
              fmt::format("invalid Parquet file: its sidecar `{}` is no file of "
                          "_delta_log/_sidecars",
                          path));
  }
}

/// Cut anywhere, or with any bit turned round, files are read or refused, and no more.
TEST(DeltaCheckpoint, DamageIsAnError) {
  for (const std::string& name : kReadable) {
    const Bytes whole = file(name + ".parquet");
    for (std::size_t size = 0; size < whole.size(); size += 1 + size / 2) {
      EXPECT_FALSE(read(whole.substr(0, size)));
    }
    // Half of the places in the pages, half in the metadata.
    const std::size_t metadata = whole.size() - parquet_metadata_bytes(whole).value();
    std::size_t refused = 0;
    for (std::size_t i = 0; i < 24; ++i) {
      Bytes wrong = whole;
      const std::size_t at =
          i % 2 == 0 ? i * metadata / 24 : metadata + i * (whole.size() - metadata) / 24;
      wrong[at] ^= static_cast<char>(1U << (i / 2 % 8));
      refused += read(std::move(wrong)) ? 0 : 1;
    }
    EXPECT_GT(refused, 3U) << name;
  }
}

}  // namespace
}  // namespace tarn::tables
