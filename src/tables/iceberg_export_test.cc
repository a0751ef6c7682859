#include "tables/iceberg_export.h"

#include "base/deflate.h"
#include "runtime/testing/run.h"
#include "tables/testing/iceberg_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tarn::tables {
namespace {

using testing::IcebergWorld;
using testing::manifest_file;
using testing::manifest_list_file;
using testing::metadata_json;

class IcebergExportTest : public IcebergWorld {};

TEST_F(IcebergExportTest, EnginesFindTheDataInTheStore) {
  put_snapshot(1, {{"a", "b"}});
  put_snapshot(2, {{"a", "b"}, {"c"}});
  put_metadata("00002-x.metadata.json", {1, 2});
  put_metadata("00001-y.metadata.json", {1});
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->table_created);
  EXPECT_EQ(report->snapshot, 2);
  EXPECT_EQ(read(0), store({"a", "b"}));
  EXPECT_EQ(read(1), store({"a", "b", "c"}));
  EXPECT_EQ(bucket.objects.size(), 5U) << "two manifests, two lists and the metadata";
  EXPECT_EQ(report->files.written.size(), 5U);
  EXPECT_EQ(report->files.objects, 3U);

  const Json table = glue.table("db", "trips");
  EXPECT_EQ(table.string_or("TableType", ""), "EXTERNAL_TABLE");
  EXPECT_EQ(table.string_or("Description", ""), "mine");
  EXPECT_EQ(parameter("table_type"), "ICEBERG");
  EXPECT_EQ(parameter("a"), "b");
  EXPECT_EQ(parameter("tarn.commit"), spec(1).source.commit_id);
  EXPECT_EQ(*table.find_path({"StorageDescriptor", "Location"})->as_string(), kRoot);
  EXPECT_EQ(table.find_path({"StorageDescriptor", "Columns"})->size(), 3U);
  EXPECT_TRUE(parameter("metadata_location").starts_with(kRoot + "/metadata/00002-"));
  EXPECT_EQ(bucket.objects.at(parameter("metadata_location")).find("s3://lake"), std::string::npos);
}

TEST_F(IcebergExportTest, WhatIsThereIsUsedAgain) {
  put_snapshot(1, {{"a", "b"}});
  put_metadata("v1.metadata.json", {1});
  ASSERT_TRUE(run(1));
  put_snapshot(2, {{"a", "b"}, {"c"}});
  put_metadata("v2.metadata.json", {1, 2});
  put("metadata/version-hint.text", "2");
  changes.replaced = {kFolder + "metadata/version-hint.text"};
  reader.finds = 0;
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->files.written.size(), 3U) << "a manifest, a list and the metadata";
  EXPECT_EQ(report->files.reused, 2U);
  EXPECT_EQ(report->files.objects, 1U);
  EXPECT_EQ(reader.finds, 5U) << "two lists, two manifests, one file";
  EXPECT_EQ(read(0), store({"a", "b"}));
  EXPECT_EQ(read(1), store({"a", "b", "c"}));

  EXPECT_TRUE(run(2)->up_to_date);
  IcebergExport again = spec(2);
  again.full = true;
  EXPECT_EQ(run(again)->files.written.size(), 5U);
  EXPECT_EQ(bucket.objects.size(), 6U) << "of the same names";
}

TEST_F(IcebergExportTest, AFileThatWasReplacedIsLookedUpAgain) {
  put_snapshot(1, {{"a"}});
  put_metadata("v1.metadata.json", {1});
  ASSERT_TRUE(run(1));
  reader.add_at(kFolder + "data/a", "s3://bucket/ns/data/other");
  changes.replaced = {kFolder + "data/a"};
  ASSERT_TRUE(run(2));
  EXPECT_EQ(read(0), store({"other"}));

  changes.replaced = {};
  changes.gone = true;
  reader.add_at(kFolder + "data/a", "s3://bucket/ns/data/third");
  ASSERT_TRUE(run(3));
  EXPECT_EQ(read(0), store({"third"}));
}

TEST_F(IcebergExportTest, FilesOutsideOfTheTableAreLookedUpEachTime) {
  const Bytes manifest = manifest_file({{.file_path = "s3a://lake/main/elsewhere/x"}});
  put("metadata/m.avro", manifest);
  put("metadata/snap-1.avro", manifest_list_file({{at("metadata/m.avro"), 5}}));
  put_metadata("v1.metadata.json", {1});
  reader.add("elsewhere/x");
  ASSERT_TRUE(run(1));
  EXPECT_EQ(read(0), store({"x"}));
  reader.add_at("elsewhere/x", "s3://bucket/ns/data/y");
  ASSERT_TRUE(run(2));
  EXPECT_EQ(read(0), store({"y"}));
}

