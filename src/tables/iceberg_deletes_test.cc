#include "tables/iceberg_deletes.h"

#include "tables/avro_file.h"
#include "tables/avro_pairs.h"
#include "tables/testing/iceberg_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// Tables with files of deletes by position are exported, and read as an engine does.

namespace tarn::tables {
namespace {

using testing::IcebergWorld;
using testing::manifest_file;
using testing::manifest_list_file;

class IcebergDeletesTest : public IcebergWorld {};

/// The entry of a manifest's only file, as its cells and lists are encoded.
std::map<std::string, Bytes> entry_of(const Bytes& manifest) {
  const std::vector<std::string> names = {"file_size_in_bytes", "column_sizes", "lower_bounds",
                                          "upper_bounds", "split_offsets"};
  const std::vector<std::int64_t> ids = {104, 108, 125, 128, 132};
  std::vector<AvroPath> wanted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    wanted.push_back({{2, "data_file"}, {ids[i], names[i]}});
  }
  std::map<std::string, Bytes> found;
  const AvroFile file = AvroFile::parse(manifest).value();
  EXPECT_TRUE(file.each_row(wanted, [&](const AvroRow& row) -> Result<void> {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::optional<AvroCell>& cell = row.cells[i] ? row.cells[i] : row.lists[i];
      found[names[i]] = row.bytes.substr(cell->begin, cell->end - cell->begin);
    }
    return {};
  }));
  return found;
}

/// A list of pairs behind the branch of its union.
Bytes pairs_of(const std::vector<std::pair<std::int64_t, Bytes>>& pairs) {
  return testing::avro_pairs(pairs).substr(1);
}

TEST_F(IcebergDeletesTest, DeletesByPositionNameTheDataInTheStore) {
  // In the store `a` comes behind `b`.
  put_deletes({"a", "b"},
              {{at("data/a"), {5, 1}},
               {"s3a://lake/dev/wh/trips/data/a", {3}},
               {at("data/b"), {7}},
               {at("data/gone"), {9}},
               {"s3://elsewhere/x", {2}}},
              {.least_path = "s3://lake/main/wh", .greatest_path = "s3://lake/main/wi"});
  reader.add_at(kFolder + "data/a", in_store("z"));
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();

  const std::vector<std::string> deletes = written("-p.parquet");
  ASSERT_EQ(deletes.size(), 1U);
  EXPECT_TRUE(deletes[0].starts_with(kRoot + "/metadata/"));
  EXPECT_EQ(read(0), (std::set<std::string>{in_store("z"), in_store("b"), deletes[0]}));
  const Bytes& content = bucket.objects.at(deletes[0]);
  const PositionDeletes expected = {{in_store("b"), {7}},
                                    {in_store("z"), {1, 3, 5}},
                                    {"s3://elsewhere/x", {2}},
                                    {at("data/gone"), {9}}};
  EXPECT_EQ(read_position_deletes(content).value(), expected);

  const PositionDeletesFile same = write_position_deletes(expected);
  EXPECT_EQ(content, same.content);
  const std::map<std::string, Bytes> entry = entry_of(bucket.objects.at(written("-d.avro").at(0)));
  EXPECT_EQ(entry.at("file_size_in_bytes"),
            encode_avro_long(static_cast<std::int64_t>(content.size())));
  EXPECT_EQ(entry.at("column_sizes"),
            pairs_of({{3, encode_avro_long(30)},
                      {kDeletesPathField, encode_avro_long(same.path_bytes)}}));
  EXPECT_EQ(entry.at("lower_bounds"),
            pairs_of({{3, encode_avro_text("bound")},
                      {kDeletesPathField, encode_avro_text(in_store("b"))}}));
  EXPECT_EQ(entry.at("upper_bounds"),
            pairs_of({{3, encode_avro_text("bound")},
                      {kDeletesPathField, encode_avro_text(at("data/gone"))}}));
  EXPECT_EQ(entry.at("split_offsets"), encode_avro_longs(same.split_offsets));
}

