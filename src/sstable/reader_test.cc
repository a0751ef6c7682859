#include "sstable/reader.h"

#include "base/encoding.h"
#include "sstable/testing/exercise.h"
#include "sstable/testing/golden.h"
#include "sstable/value.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tarn::sstable {
namespace {

using detail::IndexType;

std::shared_ptr<const Reader> open(std::string_view bytes) {
  Result<std::shared_ptr<const Reader>> reader = Reader::open(borrowed_source(bytes));
  EXPECT_TRUE(reader) << reader.error().message();
  return *reader;
}

testing::Records numbered(int count) {
  testing::Records records;
  for (int i = 0; i < count; ++i) {
    records.emplace_back("tables/animals/part-" + std::to_string(1000000 + i),
                         "value-" + std::to_string(i * 7919));
  }
  return records;
}

TEST(Reader, ReadsTheOneRecordRangeOfLakeFs) {
  const std::string file = *base64_decode(testing::kOneRecordRangeFile);
  const auto reader = open(file);
  const Properties& properties = reader->properties();
  EXPECT_EQ(properties.type, "ranges");
  EXPECT_EQ(properties.count, 1U);
  EXPECT_EQ(properties.estimated_size_bytes, 172U);
  EXPECT_EQ(properties.min_key, "a/b.txt");
  EXPECT_EQ(properties.max_key, "a/b.txt");
  EXPECT_EQ(properties.file_size_bytes, 1064U);
  EXPECT_EQ(properties.all.at("rocksdb.compression"), "Snappy");

  const auto found = reader->get("a/b.txt");
  ASSERT_TRUE(found && *found);
  const Result<Value> value = decode_value((*found)->view());
  ASSERT_TRUE(value);
  EXPECT_EQ(hex_encode(value->identity), testing::kEntryIdentity);
  EXPECT_EQ(hex_encode(value->data), testing::kEntryData);
  for (const std::string_view key : {"", "a", "a/b.tx", "a/b.txt0", "b", "zzz"}) {
    const auto missing = reader->get(key);
    ASSERT_TRUE(missing);
    EXPECT_FALSE(missing->has_value()) << key;
  }
}

TEST(Reader, ReadsTheEmptyMetaRangeOfLakeFs) {
  const std::string file = *base64_decode(testing::kEmptyMetaRangeFile);
  const auto reader = open(file);
  EXPECT_EQ(reader->properties().type, "metaranges");
  EXPECT_EQ(reader->properties().count, 0U);
  Iterator it = reader->iterator();
  ASSERT_TRUE(it.seek_first());
  EXPECT_FALSE(it.valid());
  for (const std::string_view key : {"", "a", "\xff"}) {
    ASSERT_TRUE(it.seek_ge(key));
    EXPECT_FALSE(it.valid());
    EXPECT_FALSE(reader->get(key)->has_value());
  }
}

TEST(Reader, KeepsAFoundValueAliveWithoutReaderOrCache) {
  const std::string file = testing::write_table({{"k", std::string(5000, 'v')}});
  std::optional<PinnedValue> value;
  {
    const auto reader = open(file);
    value = *reader->get("k");
  }
  EXPECT_EQ(value->view(), std::string(5000, 'v'));
}

TEST(Iterator, KeepsItsReaderAlive) {
  const std::string file = testing::write_table(numbered(1000));
  auto reader = open(file);
  Iterator it = reader->iterator();
  reader.reset();
  ASSERT_TRUE(it.seek_first());
  int count = 0;
  while (it.valid()) {
    ++count;
    ASSERT_TRUE(it.next());
  }
  EXPECT_EQ(count, 1000);
}

TEST(Iterator, MovesBackAndForthByKey) {
  const testing::Records records = numbered(20000);
  const std::string file = testing::write_table(records);
  const auto reader = open(file);
  ASSERT_EQ(reader->properties().all.at(std::string(detail::kIndexTypeProperty)),
            std::string("\2\0\0\0", 4));
  Iterator it = reader->iterator();
  for (const std::size_t i : {19999UL, 0UL, 10000UL, 10001UL, 9999UL, 5UL, 19998UL}) {
    ASSERT_TRUE(it.seek_ge(records[i].first));
    ASSERT_TRUE(it.valid());
    EXPECT_EQ(it.key(), records[i].first);
    EXPECT_EQ(it.value(), records[i].second);
    ASSERT_TRUE(it.seek_ge(records[i].first + "0"));
    ASSERT_EQ(it.valid(), i + 1 < records.size());
    if (it.valid()) {
      EXPECT_EQ(it.key(), records[i + 1].first);
    }
  }
}

// Remembers how many bytes were read.
class CountingSource final : public RandomAccess {
 public:
  explicit CountingSource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::string_view> read(std::uint64_t offset, std::size_t size,
                                std::string& scratch) const override {
    ++reads;
    if (fail) {
      return Error(kUnavailable, "disk");
    }
    scratch.assign(bytes_, offset, size);
    return std::string_view(scratch);
  }
  mutable std::atomic<int> reads = 0;
  std::atomic<bool> fail = false;

