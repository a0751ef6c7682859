#include "tables/file_catalog.h"

#include "base/clock.h"
#include "base/rng.h"
#include "block/open.h"
#include "runtime/testing/run.h"
#include "tables/block_manifests.h"
#include "tables/table_export.h"
#include "tables/testing/fake_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace tarn::tables {
namespace {

using tarn::testing::run;

Json table_input(const std::string& name, const std::string& location) {
  Json storage = Json::object();
  storage.set("Location", location);
  Json input = Json::object();
  input.set("Name", name).set("StorageDescriptor", std::move(storage));
  return input;
}

class FileCatalogTest : public ::testing::Test {
 protected:
  std::vector<GluePartition> partitions_of(const std::string& table) {
    return run(catalog.partitions({}, table)).value();
  }

  SystemClock clock;
  SeededRng rng{3};
  const std::unique_ptr<block::Adapter> blocks = block::open_mem(clock, rng);
  BlockManifests store{*blocks};
  StorageUri folder{.protocol = "mem", .bucket = "bucket", .key = "ns/_lakefs/catalog"};
  FileCatalog catalog{store, clock, folder, "db"};
  const std::string place = "mem://bucket/ns/_lakefs/exported/main/1/t";
};

TEST_F(FileCatalogTest, KnowsWhatItWasTold) {
  EXPECT_FALSE(run(catalog.find_table({}, "t")).value());
  EXPECT_TRUE(run(catalog.tables({}))->empty());
  EXPECT_TRUE(run(catalog.databases({}))->empty());
  const std::vector<GluePartition> two{{{"a=1 %/'\""}, place + "/1"}, {{"b"}, place + "/b"}};
  auto registered = run(catalog.register_table({}, table_input("t", place), two));
  ASSERT_TRUE(registered) << registered.error().message();
  EXPECT_TRUE(registered->created);
  EXPECT_EQ(registered->partitions.created, 2U);
  EXPECT_EQ(partitions_of("t"), two);
  const Json table = *run(catalog.find_table({}, "t")).value();
  EXPECT_EQ(table.string_or("DatabaseName", ""), "db");
  EXPECT_TRUE(table.find("CreateTime")->as_double());

  // Again, with others.
  const std::vector<GluePartition> others{{{"b"}, place + "/b2"}, {{"c"}, place + "/c"}};
  registered = run(catalog.register_table({}, table_input("t", place), others));
  ASSERT_TRUE(registered);
  EXPECT_FALSE(registered->created);
  EXPECT_EQ(registered->partitions.created, 1U);
  EXPECT_EQ(registered->partitions.updated, 1U);
  EXPECT_EQ(registered->partitions.deleted, 1U);
  EXPECT_EQ(partitions_of("t"), others);
  EXPECT_EQ(*run(catalog.find_table({}, "t")).value()->find("CreateTime"),
            *table.find("CreateTime"));
  // The table alone.
  ASSERT_TRUE(run(catalog.register_table({}, table_input("t", place), std::nullopt)));
  EXPECT_EQ(partitions_of("t"), others);

  EXPECT_EQ(run(catalog.databases({})).value(), std::vector<std::string>{"db"});
  EXPECT_EQ(run(catalog.tables({}))->size(), 1U);
  EXPECT_TRUE(run(catalog.other("db2")->tables({}))->empty());
  ASSERT_TRUE(run(catalog.delete_table({}, "t")));
  ASSERT_TRUE(run(catalog.delete_table({}, "t")));
  EXPECT_FALSE(run(catalog.find_table({}, "t")).value());
}

TEST_F(FileCatalogTest, PartitionsComeAndGo) {
  const Json input = table_input("t", place);
  EXPECT_TRUE(
      run(catalog.put_partitions({}, input, {{{"a"}, place}}, true)).error().is(kTableNotFound));
  EXPECT_TRUE(run(catalog.update_table({}, input)).error().is(kTableNotFound));
  ASSERT_TRUE(run(catalog.register_table({}, input, std::vector<GluePartition>{})));
  auto changes = run(catalog.put_partitions({}, input, {{{"b"}, "1"}, {{"a"}, "2"}}, true));
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->created, 2U);
  changes = run(catalog.put_partitions({}, input, {{{"b"}, "3"}}, false));
  EXPECT_EQ(changes->updated, 1U);
  const std::vector<std::vector<std::string>> asked{{"b"}, {"none"}};
  EXPECT_EQ(run(catalog.find_partitions({}, "t", asked)).value(),
            (std::vector<GluePartition>{{{"b"}, "3"}}));
  EXPECT_EQ(run(catalog.delete_partitions({}, "t", asked)).value(), 1U);
  EXPECT_EQ(partitions_of("t"), (std::vector<GluePartition>{{{"a"}, "2"}}));
}

