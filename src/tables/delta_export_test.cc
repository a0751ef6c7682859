#include "tables/delta_export.h"

#include "tables/delta_log.h"
#include "tables/export_references.h"
#include "tables/testing/delta_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

// Versions in memory of a Delta table are exported to an imposter of Glue and a bucket in memory.
// After each export the table is read as an engine does, from the log that Glue points at.

namespace tarn::tables {
namespace {

using testing::delta_metadata;
using testing::kDeltaRoot;

class DeltaExportTest : public testing::DeltaWorld {};

TEST_F(DeltaExportTest, EnginesFindTheDataInTheStore) {
  put_versions(2);
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->table_created);
  EXPECT_EQ(report->version, 2U);
  EXPECT_EQ(report->reason, "the table is new");
  EXPECT_EQ(report->objects, 3U);
  EXPECT_EQ(location(), kDeltaRoot + "/01cccccccccccccc");
  EXPECT_EQ(read(), addresses({"0.parquet", "1.parquet", "2.parquet"}));
  EXPECT_TRUE(store.written.back().ends_with(delta_file_name(0))) << "the first version comes last";
  EXPECT_TRUE(exported(0).find(delta_metadata()) != std::string::npos) << "the rest stays";

  const Json table = glue.table("db", "trips");
  EXPECT_EQ(parameter("table_type"), "DELTA");
  EXPECT_EQ(parameter("spark.sql.sources.provider"), "delta");
  EXPECT_EQ(parameter("a"), "b");
  EXPECT_EQ(parameter("tarn.commit"), spec(1).source.commit_id);
  EXPECT_EQ(parameter("tarn.pending"), "absent");
  EXPECT_EQ(table.string_or("Description", ""), "mine");
  EXPECT_EQ(table.string_or("TableType", ""), "EXTERNAL_TABLE");
  EXPECT_EQ(table.find_path({"StorageDescriptor", "Columns"})->dump(),
            R"([{"Name":"id","Type":"bigint","Comment":"key"},{"Name":"day","Type":"date"},)"
            R"({"Name":"tags","Type":"map<string,array<int>>"}])");
  EXPECT_EQ(
      table.find_path({"StorageDescriptor", "SerdeInfo", "Parameters"})->string_or("path", ""),
      location());

  const auto again = run(1);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->up_to_date);
  EXPECT_TRUE(store.written.empty());
}

TEST_F(DeltaExportTest, WhatIsNewGoesBehindWhatIsThere) {
  put_versions(2);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  put_versions(4);
  const std::size_t finds = reader.finds;
  // Its checkpoints and sums are of no concern.
  changes.replaced = {"wh/trips/_delta_log/_last_checkpoint",
                      "wh/trips/_delta_log/.00000000000000000004.crc"};
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "");
  EXPECT_EQ(location(), place);
  EXPECT_EQ(store.written, (std::vector<std::string>{place + "/_delta_log/" + delta_file_name(3),
                                                     place + "/_delta_log/" + delta_file_name(4)}));
  EXPECT_EQ(reader.finds - finds, 2U) << "what was exported is not looked up again";
  EXPECT_EQ(read().size(), 5U);
  EXPECT_EQ(parameter("tarn.commit"), spec(2).source.commit_id);
  EXPECT_EQ(glue.table("db", "trips").find_path({"StorageDescriptor", "Columns"})->size(), 3U);

  // A commit that did not touch the table.
  const auto same = run(3);
  ASSERT_TRUE(same);
  EXPECT_TRUE(store.written.empty());
  EXPECT_EQ(parameter("tarn.commit"), spec(3).source.commit_id);

  put(5, delta_metadata(R"(,{"name":"more","type":"string","metadata":{}})"));
  ASSERT_TRUE(run(4));
  EXPECT_EQ(glue.table("db", "trips").find_path({"StorageDescriptor", "Columns"})->size(), 4U);
}

TEST_F(DeltaExportTest, AnotherPastGoesToAnotherFolder) {
  put_versions(3);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  // Back to two versions, and on with another third one.
  reader.remove("wh/trips/_delta_log/" + delta_file_name(3));
  reader.remove("wh/trips/_delta_log/" + delta_file_name(2));
  put_data("other.parquet");
  put(2, R"({"add":{"path":"other.parquet"}})");
  changes.replaced = {"wh/trips/_delta_log/" + delta_file_name(2)};
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "files of the table were replaced or removed");
  EXPECT_NE(location(), place);
  EXPECT_EQ(read(), addresses({"0.parquet", "1.parquet", "other.parquet"}));
  EXPECT_EQ(store.objects.at(place + "/_delta_log/" + delta_file_name(2)).find("other"),
            std::string::npos)
      << "who reads the old one still can";

  // Back to the first commit, whose folder is taken.
  put_versions(1);
  reader.remove("wh/trips/_delta_log/" + delta_file_name(2));
  changes.replaced = {"wh/trips/_delta_log/" + delta_file_name(2)};
  ASSERT_TRUE(run(1));
  EXPECT_EQ(location(), place + "-2");
  EXPECT_EQ(read(), addresses({"0.parquet", "1.parquet"}));

  changes.replaced = {};
  changes.gone = true;
  ASSERT_TRUE(run(3));
  EXPECT_EQ(location(), kDeltaRoot + "/03cccccccccccccc") << "the commit that it showed is gone";
}