 private:
  std::string bytes_;
};

TEST(Reader, ReadsABlockOnceWithACache) {
  const testing::Records records = numbered(20000);
  const auto source = std::make_shared<CountingSource>(testing::write_table(records));
  const auto cache = std::make_shared<BlockCache>(64 << 20);
  const auto reader = Reader::open(source, {.name = "t", .cache = cache});
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->name(), "t");
  source->reads = 0;
  for (int round = 0; round < 3; ++round) {
    const auto found = (*reader)->get(records[12345].first);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->view(), records[12345].second);
  }
  EXPECT_EQ(source->reads, 2) << "one index partition, one data block";
  const auto other = Reader::open(source, {.name = "t", .cache = cache});
  ASSERT_TRUE(other);
  source->reads = 0;
  ASSERT_TRUE((*other)->get(records[12345].first));
  EXPECT_EQ(source->reads, 2) << "two readers never share blocks, even of one name";
}

TEST(Reader, DoesNotFetchTheBlockItIsIn) {
  const testing::Records records = numbered(20000);
  const auto source = std::make_shared<CountingSource>(testing::write_table(records));
  const auto reader = Reader::open(source);
  ASSERT_TRUE(reader);
  Iterator it = (*reader)->iterator();
  ASSERT_TRUE(it.seek_ge(records[100].first));
  source->reads = 0;
  ASSERT_TRUE(it.seek_ge(records[101].first));
  EXPECT_EQ(it.key(), records[101].first);
  EXPECT_EQ(source->reads, 0);
}

TEST(Reader, GivesBackTheErrorOfItsSource) {
  const testing::Records records = numbered(3000);
  const auto source = std::make_shared<CountingSource>(testing::write_table(records));
  const auto reader = Reader::open(source);
  ASSERT_TRUE(reader);
  Iterator it = (*reader)->iterator();
  ASSERT_TRUE(it.seek_first());
  source->fail = true;
  EXPECT_TRUE((*reader)->get(records[2000].first).error().is(kUnavailable));
  Result<void> moved;
  while (it.valid()) {
    moved = it.next();
  }
  ASSERT_FALSE(moved) << "the end of the table and a failure are different things";
  EXPECT_TRUE(moved.error().is(kUnavailable));
  source->fail = false;
  ASSERT_TRUE(it.seek_ge(records[2000].first));
  EXPECT_EQ(it.key(), records[2000].first);
}

