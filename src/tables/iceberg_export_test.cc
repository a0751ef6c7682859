#include "tables/iceberg_export.h"

#include "aws/testing/glue_imposter.h"
#include "base/deflate.h"
#include "base/rng.h"
#include "http/client.h"
#include "runtime/testing/run.h"
#include "tables/glue_catalog.h"
#include "tables/iceberg_references.h"
#include "tables/testing/fake_reader.h"
#include "tables/testing/iceberg_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>

// Versions in memory of an Iceberg table whose metadata names the repository are exported to an
// imposter of Glue and a bucket in memory. After each export the table is read as an engine does,
// from the metadata that Glue points at, and must name addresses of the store only.

namespace tarn::tables {
namespace {

using testing::FakeReader;
using testing::manifest_file;
using testing::manifest_list_file;
using testing::metadata_json;

const std::string kLocation = "s3://lake/main/wh/trips";
const std::string kFolder = "wh/trips/";
const std::string kRoot = "s3://bucket/ns/_lakefs/exported/main/_tables/trips";

class Bucket final : public ManifestStore {
 public:
  Task<Result<void>> put(Context, std::string bucket, std::string key, Bytes content) override {
    const std::string uri = "s3://" + bucket + "/" + key;
    const auto found = objects.find(uri);
    EXPECT_TRUE(found == objects.end() || found->second == content) << "overwritten: " << uri;
    if (fails_on.empty() || uri.find(fails_on) == std::string::npos) {
      objects[uri] = std::move(content);
      co_return Result<void>();
    }
    co_return Error::with_message(kInternal, "AccessDenied: no");
  }
  Task<Result<Bytes>> get(Context, std::string bucket, std::string key) override {
    static constexpr ErrorId kNoObject{ErrorKind::kNotFound, "no object"};
    const auto found = objects.find("s3://" + bucket + "/" + key);
    if (found == objects.end()) {
      co_return Error(kNoObject);
    }
    co_return found->second;
  }
  Task<Result<Page>> list(Context, std::string, std::string, std::string) override {
    co_return Error(kInternal);
  }
  Task<Result<void>> remove(Context, std::string, std::vector<std::string>) override {
    co_return Error(kInternal);
  }
  std::map<std::string, std::string> objects;
  std::string fails_on;
};

/// Tells what the test says.
class Changes final : public ChangeReader {
 public:
  Task<Result<ChangePage>> changes(Context, std::string, std::string, std::string prefix,
                                   std::string, std::size_t) override {
    static constexpr ErrorId kGone{ErrorKind::kNotFound, "commit not found"};
    EXPECT_EQ(prefix, kFolder);
    if (gone) {
      co_return Error(kGone);
    }
    ChangePage page;
    page.replaced = replaced;
    co_return page;
  }
  Task<Result<bool>> is_ancestor(Context, std::string older, std::string newer) override {
    co_return older < newer;
  }
  std::vector<std::string> replaced;
  bool gone = false;
};

class IcebergExportTest : public ::testing::Test {
 protected:
  IcebergExportTest() {
    glue.add_database("db");
    client.emplace(glue.config(), aws::static_credentials(glue.credentials()),
                   aws::Services{*http, clock, rng});
    catalog.emplace(*client, clock, "db");
  }

  static std::string at(const std::string& name) { return kLocation + "/" + name; }
  void put(const std::string& name, Bytes content) {
    reader.set_content(kFolder + name, std::move(content));
  }
  void put_data(const std::string& name) { reader.add(kFolder + "data/" + name); }
  /// A snapshot of manifests, each of files `data/<name>`; both are made.
  void put_snapshot(int id, const std::vector<std::vector<std::string>>& manifests) {
    std::vector<IcebergManifest> list;
    for (const auto& files : manifests) {
      std::vector<testing::ManifestEntry> entries;
      std::string name = "metadata/m";
      for (const std::string& file : files) {
        entries.push_back({.file_path = at("data/" + file)});
        put_data(file);
        name += "-" + file;
      }
      const Bytes manifest = manifest_file(entries);
      put(name + ".avro", manifest);
      list.push_back({at(name + ".avro"), static_cast<std::int64_t>(manifest.size())});
    }
    put(fmt::format("metadata/snap-{}.avro", id), manifest_list_file(list));
  }
  void put_metadata(const std::string& name, const std::vector<int>& snapshots) {
    std::vector<testing::MetadataSnapshot> listed;
    for (const int id : snapshots) {
      listed.push_back({id, at(fmt::format("metadata/snap-{}.avro", id))});
    }
    put("metadata/" + name, metadata_json(kLocation, listed));
  }