TEST_F(DeltaExportTest, AnExportThatDidNotEndGoesOn) {
  put_versions(0);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  put_versions(3);
  store.fails_on = delta_file_name(3);
  EXPECT_FALSE(run(2));
  EXPECT_EQ(parameter("tarn.commit"), spec(1).source.commit_id);
  EXPECT_EQ(parameter("tarn.pending"), spec(2).source.commit_id);
  store.fails_on.clear();
  // The same commit once more.
  ASSERT_TRUE(run(2));
  EXPECT_EQ(location(), place);
  EXPECT_EQ(store.written.size(), 3U);
  EXPECT_EQ(parameter("tarn.pending"), "absent");

  put_versions(5);
  store.fails_on = delta_file_name(5);
  EXPECT_FALSE(run(3));
  store.fails_on.clear();
  // Another one, whose fifth version is not what was written.
  const auto report = run(4);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "an export did not end");
  EXPECT_NE(location(), place);
  EXPECT_EQ(read().size(), 6U);
}

TEST_F(DeltaExportTest, WhatAnEngineWroteGivesWay) {
  put_versions(0);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  put_versions(1);
  store.objects[place + "/_delta_log/" + delta_file_name(1)] =
      "{\"add\":{\"path\":\"theirs.parquet\"}}\n";
  const auto report = run(2);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "the log that was exported is another");
  EXPECT_NE(location(), place);
  EXPECT_EQ(read(), addresses({"0.parquet", "1.parquet"}));

  // Without what it said about itself it is still known by its place; another ref's is not.
  for (const std::string& theirs :
       {std::string("s3://bucket/ns/_lakefs/exported/dev/_tables/trips/0"), location()}) {
    Json written = parse_json(R"({"Name":"trips","Parameters":{"table_type":"DELTA"}})").value();
    written.set("StorageDescriptor", Json::object({{"Location", theirs}}));
    ASSERT_TRUE(tarn::testing::run(catalog->update_table({}, written)));
    const auto done = run(3);
    EXPECT_EQ(static_cast<bool>(done), theirs.find("/main/") != std::string::npos);
  }
  EXPECT_EQ(read(), addresses({"0.parquet", "1.parquet"}));
  EXPECT_EQ(parameter("tarn.ref"), "main");
}

TEST_F(DeltaExportTest, FilesThatAreMissingEndItBeforeAnythingIsWritten) {
  put_versions(1);
  ASSERT_TRUE(run(1));
  put_versions(3);
  put(3, R"({"remove":{"path":"1.parquet"}})");
  reader.remove("wh/trips/2.parquet");
  const auto refused = run(2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "files that are part of the table are missing: wh/trips/2.parquet");
  EXPECT_TRUE(store.written.empty());
  EXPECT_EQ(parameter("tarn.pending"), "absent");

  // What a later version removed may be gone, whatever the order within a version.
  put(3, R"({"remove":{"path":"2.parquet"}})");
  ASSERT_TRUE(run(2));
  EXPECT_EQ(exported(3), "{\"remove\":{\"path\":\"2.parquet\"}}\n");
}

TEST_F(DeltaExportTest, DeletionVectorsAndOddPathsAreFound) {
  put_versions(0);
  reader.add_at("wh/trips/day=a b/x%y.parquet", "s3://bucket/ns/data/a b");
  reader.add_at("wh/trips/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin",
                "s3://bucket/ns/data/vector");
  put(1, R"({"add":{"path":"day=a%20b/x%25y.parquet","n":12345678901234567890,"p":{"day":null},)"
         R"("deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^",)"
         R"("sizeInBytes":40}}})"
         "\r\n\n"
         R"({"add":{"path":"s3://elsewhere/x.parquet"}})"
         "\n");
  ASSERT_TRUE(run(1));
  EXPECT_EQ(
      exported(1),
      R"({"add":{"path":"s3://bucket/ns/data/a%20b","n":12345678901234567890,"p":{"day":null},)"
      R"("deletionVector":{"storageType":"p","pathOrInlineDv":"s3://bucket/ns/data/vector",)"
      R"("sizeInBytes":40}}})"
      "\n"
      R"({"add":{"path":"s3://elsewhere/x.parquet"}})"
      "\n");

  std::set<std::string> manifests;
  std::set<std::string> objects;
  ReferenceSink sink;
  sink.on_manifest = [&](std::string_view uri) { manifests.emplace(uri); };
  sink.on_object = [&](std::string_view uri) { objects.emplace(uri); };
  sink.on_missing = [](std::string_view uri) { ADD_FAILURE() << uri; };
  ASSERT_TRUE(tarn::testing::run(list_references({}, *catalog, store, "s3://bucket/ns", sink)));
  EXPECT_EQ(manifests.size(), 2U);
  EXPECT_EQ(objects,
            (std::set<std::string>{"s3://bucket/ns/data/0.parquet", "s3://bucket/ns/data/a%20b",
                                   "s3://bucket/ns/data/vector", "s3://elsewhere/x.parquet"}));
}