TEST_F(FileCatalogTest, OtherTablesAndBrokenFilesAreNamed) {
  ASSERT_TRUE(run(catalog.register_table({}, table_input("t", place), std::nullopt)));
  ASSERT_TRUE(run(catalog.update_table({}, table_input("t", "file:///theirs"))));
  const auto foreign = run(catalog.register_table({}, table_input("t", place), std::nullopt));
  ASSERT_FALSE(foreign);
  EXPECT_TRUE(foreign.error().is(kForeignTable));
  ASSERT_TRUE(run(store.put({}, "bucket", "ns/_lakefs/catalog/db/t.json", "{")));
  const auto broken = run(catalog.find_table({}, "t"));
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message().find("ns/_lakefs/catalog/db/t.json"), std::string::npos);
}

/// Nothing changes but what one says.
class NoChanges final : public ChangeReader {
 public:
  Task<Result<ChangePage>> changes(Context, std::string, std::string, std::string, std::string,
                                   std::size_t) override {
    ChangePage page;
    page.paths = paths;
    co_return page;
  }
  Task<Result<bool>> is_ancestor(Context, std::string, std::string) override { co_return false; }
  std::vector<std::string> paths;
};

TEST_F(FileCatalogTest, ATableFollowsItsRefWithoutACloud) {
  const auto spec = [](const std::string& commit) {
    TableExport made;
    made.descriptor = parse_descriptor(
                          "{name: t, type: hive, path: t, partition_columns: [p], schema: {fields: "
                          "[{name: p, type: string}]}}",
                          "t.yaml")
                          .value();
    made.file = "t.yaml";
    made.source = {
        .repository_id = "r", .ref = "main", .commit_id = commit, .base_uri = "mem://bucket/ns"};
    made.table = "t";
    made.table_input = parse_json(R"({"StorageDescriptor":{}})").value();
    return made;
  };
  testing::FakeReader version;
  version.add("t/p=1/a");
  version.add("t/p=2/b");
  NoChanges changes;
  auto report = run(export_table({}, version, changes, store, catalog, spec("1111")));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->partitions.created, 2U);
  version.add("t/p=2/c");
  changes.paths = {"t/p=2/c"};
  report = run(export_table({}, version, changes, store, catalog, spec("2222")));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->kind, TableExportReport::Kind::kIncremental);
  EXPECT_EQ(report->partitions.updated, 1U);
  const std::string root = "mem://bucket/ns/_lakefs/exported/main/_tables/t/";
  EXPECT_EQ(partitions_of("t"),
            (std::vector<GluePartition>{{{"1"}, root + "1111/p=1"}, {{"2"}, root + "2222/p=2"}}));
  EXPECT_EQ(run(store.get({}, "bucket", "ns/_lakefs/exported/main/_tables/t/2222/p=2/symlink.txt"))
                .value(),
            "s3://bucket/ns/data/b\ns3://bucket/ns/data/c\n");
}

}  // namespace
}  // namespace tarn::tables