TEST(Reader, MayBeSharedByThreads) {
  const testing::Records records = numbered(20000);
  const std::string file = testing::write_table(records);
  const auto cache = std::make_shared<BlockCache>(256 * 1024);
  const auto reader = Reader::open(borrowed_source(file), {.name = {}, .cache = cache});
  ASSERT_TRUE(reader);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&records, &reader, t] {
      for (std::size_t i = 0; i < 500; ++i) {
        const auto& [key, value] = records[(i * 7919 + t * 104729) % records.size()];
        const auto found = (*reader)->get(key);
        ASSERT_TRUE(found && *found);
        EXPECT_EQ((*found)->view(), value);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST(Verify, ComputesTheIdAnew) {
  const std::string file = *base64_decode(testing::kOneRecordRangeFile);
  const Result<TableInfo> info = verify(*open(file));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->id, testing::kOneRecordRangeId);
  EXPECT_EQ(info->count, 1U);
  EXPECT_EQ(info->min_key, "a/b.txt");
  EXPECT_EQ(info->max_key, "a/b.txt");
  EXPECT_EQ(info->estimated_size_bytes, 172U);
}

std::string entry(std::uint64_t shared, std::string_view unshared, std::string_view value) {
  std::string out;
  append_uvarint(shared, out);
  append_uvarint(unshared.size(), out);
  append_uvarint(value.size(), out);
  return out.append(unshared).append(value);
}
std::string record(std::string_view key) {
  return entry(0, std::string(key).append(detail::kSetTrailer), "v");
}
std::string block(std::string_view entries, std::string_view restarts = {"\0\0\0\0\1\0\0\0", 8}) {
  return std::string(entries).append(restarts);
}
std::string handle(std::uint64_t offset, std::uint64_t size) {
  std::string out;
  detail::append_handle({.offset = offset, .size = size}, out);
  return out;
}
std::string index_entry(std::string_view key, std::uint64_t offset, std::uint64_t size) {
  return entry(0, std::string(key).append(detail::kSeparatorTrailer), handle(offset, size));
}

// Opens a framed file and walks it; the message of the first error, or "ok".
std::string walk(const std::string& file) {
  const auto reader = Reader::open(borrowed_source(file), {.name = "r1", .cache = nullptr});
  if (!reader) {
    return reader.error().message();
  }
  Iterator it = (*reader)->iterator();
  for (Result<void> moved = it.seek_first();; moved = it.next()) {
    if (!moved) {
      EXPECT_FALSE(it.valid());
      return moved.error().message();
    }
    if (!it.valid()) {
      return "ok";
    }
  }
}
std::string walk_data(const std::string& data) {
  return walk(
      testing::frame({data}, block(index_entry("z", 0, data.size())), IndexType::kBinarySearch));
}

TEST(Reader, SaysWhatIsWrongWithABlock) {
  EXPECT_EQ(walk_data(block(record("a"))), "ok");
  EXPECT_EQ(walk_data("abc"), "r1: block at 0: no count of restarts at byte 0: corrupted data");
  EXPECT_EQ(walk_data(block(record("a"), std::string("\0\0\0\0\0\0\0\0", 8))),
            "r1: block at 0: impossible count of restarts at byte 17: corrupted data");
  EXPECT_EQ(walk_data(block(record("a"), "\xff\xff\xff\xff")),
            "r1: block at 0: impossible count of restarts at byte 13: corrupted data");
  EXPECT_EQ(
      walk_data(block(entry(3, std::string("x").append(detail::kSetTrailer), "v"))),
      "r1: block at 0: entry shares more than the key before it has at byte 0: corrupted data");
  EXPECT_EQ(walk_data(block(entry(0, "short", "v"))),
            "r1: block at 0: key without trailer at byte 0: corrupted data");
  EXPECT_EQ(walk_data(block("\x01")),
            "r1: block at 0: entry larger than its block at byte 0: corrupted data");
  EXPECT_EQ(walk_data(block(std::string("\0\x08\xff\xff\xff\xff\x0f", 7) + std::string(8, 'x'))),
            "r1: block at 0: entry larger than its block at byte 0: corrupted data");
  EXPECT_EQ(walk_data(block(entry(0, std::string("a\0\0\0\0\0\0\0\0", 9), ""))),
            "r1: block at 0: record of another kind than a put at byte 0: corrupted data");
  EXPECT_EQ(walk_data(block(record("b") + record("a"))),
            "r1: block at 0: keys do not ascend at byte 13: corrupted data");
  EXPECT_EQ(walk_data(block(record("a") + record("a"))),
            "r1: block at 0: keys do not ascend at byte 13: corrupted data");
}

TEST(Reader, ComparesKeysThatShareTheirTrailer) {
  // "a" and "a\1": the second key shares the first byte of the first one's trailer.
  const std::string second = entry(2, detail::kSetTrailer, "v");
  EXPECT_EQ(walk_data(block(record("a") + second)), "ok");
  // The other way round the user key is cut short, which must not count as ascending.
  const std::string first = record(std::string_view("a\1", 2));
  const std::string shorter = entry(2, std::string("\0\0\0\0\0\0\0", 7), "v");
  EXPECT_EQ(walk_data(block(first + shorter)),
            "r1: block at 0: keys do not ascend at byte 14: corrupted data");
}

TEST(Reader, RefusesBlocksOutOfOrder) {
  const std::string a = block(record("a"));
  const std::string b = block(record("b"));
  const std::uint64_t b_at = a.size() + detail::kBlockTrailerSize;
  const std::string good = testing::frame(
      {a, b}, block(index_entry("a", 0, a.size()) + index_entry("c", b_at, b.size())),
      IndexType::kBinarySearch);
  EXPECT_EQ(walk(good), "ok");
  const std::string swapped = testing::frame(
      {a, b}, block(index_entry("a", b_at, b.size()) + index_entry("c", 0, a.size())),
      IndexType::kBinarySearch);
  EXPECT_EQ(walk(swapped),
            "r1: block at 0: keys do not ascend from block to block: corrupted data");
}

TEST(Reader, ChecksTheHandlesOfAnIndex) {
  const std::string data = block(record("a"));
  const auto with_index = [&data](const std::string& index) {
    return walk(testing::frame({data}, index, IndexType::kBinarySearch));
  };
  EXPECT_EQ(with_index(block(index_entry("z", 1 << 20, 10))),
            "r1: block at 1048576: 10 bytes reach beyond the blocks: corrupted data");
  EXPECT_EQ(with_index(block(index_entry("z", 0, ~0ULL))),
            "r1: block at 0: 18446744073709551615 bytes reach beyond the blocks: corrupted data");
  EXPECT_EQ(with_index(block(index_entry("z", ~0ULL, ~0ULL))),
            "r1: block at 18446744073709551615: 18446744073709551615 bytes reach beyond the "
            "blocks: corrupted data");
  const std::string index_at = std::to_string(data.size() + detail::kBlockTrailerSize);
  EXPECT_EQ(with_index(block(entry(0, "z" + std::string(detail::kSeparatorTrailer), "\x01"))),
            "r1: block at " + index_at + ": bad handle of a block: corrupted data");
  EXPECT_EQ(with_index(block(index_entry("z", 1, data.size()))),
            "r1: block at 1: wrong checksum: corrupted data");
  EXPECT_EQ(with_index("xx"),
            "r1: block at " + index_at + ": no count of restarts at byte 0: corrupted data");
}

TEST(Reader, WalksTwoLevelsIncludingEmptyPartitions) {
  const std::string data = block(record("b"));
  const std::string empty = block("");
  const std::string partition = block(index_entry("c", 0, data.size()));
  const std::uint64_t empty_at = data.size() + 5;
  const std::uint64_t partition_at = empty_at + empty.size() + 5;
  const std::string file = testing::frame({data, empty, partition},
                                          block(index_entry("a", empty_at, empty.size()) +
                                                index_entry("c", partition_at, partition.size()) +
                                                index_entry("d", empty_at, empty.size())),
                                          IndexType::kTwoLevel);
  EXPECT_EQ(walk(file), "ok");
  const auto reader = open(file);
  Iterator it = reader->iterator();
  for (const std::string_view key : {"", "a", "aa", "b"}) {
    ASSERT_TRUE(it.seek_ge(key));
    ASSERT_TRUE(it.valid()) << key;
    EXPECT_EQ(it.key(), "b");
  }
  ASSERT_TRUE(it.seek_ge("bb"));
  EXPECT_FALSE(it.valid());
}

std::string open_error(std::string bytes) {
  const auto reader =
      Reader::open(memory_source(std::move(bytes)), {.name = "r1", .cache = nullptr});
  return reader ? "ok" : reader.error().message();
}

TEST(Reader, RefusesOtherFormats) {
  const std::string file = *base64_decode(testing::kOneRecordRangeFile);
  EXPECT_EQ(open_error(""), "r1: 0 bytes have no footer: corrupted data");
  EXPECT_EQ(open_error(file.substr(0, 52)), "r1: 52 bytes have no footer: corrupted data");
  std::string other = file;
  other.back() = 'x';
  EXPECT_EQ(open_error(other), "r1: footer: wrong magic: corrupted data");
  other = file;
  other[file.size() - 12] = 5;
  EXPECT_EQ(open_error(other), "r1: footer: format version 5: operation not supported");
  other = file;
  other[file.size() - 53] = 4;
  EXPECT_EQ(open_error(other), "r1: footer: checksum type 4: operation not supported");
  other = file;
  other[0] ^= 1;
  EXPECT_EQ(open_error(other), "ok") << "data blocks are read when they are needed";
  EXPECT_EQ(walk(other), "r1: block at 0: wrong checksum: corrupted data");
}

}  // namespace
}  // namespace tarn::sstable
