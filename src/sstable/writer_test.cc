#include "sstable/writer.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "sstable/detail/block_cursor.h"
#include "sstable/detail/open_table.h"
#include "sstable/errors.h"
#include "sstable/reader.h"
#include "sstable/testing/exercise.h"
#include "sstable/testing/golden.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace tarn::sstable {
namespace {

std::string from_base64(std::string_view text) { return *base64_decode(text); }

TEST(Writer, ReproducesTheEmptyMetaRangeOfLakeFs) {
  std::string file;
  StringSink sink(file);
  Writer writer(sink, metarange_metadata());
  EXPECT_EQ(writer.estimated_size_bytes(), 8U);
  const Result<TableInfo> info = writer.finish();
  ASSERT_TRUE(info);
  EXPECT_EQ(file, from_base64(testing::kEmptyMetaRangeFile));
  EXPECT_EQ(hex_encode(sha256(file)), testing::kEmptyMetaRangeSha256);
  EXPECT_EQ(info->id, testing::kEmptyMetaRangeId);
  EXPECT_EQ(info->count, 0U);
  EXPECT_EQ(info->estimated_size_bytes, 8U);
  EXPECT_EQ(info->file_size_bytes, 887U);
  EXPECT_EQ(info->min_key, "");
  EXPECT_EQ(info->max_key, "");
}

TEST(Writer, ReproducesAOneRecordRangeOfLakeFs) {
  std::string file;
  StringSink sink(file);
  Writer writer(sink, range_metadata());
  const std::string identity = *hex_decode(testing::kEntryIdentity);
  const std::string data = *hex_decode(testing::kEntryData);
  ASSERT_TRUE(writer.add(testing::kEntryPath, Value{.identity = identity, .data = data}));
  EXPECT_EQ(writer.estimated_size_bytes(), 172U);
  EXPECT_EQ(writer.count(), 1U);
  const Result<TableInfo> info = writer.finish();
  ASSERT_TRUE(info);
  EXPECT_EQ(file, from_base64(testing::kOneRecordRangeFile));
  EXPECT_EQ(hex_encode(sha256(file)), testing::kOneRecordRangeSha256);
  EXPECT_EQ(info->id, testing::kOneRecordRangeId);
  EXPECT_EQ(info->count, 1U);
  EXPECT_EQ(info->estimated_size_bytes, 172U);
  EXPECT_EQ(info->file_size_bytes, 1064U);
  EXPECT_EQ(info->min_key, "a/b.txt");
  EXPECT_EQ(info->max_key, "a/b.txt");
}

// Index keys and uncompressed blocks in file order: everything of a table that does not depend on
// Snappy's output.
std::vector<std::pair<std::string, std::string>> structure(const std::string& file) {
  using detail::BlockCursor;
  using detail::BlockHandle;
  using detail::KeyForm;
  using detail::Step;
  std::vector<std::pair<std::string, std::string>> out;
  const Result<detail::OpenTable> table = detail::OpenTable::open(borrowed_source(file), {});
  EXPECT_TRUE(table);
  const auto children = [&table](const std::string& block) {
    std::vector<std::pair<std::string, BlockCache::Block>> found;
    BlockCursor cursor;
    EXPECT_TRUE(cursor.reset(block, KeyForm::kIndex));
    for (Step at = cursor.seek_first(); at == Step::kEntry; at = cursor.next()) {
      std::string_view value = cursor.value();
      BlockHandle handle;
      EXPECT_TRUE(detail::take_handle(value, handle));
      found.emplace_back(cursor.key(), *table->block(handle));
    }
    return found;
  };
  for (const auto& [key, block] : children(*table->index)) {
    if (table->index_type == detail::IndexType::kBinarySearch) {
      out.emplace_back(key, *block);
      continue;
    }
    // The handles inside a partition follow from compressed sizes; which entries it has does not.
    out.emplace_back("partition " + key, std::string());
    for (const auto& [inner_key, inner] : children(*block)) {
      out.emplace_back(inner_key, *inner);
    }
  }
  return out;
}

TEST(Writer, CutsBlocksAndIndexPartitionsWhereLakeFsDoes) {
  std::ifstream stream(std::string(TARN_TEST_DATA) + "/lakefs-two-level.sst", std::ios::binary);
  std::stringstream buffer;
  buffer << stream.rdbuf();
  const std::string theirs = buffer.str();
  ASSERT_EQ(theirs.size(), 631902U);
  const auto records = testing::exercise(theirs);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 8602U);
  const std::string ours = testing::write_table(*records);
  const auto expected = structure(theirs);
  const auto actual = structure(ours);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(actual[i].first, expected[i].first);
    ASSERT_TRUE(actual[i].second == expected[i].second) << actual[i].first;
  }
  const auto our_reader = Reader::open(borrowed_source(ours));
  const auto their_reader = Reader::open(borrowed_source(theirs));
  ASSERT_TRUE(our_reader && their_reader);
  // These two follow from Snappy's output; all other properties are the same bytes.
  for (const auto& [name, value] : (*their_reader)->properties().all) {
    if (name != "estimated_size_bytes" && name != "rocksdb.data.size") {
      EXPECT_EQ((*our_reader)->properties().all.at(name), value) << name;
    }
  }
  EXPECT_EQ((*our_reader)->properties().all.size(), (*their_reader)->properties().all.size());
}

