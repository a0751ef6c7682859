// RocksDB as the oracle: it reads what we write, and we read what it writes.
#include "base/encoding.h"
#include "sstable/testing/exercise.h"
#include "sstable/testing/golden.h"

#include <gtest/gtest.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/table_properties.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tarn::sstable {
namespace {

class RocksDb : public ::testing::Test {
 protected:
  RocksDb()
      : folder_(std::filesystem::temp_directory_path() /
                ("tarn-sst-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~RocksDb() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // Everything RocksDB finds in a file, with checksums verified.
  testing::Records read(const std::string& file) {
    const std::string at = path("ours.sst");
    std::ofstream(at, std::ios::binary | std::ios::trunc) << file;
    rocksdb::Options options;
    rocksdb::BlockBasedTableOptions table_options;
    table_options.no_block_cache = true;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options));
    rocksdb::SstFileReader reader(options);
    EXPECT_TRUE(reader.Open(at).ok());
    EXPECT_TRUE(reader.VerifyChecksum().ok());
    properties_ = *reader.GetTableProperties();
    rocksdb::ReadOptions read_options;
    read_options.verify_checksums = true;
    const std::unique_ptr<rocksdb::Iterator> it(reader.NewIterator(read_options));
    testing::Records records;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      records.emplace_back(it->key().ToString(), it->value().ToString());
    }
    EXPECT_TRUE(it->status().ok()) << it->status().ToString();
    for (std::size_t i = 0; i < records.size(); i += records.size() / 50 + 1) {
      it->Seek(records[i].first);
      EXPECT_TRUE(it->Valid() && it->key() == records[i].first) << records[i].first;
    }
    return records;
  }

  std::string write(const testing::Records& records, const rocksdb::Options& options) {
    const std::string at = path("theirs.sst");
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
    EXPECT_TRUE(writer.Open(at).ok());
    for (const auto& [key, value] : records) {
      EXPECT_TRUE(writer.Put(key, value).ok());
    }
    EXPECT_TRUE(writer.Finish().ok());
    std::ifstream stream(at, std::ios::binary);
    std::stringstream buffer;
    buffer << stream.rdbuf();
    return buffer.str();
  }

  static rocksdb::Options options(rocksdb::ChecksumType checksum,
                                  rocksdb::CompressionType compression, bool two_level) {
    rocksdb::BlockBasedTableOptions table_options;
    table_options.format_version = 2;
    table_options.checksum = checksum;
    table_options.index_type = two_level ? rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch
                                         : rocksdb::BlockBasedTableOptions::kBinarySearch;
    rocksdb::Options out;
    out.compression = compression;
    out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options));
    return out;
  }

  static testing::Records sample(int count) {
    testing::Records records;
    for (int i = 0; i < count; ++i) {
      std::string key = "tables/animals/type=" + std::to_string(i / 1000 + 10) + "/part-" +
                        std::to_string(1000000 + i);
      std::string value = "identity-" + std::to_string(i * 2654435761U) +
                          std::string(static_cast<std::size_t>(i % 90), 'v');
      records.emplace_back(std::move(key), std::move(value));
    }
    return records;
  }

  std::filesystem::path folder_;
  rocksdb::TableProperties properties_;
};

TEST_F(RocksDb, ReadsOurEmptyTable) {
  EXPECT_TRUE(read(testing::write_table({}, metarange_metadata())).empty());
  EXPECT_EQ(properties_.user_collected_properties.at("type"), "metaranges");
}

TEST_F(RocksDb, ReadsOurSingleLevelTable) {
  const testing::Records records = sample(300);
  EXPECT_EQ(read(testing::write_table(records)), records);
  EXPECT_EQ(properties_.num_entries, 300U);
  EXPECT_EQ(properties_.user_collected_properties.at("type"), "ranges");
  EXPECT_EQ(properties_.user_collected_properties.at("count"), "300");
  EXPECT_EQ(properties_.user_collected_properties.at("min_key"), records.front().first);
  EXPECT_EQ(properties_.user_collected_properties.at("max_key"), records.back().first);
}

/// As dumps of references have them: more properties, one of them longer than a block of records.
TEST_F(RocksDb, ReadsOurTablesOfEntities) {
  const testing::Records records = sample(300);
  Metadata metadata = range_metadata();
  metadata["entity"] = "commit";
  metadata["schema_definition"] = std::string(5000, 'd');
  EXPECT_EQ(read(testing::write_table(records, metadata)), records);
  EXPECT_EQ(properties_.user_collected_properties.at("type"), "ranges");
  EXPECT_EQ(properties_.user_collected_properties.at("entity"), "commit");
  EXPECT_EQ(properties_.user_collected_properties.at("schema_definition"), std::string(5000, 'd'));
}

TEST_F(RocksDb, ReadsOurTwoLevelTable) {
  const testing::Records records = sample(25000);
  EXPECT_EQ(read(testing::write_table(records)), records);
  EXPECT_EQ(properties_.num_entries, 25000U);
  EXPECT_GT(properties_.index_partitions, 2U);
}

TEST_F(RocksDb, ReadsOurOddRecords) {
  const testing::Records records = {{"", ""},
                                    {std::string("\0", 1), "nul"},
                                    {"a", std::string(100000, '\xff')},
                                    {std::string("a\1", 2), ""},
                                    {std::string(1024, 'k'), "long"},
                                    {std::string(1024, 'k') + "1", std::string(1, '\0')},
                                    {"\xff\xff", "last"}};
  EXPECT_EQ(read(testing::write_table(records)), records);
}

TEST_F(RocksDb, WritesWhatWeRead) {
  const testing::Records records = sample(20000);
  for (const auto checksum : {rocksdb::kCRC32c, rocksdb::kxxHash64}) {
    for (const auto compression : {rocksdb::kSnappyCompression, rocksdb::kNoCompression}) {
      for (const bool two_level : {false, true}) {
        const auto read_back =
            testing::exercise(write(records, options(checksum, compression, two_level)));
        ASSERT_TRUE(read_back) << checksum << ' ' << compression << ' ' << two_level;
        EXPECT_EQ(*read_back, records);
      }
    }
  }
}

TEST_F(RocksDb, WritesKindsThatWeRefuse) {
  const testing::Records records = sample(100);
  const auto error_of = [](std::string file) {
    const auto reader = Reader::open(memory_source(std::move(file)));
    return reader ? std::string("ok") : reader.error().message();
  };
  rocksdb::Options newer = options(rocksdb::kCRC32c, rocksdb::kNoCompression, false);
  rocksdb::BlockBasedTableOptions table_options;
  table_options.format_version = 5;
  newer.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options));
  EXPECT_EQ(error_of(write(records, newer)),
            "table: footer: format version 5: operation not supported");
  EXPECT_EQ(error_of(write(records, options(rocksdb::kXXH3, rocksdb::kNoCompression, false))),
            "table: footer: checksum type 4: operation not supported");
  rocksdb::Options reversed = options(rocksdb::kCRC32c, rocksdb::kNoCompression, false);
  reversed.comparator = rocksdb::ReverseBytewiseComparator();
  EXPECT_EQ(error_of(write({records.rbegin(), records.rend()}, reversed)),
            "table: property rocksdb.comparator: operation not supported");
}

}  // namespace
}  // namespace tarn::sstable