  IcebergExport spec(int commit) {
    IcebergExport made;
    made.descriptor =
        parse_descriptor("{name: trips, type: iceberg, path: /wh/trips}", "trips.yaml").value();
    made.file = "trips.yaml";
    made.source = {.repository_id = "lake",
                   .ref = "main",
                   .commit_id = fmt::format("{:02}{}", commit, std::string(62, 'c')),
                   .base_uri = "s3://bucket/ns"};
    made.storage_namespace = "s3://bucket/ns";
    made.table = "trips";
    made.table_input = parse_json(R"({"Description":"mine","Parameters":{"a":"b"}})").value();
    return made;
  }
  Result<IcebergExportReport> run(IcebergExport made) {
    return tarn::testing::run(
        export_iceberg({}, reader, changes, bucket, *catalog, std::move(made)));
  }
  Result<IcebergExportReport> run(int commit) { return run(spec(commit)); }

  std::string parameter(const std::string& name) {
    return glue.table("db", "trips").find("Parameters")->string_or(name, "absent");
  }
  /// Addresses of the files of the table's snapshot, as an engine finds them.
  std::set<std::string> read(std::size_t snapshot) {
    std::set<std::string> files;
    const Bytes& json = bucket.objects.at(parameter("metadata_location"));
    const IcebergMetadata metadata = parse_iceberg_metadata(json, "exported").value();
    EXPECT_EQ(metadata.location, kRoot);
    const std::string& list = bucket.objects.at(metadata.snapshots.at(snapshot).manifest_list);
    const std::vector<IcebergManifest> manifests = read_manifest_list(list).value();
    for (const IcebergManifest& each : manifests) {
      const std::string& manifest = bucket.objects.at(each.address);
      EXPECT_EQ(each.size_bytes, static_cast<std::int64_t>(manifest.size()));
      const std::vector<IcebergFile> named = read_manifest(manifest).value();
      for (const IcebergFile& file : named) {
        files.insert(file.address);
      }
    }
    return files;
  }
  static std::set<std::string> store(const std::set<std::string>& names) {
    std::set<std::string> addresses;
    for (const std::string& name : names) {
      addresses.insert("s3://bucket/ns/data/" + name);
    }
    return addresses;
  }

  SystemClock clock;
  SeededRng rng{3};
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  aws::testing::GlueImposter glue;
  std::optional<aws::GlueClient> client;
  std::optional<GlueCatalog> catalog;
  FakeReader reader;
  Changes changes;
  Bucket bucket;
};

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

TEST_F(IcebergExportTest, DeletesThatNameFilesOfTheRepositoryAreRefused) {
  put("metadata/m.avro", manifest_file({{.file_path = at("data/d"), .content = 1}}));
  put("metadata/snap-1.avro", manifest_list_file({{at("metadata/m.avro"), 5}}));
  put_metadata("v1.metadata.json", {1});
  put_data("d");
  const auto refused = run(1);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("wh/trips/data/d holds deletes by position"),
            std::string::npos)
      << refused.error().message();

  // Deletion vectors and deletes by equality hold no addresses.
  put("metadata/m.avro", manifest_file({{.file_path = at("data/e"), .content = 2},
                                        {.file_path = at("data/v"),
                                         .content = 1,
                                         .file_format = "puffin",
                                         .referenced = at("data/d")}}));
  put_data("e");
  put_data("v");
  ASSERT_TRUE(run(1));
  EXPECT_EQ(read(0), store({"e", "v"}));
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
  put_snapshot(1, {{"a"}, {"b"}});
  put_metadata("v1.metadata.json", {1});
  ASSERT_TRUE(run(1));
  const std::string metadata = parameter("metadata_location");
  const auto needed = [&] {
    std::set<std::string> found;
    const auto sources = tarn::testing::run(iceberg_sources({}, bucket, kRoot, metadata));
    for (const ReferenceSource& source : *sources) {
      const auto references = tarn::testing::run(read_source({}, bucket, source));
      for (const Reference& each : *references) {
        const bool missing = each.kind == Reference::Kind::kMissing;
        found.insert((missing ? "missing " : "") + each.address);
      }
    }
    return found;
  };
  std::set<std::string> expected = store({"a", "b"});
  std::string manifest;
  for (const auto& [uri, content] : bucket.objects) {
    expected.insert(uri);
    manifest = uri.ends_with("-m.avro") ? uri : manifest;
  }
  EXPECT_EQ(needed(), expected);
  bucket.objects.erase(manifest);
  EXPECT_TRUE(needed().contains("missing " + manifest));
  bucket.objects.erase(metadata);
  EXPECT_EQ(needed(), std::set<std::string>{"missing " + metadata});
}

}  // namespace
}  // namespace tarn::tables