TEST(Writer, RefusesKeysThatDoNotAscendAndGoesOn) {
  std::string file;
  StringSink sink(file);
  Writer writer(sink, range_metadata());
  ASSERT_TRUE(writer.add("b", "1"));
  for (const std::string_view key : {"b", "a", ""}) {
    const Result<void> added = writer.add(key, "2");
    ASSERT_FALSE(added);
    EXPECT_TRUE(added.error().is(kKeysOutOfOrder));
    EXPECT_EQ(added.error().message(), "keys should be written in ascending order");
  }
  ASSERT_TRUE(writer.add(std::string_view("b\0", 2), "3"));
  ASSERT_TRUE(writer.add("\xff", "4"));
  ASSERT_EQ(writer.finish()->count, 3U);
  const testing::Records expected = {{"b", "1"}, {std::string("b\0", 2), "3"}, {"\xff", "4"}};
  EXPECT_EQ(testing::exercise(file), expected);
}

TEST(Writer, RefusesRecordsBeyondTheLimits) {
  std::string file;
  StringSink sink(file);
  Writer writer(sink, range_metadata());
  EXPECT_TRUE(writer.add(std::string(1024 * 1024 + 1, 'k'), "").error().is(kRecordTooLarge));
  const std::string large(kValuePartBytesMax + 1, 'v');
  EXPECT_TRUE(writer.add("k", Value{.identity = large, .data = ""}).error().is(kRecordTooLarge));
  EXPECT_EQ(writer.count(), 0U);
  EXPECT_EQ(writer.finish()->count, 0U);
}

TEST(Writer, MakesAnIdOfRecordsAndMetadataAlone) {
  const auto id_of = [](const Metadata& metadata, std::string_view value) {
    std::string file;
    StringSink sink(file);
    Writer writer(sink, metadata);
    EXPECT_TRUE(writer.add("key", value));
    return writer.finish()->id;
  };
  EXPECT_EQ(id_of({}, "value"), "1f60902cb44890618d61597673a62e44cf526f5991d9db687141218985fe60b8");
  EXPECT_NE(id_of(range_metadata(), "value"), id_of(metarange_metadata(), "value"));
  EXPECT_NE(id_of(range_metadata(), "value"), id_of(range_metadata(), "other"));
}

TEST(Writer, KeepsMetadataOfDumps) {
  Metadata metadata = range_metadata();
  metadata["entity"] = "commits";
  metadata["schema_definition"] = std::string(3000, 's');
  const std::string file = testing::write_table({{"k", "v"}}, metadata);
  const auto reader = Reader::open(borrowed_source(file));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->properties().all.at("entity"), "commits");
  EXPECT_EQ((*reader)->properties().all.at("schema_definition").size(), 3000U);
}