TEST_F(IcebergExportTest, ATableThatNamesTheStoreIsRegisteredAsItIs) {
  const std::string json = metadata_json("s3a://warehouse/trips", {{1, "s3a://warehouse/trips/l"}});
  put("metadata/00001-x.metadata.json", json);
  reader.add_at(kFolder + "metadata/00001-x.metadata.json",
                "s3://warehouse/trips/metadata/00001-x.metadata.json");
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->native);
  EXPECT_TRUE(bucket.objects.empty());
  EXPECT_EQ(parameter("metadata_location"), "s3://warehouse/trips/metadata/00001-x.metadata.json");
  EXPECT_TRUE(run(1)->up_to_date);
}

TEST_F(IcebergExportTest, PackedMetadataIsRead) {
  put_snapshot(1, {{"a"}});
  put("metadata/00001-x.gz.metadata.json",
      deflate(metadata_json(kLocation, {{1, at("metadata/snap-1.avro")}}), DeflateForm::kGzip));
  ASSERT_TRUE(run(1));
  EXPECT_EQ(read(0), store({"a"}));
  put("metadata/00002-x.gz.metadata.json", "{}");
  EXPECT_EQ(run(2).error().message(),
            "wh/trips/metadata/00002-x.gz.metadata.json: compressed data is damaged or cut off");
}

TEST_F(IcebergExportTest, WhatTheTableNeedsMustBeThere) {
  put_snapshot(1, {{"a"}});
  put_snapshot(2, {{"b"}});
  put_metadata("v1.metadata.json", {1, 2});
  const std::string lost = kFolder + "data/b";
  reader.remove(lost);
  const auto refused = run(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "wh/trips/metadata/v1.metadata.json: wh/trips/data/b is missing");
  EXPECT_EQ(glue.table_count(), 0U);

  put_data("b");
  reader.remove(kFolder + "data/a");
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->files.left_out,
            (std::vector<std::string>{"snapshot 1: wh/trips/data/a is missing"}));
  EXPECT_EQ(read(1), store({"b"}));
  const IcebergMetadata exported =
      parse_iceberg_metadata(bucket.objects.at(parameter("metadata_location")), "e").value();
  EXPECT_EQ(exported.snapshots[0].manifest_list, at("metadata/snap-1.avro"))
      << "who goes back to it finds nothing, not half of it";

  reader.remove(kFolder + "metadata/snap-2.avro");
  EXPECT_EQ(run(3).error().message(),
            "wh/trips/metadata/v1.metadata.json: wh/trips/metadata/snap-2.avro is missing");
}

TEST_F(IcebergExportTest, FilesThatWereRemovedMayBeGone) {
  put("metadata/m.avro", manifest_file({{.file_path = at("data/a")},
                                        {.file_path = at("data/gone"), .status = 2},
                                        {.file_path = at("data/left"), .status = 2}}));
  put("metadata/snap-1.avro", manifest_list_file({{at("metadata/m.avro"), 5}}));
  put_metadata("v1.metadata.json", {1});
  put_data("a");
  put_data("left");
  ASSERT_TRUE(run(1));
  std::set<std::string> expected = store({"a", "left"});
  expected.insert(at("data/gone"));
  EXPECT_EQ(read(0), expected);
}

TEST_F(IcebergExportTest, NobodyExportsWhatTheyCannotRead) {
  put_snapshot(1, {{"a"}, {"b"}});
  put_metadata("v1.metadata.json", {1});
  reader.forbidden = {kFolder + "data/b"};
  const auto refused = run(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kForbidden);
  EXPECT_NE(refused.error().message().find("wh/trips/data/b"), std::string::npos);
  EXPECT_EQ(glue.table_count(), 0U);
}

TEST_F(IcebergExportTest, ABrokenExportLeavesTheTableAsItWas) {
  put_snapshot(1, {{"a"}});
  put_metadata("v1.metadata.json", {1});
  ASSERT_TRUE(run(1));
  const std::string before = parameter("metadata_location");
  put_snapshot(2, {{"b"}});
  put_metadata("v2.metadata.json", {1, 2});
  bucket.fails_on = ".metadata.json";
  EXPECT_FALSE(run(2));
  EXPECT_EQ(parameter("metadata_location"), before);
  EXPECT_EQ(read(0), store({"a"}));
  bucket.fails_on.clear();
  ASSERT_TRUE(run(2));
  EXPECT_EQ(read(1), store({"b"}));
}

TEST_F(IcebergExportTest, OtherTablesAreLeftAlone) {
  put_snapshot(1, {{"a"}});
  put_metadata("v1.metadata.json", {1});
  Json other =
      parse_json(R"({"Name":"trips","StorageDescriptor":{"Location":"s3://mine/trips"}})").value();
  ASSERT_TRUE(tarn::testing::run(catalog->register_table({}, other, std::nullopt)));
  const auto refused = run(1);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kForeignTable));
  EXPECT_TRUE(bucket.objects.empty());
}

