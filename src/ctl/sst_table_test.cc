// Goal: cat-sst shows what range files hold, and says so when they hold something else. Method:
// tables made with our writer, whose records are serialised by hand from the field numbers of
// docs/formats/records.md. Files of a running server are read in tests/e2e/test_ctl_history.py.
#include "ctl/sst_table.h"

#include "sstable/sink.h"
#include "sstable/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tarn::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>(value | 0x80);
  }
  return out + static_cast<char>(value);
}
std::string number(std::uint32_t field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}
std::string bytes(std::uint32_t field, std::string_view value) {
  return varint(field << 3 | 2) + varint(value.size()) + std::string(value);
}
std::string pair(std::uint32_t field, std::string_view key, std::string_view value) {
  return bytes(field, bytes(1, key) + bytes(2, value));
}

struct Row {
  std::string key;
  std::string identity;
  std::string data;
};

/// What cat-sst prints of a table with these rows.
Result<std::string> cat(sstable::Metadata properties, const std::vector<Row>& rows,
                        std::int64_t amount = -1, bool interactive = false) {
  std::string file;
  sstable::StringSink sink(file);
  sstable::Writer writer(sink, std::move(properties));
  for (const Row& row : rows) {
    const sstable::Value value{.identity = row.identity, .data = row.data};
    TARN_CHECK_OK(writer.add(row.key, value));
  }
  TARN_CHECK_OK(writer.finish());
  TARN_TRY(const auto reader, sstable::Reader::open(sstable::memory_source(std::move(file)),
                                                    {.name = "table", .cache = nullptr}));
  TARN_TRY(const Table table, read_sst(*reader, amount));
  return table.render(interactive);
}

sstable::Metadata dump_of(const std::string& entity) {
  return {{"type", "ranges"}, {"entity", entity}};
}

class SstTable : public ::testing::Test {
 protected:
  SstTable() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(SstTable, ListsObjects) {
  const std::string entry = bytes(1, "data/x") +
                            bytes(2, number(1, 1700000000) + number(2, 500000000)) + number(3, 7) +
                            bytes(4, "5d41402a") + pair(5, "b", "2") + pair(5, "a", "1") +
                            number(6, 1) + bytes(7, "text/plain");
  const std::string expected =
      "a/b\t00ff\t7\t5d41402a\t2023-11-14 22:13:20.5 +0000 UTC\tdata/x\tmap[a:1 b:2]\n";
  const std::vector<Row> rows{{"a/b", std::string("\x00\xff", 2), entry},
                              {"c", "\x01", bytes(1, "data/y")}};
  EXPECT_EQ(*cat(sstable::range_metadata(), rows),
            expected + "c\t01\t0\t\t1970-01-01 00:00:00 +0000 UTC\tdata/y\tmap[]\n");
  EXPECT_EQ(*cat(sstable::range_metadata(), rows, 1), expected);
  EXPECT_EQ(*cat(sstable::range_metadata(), rows, 0), "");
  EXPECT_THAT(
      *cat(sstable::range_metadata(), rows, 0, true),
      HasSubstr("| PATH | IDENTITY | SIZE | ETAG | LAST_MODIFIED | ADDRESS | METADATA |\n"));
}

TEST_F(SstTable, ListsRanges) {
  const std::string id(64, 'a');
  const std::string data = bytes(1, "a") + bytes(2, "m/9") + number(3, 172) + number(4, 2);
  EXPECT_EQ(*cat(sstable::metarange_metadata(), {{"m/9", id, data}}), id + "\ta\tm/9\t2\t172\n");
  EXPECT_EQ(*cat(sstable::metarange_metadata(), {}), "");
  // The metarange of a dump lists ranges as well.
  EXPECT_EQ(*cat({{"type", "metaranges"}, {"entity", "tag"}}, {{"m/9", id, data}}),
            id + "\ta\tm/9\t2\t172\n");
}

TEST_F(SstTable, ListsDumpsOfReferences) {
  EXPECT_EQ(*cat(dump_of("branch"), {{"main", "c1", bytes(1, "main") + bytes(2, "c1")}}),
            "main\tc1\n");
  EXPECT_EQ(*cat(dump_of("tag"), {{"v1", "c1", bytes(1, "v1") + bytes(2, "c1")}}), "v1\tc1\n");
  const std::string commit = bytes(1, "c2") + bytes(2, "me") + bytes(3, "a \"message\"") +
                             bytes(4, number(1, 1700000000)) + bytes(5, "m2") +
                             pair(6, "k", "v\"") + bytes(7, "c1") + bytes(7, "c0") + number(8, 1) +
                             number(9, 12);
  EXPECT_EQ(*cat(dump_of("commit"), {{"c2", "c2", commit}}),
            "c2\tme\ta \"message\"\t2023-11-14T22:13:20Z\t{\"k\":\"v\\\"\"}\t[\"c1\",\"c0\"]\tm2\t1"
            "\t12\n");
  EXPECT_THAT(*cat(dump_of("commit"), {{"c2", "c2", commit}}, -1, true),
              HasSubstr("|       1 |         12 |\n"));
}

TEST_F(SstTable, RefusesOtherTables) {
  EXPECT_EQ(cat({}, {}).error().message(), "could not determine sstable file type");
  EXPECT_EQ(cat({{"type", "other"}}, {}).error().message(), "unknown sstable file type: other");
  EXPECT_EQ(cat(dump_of("pull"), {}).error().message(), "unknown sstable file type: pull");
}

TEST_F(SstTable, RefusesDamagedRecords) {
  const std::string cases[] = {
      "\x0a",                              // a length is missing
      "\x0a\x05xx",                        // shorter than its length
      "\x0b",                              // a group
      std::string(11, '\xff'),             // a number without an end
      std::string("\x19\x00\x00", 3),      // eight bytes that are not there
      bytes(5, "\x0a"),                    // a pair that breaks off
      bytes(2, number(2, 2'000'000'000)),  // more than a second of nanoseconds
      bytes(2, number(1, ~0ULL >> 1)),     // the year 292 billion
  };
  for (const std::string& data : cases) {
    const Result<std::string> refused = cat(sstable::range_metadata(), {{"a/b", "i", data}});
    ASSERT_FALSE(refused) << ::testing::PrintToString(data);
    EXPECT_THAT(refused.error().message(), StartsWith("a/b: "));
  }
}

}  // namespace
}  // namespace tarn::ctl