// Counts what reaches it and fails from a given call on.
class FailingSink final : public Sink {
 public:
  explicit FailingSink(int good_calls) : good_calls_(good_calls) {}
  Result<void> append(std::string_view /*bytes*/) override {
    if (good_calls_-- > 0) {
      return {};
    }
    return Error(kUnavailable, "disk full");
  }

 private:
  int good_calls_;
};

TEST(Writer, GivesBackTheErrorOfItsSink) {
  for (int good_calls = 0; good_calls < 20; ++good_calls) {
    FailingSink sink(good_calls);
    Writer writer(sink, range_metadata());
    bool failed = false;
    for (int i = 1000; i < 1200 && !failed; ++i) {
      const Result<void> added = writer.add(std::to_string(i), std::string(300, 'x'));
      failed = !added;
      if (failed) {
        EXPECT_TRUE(added.error().is(kUnavailable));
      }
    }
    if (!failed) {
      const Result<TableInfo> info = writer.finish();
      // 200 records of 300 bytes are 16 data blocks; index, properties, metaindex and footer
      // follow.
      ASSERT_EQ(info.has_value(), good_calls >= 20) << good_calls;
      EXPECT_TRUE(info.error().is(kUnavailable));
    }
  }
}

// Counts bytes only: what the writer itself keeps does not grow with the data.
class CountingSink final : public Sink {
 public:
  Result<void> append(std::string_view bytes) override {
    size_bytes += bytes.size();
    call_size_max = std::max(call_size_max, bytes.size());
    return {};
  }
  std::uint64_t size_bytes = 0;
  std::size_t call_size_max = 0;
};

TEST(Writer, StreamsBlockByBlock) {
  CountingSink sink;
  Writer writer(sink, range_metadata());
  std::uint64_t before = 0;
  for (int i = 100000; i < 130000; ++i) {
    ASSERT_TRUE(
        writer.add("tables/part-" + std::to_string(i), std::string(100, static_cast<char>(i))));
    ASSERT_LT(writer.estimated_size_bytes() - sink.size_bytes, 10000U) << "held back";
    ASSERT_GE(sink.size_bytes, before);
    before = sink.size_bytes;
  }
  const Result<TableInfo> info = writer.finish();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->file_size_bytes, sink.size_bytes);
  EXPECT_LT(sink.call_size_max, 40000U);
  EXPECT_NEAR(static_cast<double>(info->estimated_size_bytes),
              static_cast<double>(info->file_size_bytes), 50000.0);
}

TEST(Separator, IsShortAndBetween) {
  std::string scratch;
  const auto separator = [&scratch](std::string_view a, std::string_view b) {
    return std::string(detail::shortest_separator(a, b, scratch));
  };
  EXPECT_EQ(separator("abcdef", "abzz"), "abd");
  EXPECT_EQ(separator("abc", "abcd"), "abc");
  EXPECT_EQ(separator("abc1", "abd"), "abc2");
  EXPECT_EQ(separator("ab\xff\xff"
                      "1",
                      "ac"),
            "ab\xff\xff"
            "2");
  EXPECT_EQ(separator("ab\xff", "ac"), "ab\xff");
  EXPECT_EQ(separator("a1", "bz"), "b");
  EXPECT_EQ(separator("a1", "b"), "a2");
  EXPECT_EQ(separator("a", "c"), "b");
  EXPECT_EQ(std::string(detail::short_successor("a/b.txt", scratch)), "b");
  EXPECT_EQ(std::string(detail::short_successor("\xff\xff"
                                                "a",
                                                scratch)),
            "\xff\xff"
            "b");
  EXPECT_EQ(std::string(detail::short_successor("\xff", scratch)), "\xff");
}

}  // namespace
}  // namespace tarn::sstable