TEST_F(IcebergDeletesTest, DeletesByPositionAreWrittenOnce) {
  put_deletes({"a"}, {{at("data/a"), {1}}});
  ASSERT_TRUE(run(1));
  const std::vector<std::string> deletes = written("-p.parquet");
  ASSERT_EQ(deletes.size(), 1U);
  EXPECT_FALSE(deletes[0].starts_with(kRoot + "/metadata/x-"));

  put_snapshot(2, {{"c"}});
  put_metadata("v2.metadata.json", {1, 2});
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->files.reused, 1U) << "the list of the past";
  EXPECT_EQ(read(0), (std::set<std::string>{in_store("a"), deletes[0]}));

  IcebergExport again = spec(2);
  again.full = true;
  ASSERT_TRUE(run(again));
  EXPECT_EQ(written("-p.parquet"), deletes) << "of the same name";

  // Two manifests that name it, as when one was written anew.
  Bytes same = manifest_file({{.file_path = at("deletes/d"), .status = 0, .content = 1},
                              {.file_path = at("deletes/d"), .status = 2, .content = 1}});
  put("metadata/same.avro", same);
  put("metadata/snap-1.avro",
      manifest_list_file({{at("metadata/deletes.avro"), 5}, {at("metadata/same.avro"), 6}}));
  IcebergExport third = spec(3);
  third.full = true;
  const auto shared = run(third);
  ASSERT_TRUE(shared) << shared.error().message();
  EXPECT_EQ(std::ranges::count(shared->files.written, deletes[0]), 1);
  EXPECT_EQ(read(0), (std::set<std::string>{deletes[0], in_store("d")}))
      << "the removed one as well";
}

TEST_F(IcebergDeletesTest, DeletesOfTheStoreStay) {
  put_deletes({"a"}, {{in_store("a"), {1}}}, {.least_path = "s", .greatest_path = "t"});
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(written("-p.parquet").empty());
  EXPECT_TRUE(written("-d.avro").empty());
  EXPECT_EQ(read(0), (std::set<std::string>{in_store("a"), in_store("d")}));
}

TEST_F(IcebergDeletesTest, DataThatComesBackIsDeletedFrom) {
  put_deletes({"a"}, {{at("data/a"), {1}}, {at("data/b"), {2}}});
  ASSERT_TRUE(run(1));
  put_data("b");
  put_metadata("v2.metadata.json", {1});
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  std::set<std::string> files = read(0);
  files.erase(in_store("a"));
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(read_position_deletes(bucket.objects.at(*files.begin())).value(),
            (PositionDeletes{{in_store("a"), {1}}, {in_store("b"), {2}}}));
}

TEST_F(IcebergDeletesTest, DeletesThatAreNotReadAreRefused) {
  put_deletes({"a"}, {{at("data/a"), {1}}}, {.file_format = "ORC"});
  const auto orc = run(1);
  ASSERT_FALSE(orc);
  EXPECT_NE(orc.error().message().find("wh/trips/deletes/d holds deletes by position, which name"),
            std::string::npos)
      << orc.error().message();
  EXPECT_NE(orc.error().message().find("as orc, of which only Parquet is read"), std::string::npos);

  put_deletes({"a"}, {{at("data/a"), {1}}});
  put("deletes/d", "no Parquet");
  const auto damaged = run(1);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().message(),
            "wh/trips/metadata/v1.metadata.json: wh/trips/deletes/d holds deletes by position: "
            "invalid Parquet file: it is no Parquet file");
  EXPECT_EQ(glue.table_count(), 0U);

  // Of the past it may be.
  put_snapshot(2, {{"a"}});
  put_metadata("v1.metadata.json", {1, 2});
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->files.left_out.size(), 1U);
  EXPECT_EQ(read(1), (std::set<std::string>{in_store("a")}));
}

TEST_F(IcebergDeletesTest, NobodyReadsDeletesOfWhatTheyCannotRead) {
  put_deletes({"a"}, {{at("data/a"), {1}}, {at("data/b"), {1}}});
  reader.forbidden = {kFolder + "data/b"};
  const auto refused = run(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kForbidden);
}

TEST_F(IcebergDeletesTest, DeletesThatHoldNoAddressesStay) {
  put("metadata/m.avro", manifest_file({{.file_path = at("data/e"), .content = 2},
                                        {.file_path = at("data/v"),
                                         .content = 1,
                                         .file_format = "puffin",
                                         .referenced = at("data/d")}}));
  put("metadata/snap-1.avro", manifest_list_file({{at("metadata/m.avro"), 5}}));
  put_metadata("v1.metadata.json", {1});
  put_data("d");
  put_data("e");
  put_data("v");
  ASSERT_TRUE(run(1));
  EXPECT_EQ(read(0), store({"e", "v"}));
  EXPECT_EQ(read_manifest(bucket.objects.at(written("-m.avro").at(0)))->at(1).referenced,
            in_store("d"));
}

}  // namespace
}  // namespace tarn::tables