TEST_F(DeltaExportTest, PruningKeepsTheLogAndRemovesTheOldOne) {
  put_versions(1);
  ASSERT_TRUE(run(1));
  changes.gone = true;
  ASSERT_TRUE(run(2));
  PruneSpec prune;
  prune.base_uri = "s3://bucket/ns";
  prune.repository = "lake";
  prune.now = WallTime() + std::chrono::hours(25);
  const auto report = tarn::testing::run(prune_exports({}, *catalog, store, prune));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->manifests, 2U);
  EXPECT_EQ(store.objects.size(), 2U);
  EXPECT_EQ(read(), addresses({"0.parquet", "1.parquet"}));

  prune.ref = "main";
  prune.whole_ref = true;
  ASSERT_TRUE(tarn::testing::run(prune_exports({}, *catalog, store, prune)));
  EXPECT_TRUE(store.objects.empty());
}

TEST_F(DeltaExportTest, ATableOfOneCommitStandsAlone) {
  put_versions(2);
  DeltaExport one = spec(1);
  one.table = "trips_1";
  const auto report =
      tarn::testing::run(export_delta_commit({}, reader, store, *catalog, std::move(one)));
  ASSERT_TRUE(report) << report.error().message();
  const Json table = glue.table("db", "trips_1");
  EXPECT_EQ(table.find("StorageDescriptor")->string_or("Location", ""),
            "s3://bucket/ns/_lakefs/exported/main/01cccc/trips");
  EXPECT_EQ(store.objects.size(), 3U);
  EXPECT_TRUE(store.written.back().ends_with(delta_file_name(0)));
  EXPECT_EQ(table.find("Parameters")->string_or("tarn.repository", ""), "lake");
}

TEST_F(DeltaExportTest, ADryRunChangesNothing) {
  put_versions(1);
  DeltaExport dry = spec(1);
  dry.dry_run = true;
  const auto report = run(dry);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->steps.size(), 3U);
  EXPECT_TRUE(store.objects.empty());
  ASSERT_TRUE(run(1));
  put_versions(2);
  DeltaExport more = spec(2);
  more.dry_run = true;
  const auto second = run(more);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->steps.size(), 3U) << "announce, write, update";
  EXPECT_EQ(store.objects.size(), 2U);
  EXPECT_EQ(parameter("tarn.pending"), "absent");
}

TEST_F(DeltaExportTest, WhatIsWrongWithALogIsNamed) {
  const auto message = [this] {
    const auto refused = run(1);
    EXPECT_TRUE(store.written.empty());
    return refused ? std::string() : std::string(refused.error().message());
  };
  EXPECT_EQ(message(), "there is no Delta log: wh/trips/_delta_log/ holds no versions");
  put_versions(3);
  reader.remove("wh/trips/_delta_log/" + delta_file_name(2));
  EXPECT_EQ(message(), "wh/trips/_delta_log/00000000000000000002.json is missing");
  put(2, "{\"add\":");
  EXPECT_EQ(message(), "wh/trips/_delta_log/00000000000000000002.json: action 1: it is cut off");
  put(2, R"({"add":{"path":"%zz"}})");
  EXPECT_EQ(message(),
            "wh/trips/_delta_log/00000000000000000002.json: action 1: `%zz` is no path of a Delta "
            "log");
  put(2, R"({"metaData":{"schemaString":"{}"}})");
  EXPECT_EQ(message(), "schemaString is no schema");
  put_versions(0);
  put(0, R"({"protocol":{}})");
  put_versions(3);
  put(0, R"({"protocol":{}})");
  EXPECT_EQ(message(), "wh/trips/_delta_log/ says nothing of a schema");
  reader.forbidden.insert("wh/trips/1.parquet");
  EXPECT_EQ(message(), "wh/trips/1.parquet: lakeFS: api return non-2xx403");
}

}  // namespace
}  // namespace tarn::tables
