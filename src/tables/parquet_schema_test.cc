#include "tables/parquet_schema.h"

#include "runtime/testing/run.h"
#include "tables/hive_types.h"
#include "tables/table_sample.h"
#include "tables/testing/fake_reader.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

// testdata/types.parquet is DuckDB's: one row with a column of each type.

namespace tarn::tables {
namespace {

std::string file() {
  std::ifstream in(std::string(TARN_TEST_DATA) + "/types.parquet", std::ios::binary);
  EXPECT_TRUE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string metadata() {
  const std::string bytes = file();
  const std::size_t size = parquet_metadata_bytes(bytes).value();
  return bytes.substr(bytes.size() - kParquetTailBytes - size, size);
}

TEST(ParquetSchema, ReadsEveryType) {
  const auto fields = parquet_columns(metadata());
  ASSERT_TRUE(fields) << fields.error().message();
  std::string text;
  for (const TableField& field : *fields) {
    text += field.name + " " + field.type + "\n";
    EXPECT_TRUE(map_hive_type(field.type)) << field.type;
  }
  EXPECT_EQ(text,
            "flag boolean\nt tinyint\ns smallint\ni int\nl bigint\nu bigint\nf float\nd double\n"
            "price decimal(10,2)\nname string\nbytes binary\nday date\nat timestamp\nnanos bigint\n"
            "list array<int>\ndeep array<array<struct<a:int,b:array<string>>>>\n"
            "m map<string,double>\no struct<x:int,y:struct<z:boolean>>\n");
}

/// Cut anywhere, or with any byte turned round, it is read or refused, and no more.
TEST(ParquetSchema, RefusesWhatIsBroken) {
  const std::string whole = metadata();
  std::size_t refused = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    refused += parquet_columns(ByteView(whole).substr(0, size)) ? 0 : 1;
  }
  EXPECT_GT(refused, 100U);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(~broken[at]);
    (void)parquet_columns(broken);
  }
  EXPECT_EQ(parquet_columns("").error().message(),
            "its Parquet metadata is malformed: it holds no schema");
  EXPECT_EQ(parquet_metadata_bytes("0123456789").error().message(), "it is no Parquet file");
  EXPECT_EQ(parquet_metadata_bytes("PAR1").error().message(), "it is no Parquet file");
  EXPECT_EQ(parquet_metadata_bytes("....PARE").error().message(),
            "its Parquet metadata is encrypted");
}

TEST(ParquetSchema, IsFoundAtTheEndOfAFile) {
  testing::FakeReader reader;
  const PartitionLayout layout("t", {});
  const std::string bytes = file();
  reader.set_content("t/a.parquet", std::string(200 * kKiB, 'x') + bytes);
  auto sample = tarn::testing::run(sample_table({}, reader, layout, "parquet"));
  ASSERT_TRUE(sample && *sample) << sample.error().message();
  EXPECT_EQ((*sample)->fields.size(), 18U);
  EXPECT_FALSE((*sample)->by_position);
  // Metadata that is longer than what is read at first: only its beginning matters.
  std::string padded = metadata() + std::string(100 * kKiB, 'x');
  const std::size_t size = padded.size();
  for (unsigned shift = 0; shift < 32; shift += 8) {
    padded.push_back(static_cast<char>(size >> shift & 0xffU));
  }
  reader.set_content("t/a.parquet", "PAR1" + padded + "PAR1");
  sample = tarn::testing::run(sample_table({}, reader, layout, "parquet"));
  ASSERT_TRUE(sample && *sample) << sample.error().message();
  EXPECT_EQ((*sample)->fields.size(), 18U);
  reader.set_content("t/a.parquet", std::string("PAR1\xff\xff\xff\x7fPAR1"));
  sample = tarn::testing::run(sample_table({}, reader, layout, "parquet"));
  ASSERT_FALSE(sample);
  EXPECT_EQ(sample.error().message(), "t/a.parquet: it is no Parquet file");
}

}  // namespace
}  // namespace tarn::tables