TEST_F(IcebergExportTest, WhatAnEngineWroteGivesWay) {
  put_snapshot(1, {{"a"}});
  put_metadata("v1.metadata.json", {1});
  const std::string theirs = "s3://bucket/ns/_lakefs/exported/dev/_tables/trips";
  for (const std::string& root : {theirs, kRoot}) {
    // As Trino leaves the table.
    Json written = parse_json(R"({"Name":"trips","Parameters":{"table_type":"ICEBERG",
        "metadata_location":"s3://bucket/x.metadata.json"}})")
                       .value();
    written.set("StorageDescriptor", Json::object({{"Location", root}}));
    ASSERT_TRUE(tarn::testing::run(catalog->put_table({}, written)));
    const auto done = run(1);
    ASSERT_EQ(static_cast<bool>(done), root == kRoot) << root;
    if (!done) {
      EXPECT_TRUE(done.error().is(kForeignTable));
    }
  }
  EXPECT_EQ(read(0), store({"a"}));
  EXPECT_EQ(parameter("tarn.ref"), "main");
}

TEST_F(IcebergExportTest, AHiveTableOfTheNameGivesWay) {
  put_snapshot(1, {{"a"}});
  put_metadata("v1.metadata.json", {1});
  Json hive = parse_json(R"({"Name":"trips","Parameters":{"classification":"csv",
      "tarn.repository":"lake","tarn.ref":"main","tarn.commit":"00"}})")
                  .value();
  hive.set("StorageDescriptor", Json::object({{"Location", kRoot}}));
  ASSERT_TRUE(tarn::testing::run(catalog->register_table({}, hive, std::nullopt)));
  ASSERT_TRUE(run(1));
  EXPECT_EQ(read(0), store({"a"}));
  EXPECT_EQ(parameter("classification"), "absent");
}

TEST_F(IcebergExportTest, ADryRunChangesNothing) {
  put_snapshot(1, {{"a"}});
  put_metadata("v1.metadata.json", {1});
  IcebergExport dry = spec(1);
  dry.dry_run = true;
  const auto report = run(dry);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->steps.size(), 4U);
  EXPECT_TRUE(report->steps.back().starts_with("create table db.trips: shows commit 01c"));
  EXPECT_TRUE(bucket.objects.empty());
  EXPECT_EQ(glue.table_count(), 0U);
}

TEST_F(IcebergExportTest, ATableOfOneCommitHasItsOwnFolder) {
  put_snapshot(1, {{"a"}});
  put_metadata("v1.metadata.json", {1});
  const auto report =
      tarn::testing::run(export_iceberg_commit({}, reader, bucket, *catalog, spec(1)));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(parameter("metadata_location")
                  .starts_with("s3://bucket/ns/_lakefs/exported/main/01cccc/trips/metadata/"));
  EXPECT_EQ(parameter("tarn.commit"), "absent");
  EXPECT_EQ(parameter("tarn.repository"), "lake");
}

TEST_F(IcebergExportTest, WhatATableNeedsIsListed) {
  put_deletes({"a", "b"}, {{at("data/a"), {1}}});
  ASSERT_TRUE(run(1));
  const std::string metadata = parameter("metadata_location");
  const auto needed = [&] {
    std::set<std::string> found;
    std::size_t told = 0;
    const auto sources = tarn::testing::run(iceberg_sources({}, bucket, kRoot, metadata));
    for (const ReferenceSource& source : *sources) {
      const auto references = tarn::testing::run(read_source({}, bucket, source));
      for (const Reference& each : *references) {
        const bool missing = each.kind == Reference::Kind::kMissing;
        const bool exported = each.kind == Reference::Kind::kManifest;
        EXPECT_EQ(exported || missing, each.address.starts_with(kRoot)) << each.address;
        found.insert((missing ? "missing " : "") + each.address);
        ++told;
      }
    }
    EXPECT_EQ(told, found.size()) << "each once";
    return found;
  };
  std::set<std::string> expected = store({"a", "b"});
  for (const auto& [uri, content] : bucket.objects) {
    expected.insert(uri);
  }
  EXPECT_EQ(expected.size(), 7U) << "two files, deletes, two manifests, a list and the metadata";
  EXPECT_EQ(needed(), expected);
  for (const std::string_view ending : {"-m.avro", "-d.avro"}) {
    const std::string manifest = written(ending).at(0);
    bucket.objects.erase(manifest);
    EXPECT_TRUE(needed().contains("missing " + manifest));
  }
  bucket.objects.erase(metadata);
  EXPECT_EQ(needed(), std::set<std::string>{"missing " + metadata});
}

}  // namespace
}  // namespace tarn::tables
