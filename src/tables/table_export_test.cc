#include "tables/table_export.h"

#include "aws/errors.h"
#include "aws/testing/glue_imposter.h"
#include "base/rng.h"
#include "http/client.h"
#include "runtime/testing/run.h"
#include "tables/glue_catalog.h"
#include "tables/testing/fake_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>

// Versions in memory are exported to an imposter of Glue and a bucket in memory. After each export
// the table is read as an engine does, partition by partition, and compared with the version.

namespace tarn::tables {
namespace {

using aws::testing::GlueFault;
using aws::testing::GlueImposter;
using Fault = GlueFault::Kind;
using Kind = TableExportReport::Kind;
using testing::FakeReader;

/// Path to address.
using Version = std::map<std::string, std::string>;

class FakeChanges final : public ChangeReader {
 public:
  explicit FakeChanges(const std::map<std::string, Version>& versions) : versions_(versions) {}
  Task<Result<ChangePage>> changes(Context, std::string from, std::string to, std::string prefix,
                                   std::string after, std::size_t amount) override {
    static constexpr ErrorId kGone{ErrorKind::kNotFound, "commit not found"};
    ++calls;
    if (!versions_.contains(from) || !versions_.contains(to)) {
      co_return Error(kGone);
    }
    const Version& left = versions_.at(from);
    const Version& right = versions_.at(to);
    std::set<std::string> paths;
    for (const auto& [path, address] : left) {
      const auto found = right.find(path);
      if (found == right.end() || found->second != address) {
        paths.insert(path);
      }
    }
    for (const auto& each : right) {
      if (!left.contains(each.first)) {
        paths.insert(each.first);
      }
    }
    ChangePage page;
    for (const std::string& path : paths) {
      if (!path.starts_with(prefix) || path <= after) {
        continue;
      }
      if (page.paths.size() == amount) {
        page.has_more = true;
        page.next_after = page.paths.back();
        break;
      }
      page.paths.push_back(path);
    }
    co_return page;
  }
  /// Ids say what came first.
  Task<Result<bool>> is_ancestor(Context, std::string older, std::string newer) override {
    co_return older < newer;
  }
  std::size_t calls = 0;

 private:
  const std::map<std::string, Version>& versions_;
};

class Bucket final : public ManifestWriter {
 public:
  Task<Result<void>> put(Context, std::string bucket, std::string key, Bytes content) override {
    ++puts;
    if (puts == fail_at) {
      co_return Error::with_message(kInternal, "AccessDenied: no");
    }
    const std::string uri = "s3://" + bucket + "/" + key;
    const auto found = objects.find(uri);
    EXPECT_TRUE(found == objects.end() || found->second == content) << "overwritten: " << uri;
    objects[uri] = std::move(content);
    co_return Result<void>();
  }
  std::map<std::string, std::string> objects;
  std::size_t puts = 0;
  std::size_t fail_at = 0;
};

constexpr std::string_view kAnimals = R"(
name: animals
type: hive
path: tables/animals
partition_columns: [type]
schema:
  fields:
    - {name: type, type: string}
    - {name: name, type: string}
)";

class TableExportTest : public ::testing::Test {
 protected:
  TableExportTest() {
    glue.add_database("catalogs_main");
    aws::GlueConfig config = glue.config();
    config.retry.tries_max = 2;
    client.emplace(config, aws::static_credentials(glue.credentials()),
                   aws::Services{*http, clock, rng});
    GlueCatalog::Options options;
    options.tries_max = 2;
    options.first_delay = std::chrono::milliseconds(1);
    catalog.emplace(*client, clock, "catalogs_main", options);
    descriptor = kAnimals;
  }

  static std::string id(int number) { return fmt::format("{:02}{}", number, std::string(62, 'c')); }
  void put(int version, const std::string& path, const std::string& address) {
    versions[id(version)]["tables/animals/" + path] = "s3://data/" + address;
  }

  TableExport spec(int version) {
    TableExport made;
    made.descriptor = parse_descriptor(descriptor, "animals.yaml").value();
    made.file = "animals.yaml";
    made.source = {.repository_id = "catalogs",
                   .ref = "main",
                   .commit_id = id(version),
                   .base_uri = "s3://bucket/ns"};
    made.table = "animals";
    made.table_input =
        parse_json(R"({"StorageDescriptor":{"InputFormat":"symlink"},"Parameters":{"a":"b"}})")
            .value();
    made.page_objects = page_objects;
    return made;
  }
  Result<TableExportReport> export_version(TableExport made) {
    std::vector<TableObject> objects;
    for (const auto& [path, address] : versions.at(made.source.commit_id)) {
      objects.push_back({.path = path, .physical_address = address, .size_bytes = 10});
    }
    FakeReader reader(objects);
    FakeChanges changes(versions);
    Result<TableExportReport> report =
        tarn::testing::run(export_table({}, reader, changes, bucket, *catalog, std::move(made)));
    lists = reader.lists;
    return report;
  }
  Result<TableExportReport> export_version(int version) { return export_version(spec(version)); }

  /// Addresses that an engine finds through the catalog, by partition value.
  std::map<std::string, std::string> read() {
    std::map<std::string, std::string> found;
    for (const auto& [values, location] : glue.partitions("catalogs_main", "animals")) {
      const auto manifest = bucket.objects.find(location + "/symlink.txt");
      EXPECT_NE(manifest, bucket.objects.end()) << location << " has no manifest";
      found[values] = manifest == bucket.objects.end() ? "" : manifest->second;
    }
    return found;
  }
  std::map<std::string, std::string> expected(int version) {
    std::map<std::string, std::string> found;
    const PartitionLayout layout("tables/animals", {"type"});
    for (const auto& [path, address] : versions.at(id(version))) {
      const PartitionLayout::Place place = layout.place(path, 1);
      if (place.kind == PartitionLayout::Kind::kData) {
        found[layout.values(place.partition)[0]] += address + "\n";
      }
    }
    return found;
  }
  std::string parameter(const std::string& name) {
    const Json table = glue.table("catalogs_main", "animals");
    return table.find("Parameters")->string_or(name, "absent");
  }
  std::size_t remote_calls() const { return glue.operations().size() + bucket.puts; }
  void clear_faults() {
    glue.clear_faults();
    bucket.fail_at = 0;
  }

  SystemClock clock;
  SeededRng rng{3};
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  GlueImposter glue;
  std::optional<aws::GlueClient> client;
  std::optional<GlueCatalog> catalog;
  std::map<std::string, Version> versions;
  Bucket bucket;
  std::string descriptor;
  std::size_t page_objects = 1000;
  std::size_t lists = 0;
};

TEST_F(TableExportTest, TheFirstExportIsOfAllOfIt) {
  put(1, "type=cat/a.csv", "1");
  put(1, "type=cat/b.csv", "2");
  put(1, "type=12%3A30/c.csv", "3");
  const auto report = export_version(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->kind, Kind::kFull);
  EXPECT_EQ(report->reason, "the table is new");
  EXPECT_TRUE(report->table_created);
  EXPECT_EQ(report->manifests, 2U);
  EXPECT_EQ(report->objects, 3U);
  EXPECT_EQ(report->partitions.created, 2U);
  EXPECT_EQ(read(), expected(1));
  EXPECT_EQ(bucket.objects.begin()->first, "s3://bucket/ns/_lakefs/exported/main/_tables/animals/" +
                                               id(1).substr(0, 16) + "/type=12%3A30/symlink.txt");
  EXPECT_EQ(parameter("tarn.commit"), id(1));
  EXPECT_EQ(parameter("tarn.pending"), "absent");
  EXPECT_EQ(parameter("a"), "b");
}

TEST_F(TableExportTest, OneChangedPartitionOfTenThousandIsOneManifestAndOnePartition) {
  for (int i = 0; i < 10'000; ++i) {
    put(1, fmt::format("type={}/x", i), std::to_string(i));
  }
  ASSERT_TRUE(export_version(1));
  versions[id(2)] = versions[id(1)];
  put(2, "type=77/y", "new");
  const std::size_t before = remote_calls();
  const std::size_t puts = bucket.puts;
  const auto report = export_version(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->kind, Kind::kIncremental);
  EXPECT_EQ(report->manifests, 1U);
  EXPECT_EQ(report->partitions.updated, 1U);
  EXPECT_EQ(bucket.puts - puts, 1U);
  EXPECT_LE(remote_calls() - before, 6U);
  EXPECT_EQ(lists, 1U);
  EXPECT_EQ(read(), expected(2));
  EXPECT_EQ(parameter("tarn.commit"), id(2));
}

TEST_F(TableExportTest, PartitionsComeChangeAndGo) {
  put(1, "type=cat/a", "1");
  put(1, "type=dog/a", "2");
  put(1, "type=emu/a", "3");
  ASSERT_TRUE(export_version(1));
  put(2, "type=cat/a", "1");
  put(2, "type=dog/a", "4");
  put(2, "type=fox/a", "5");
  put(2, "type=emu/_hidden", "6");
  put(2, "stray", "7");
  const auto report = export_version(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->kind, Kind::kIncremental);
  EXPECT_EQ(report->partitions.created, 1U);
  EXPECT_EQ(report->partitions.updated, 1U);
  EXPECT_EQ(report->partitions.deleted, 1U);
  EXPECT_EQ(read(), expected(2));
  EXPECT_NE(glue.partitions("catalogs_main", "animals")["cat"].find(id(1).substr(0, 16)),
            std::string::npos)
      << "an unchanged partition moved";
}

TEST_F(TableExportTest, NothingChangedCostsOneRequest) {
  put(1, "type=cat/a", "1");
  ASSERT_TRUE(export_version(1));
  const std::size_t before = remote_calls();
  const auto again = export_version(1);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->kind, Kind::kUpToDate);
  EXPECT_EQ(remote_calls() - before, 1U);
  // Another commit of the same table: the table says so, and that is all.
  versions[id(2)] = versions[id(1)];
  versions[id(2)]["elsewhere/x"] = "s3://data/x";
  ASSERT_TRUE(export_version(2));
  EXPECT_EQ(remote_calls() - before, 3U);
  EXPECT_EQ(parameter("tarn.commit"), id(2));
  EXPECT_EQ(read(), expected(1));
}

TEST_F(TableExportTest, AnExportThatWasOvertakenDoesNothing) {
  put(1, "type=cat/a", "1");
  put(2, "type=cat/a", "2");
  put(3, "type=cat/a", "3");
  TableExport made = spec(2);
  made.only_forward = true;
  ASSERT_TRUE(export_version(made)) << "there is no table yet";
  made = spec(1);
  made.only_forward = true;
  const std::size_t before = remote_calls();
  const auto late = export_version(made);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->kind, Kind::kOvertaken);
  EXPECT_EQ(remote_calls() - before, 1U);
  EXPECT_EQ(read(), expected(2));
  made = spec(3);
  made.only_forward = true;
  ASSERT_TRUE(export_version(made));
  EXPECT_EQ(read(), expected(3));
  // Who asks for an old commit gets it.
  ASSERT_TRUE(export_version(1));
  EXPECT_EQ(read(), expected(1));
}

TEST_F(TableExportTest, TablesWithoutPartitionsMoveToANewManifest) {
  descriptor =
      "{name: animals, type: hive, path: tables/animals, schema: {fields: [{name: a, type: int}]}}";
  const auto location = [this] {
    return *glue.table("catalogs_main", "animals")
                .find_path({"StorageDescriptor", "Location"})
                ->as_string();
  };
  put(1, "a", "1");
  ASSERT_TRUE(export_version(1));
  const std::string first = location();
  EXPECT_EQ(bucket.objects[first + "/symlink.txt"], "s3://data/1\n");
  versions[id(2)] = versions[id(1)];
  versions[id(2)]["elsewhere"] = "x";
  ASSERT_TRUE(export_version(2));
  EXPECT_EQ(location(), first);
  put(3, "a", "1");
  put(3, "b", "2");
  ASSERT_TRUE(export_version(3));
  EXPECT_EQ(bucket.objects[location() + "/symlink.txt"], "s3://data/1\ns3://data/2\n");
  put(4, "_hidden", "x");
  ASSERT_TRUE(export_version(4));
  EXPECT_FALSE(bucket.objects.contains(location() + "/symlink.txt"));
  EXPECT_EQ(parameter("tarn.commit"), id(4));
}

/// Cut off at every call to the catalog and the bucket in turn, then another commit is exported
/// that undoes what the first had begun to show: the table must be exactly the second.
TEST_F(TableExportTest, WhatWasCutOffIsMadeGoodByTheNextCommit) {
  put(1, "type=cat/a", "1");
  put(1, "type=dog/a", "2");
  put(1, "type=emu/a", "3");
  put(2, "type=cat/a", "4");
  put(2, "type=fox/a", "5");
  put(2, "type=emu/a", "3");
  put(3, "type=cat/a", "1");
  put(3, "type=dog/a", "2");
  put(3, "type=emu/a", "6");
  const std::string operations[] = {"GetTable",
                                    "BatchGetPartition",
                                    "UpdateTable",
                                    "UpdateTable",
                                    "BatchUpdatePartition",
                                    "BatchCreatePartition",
                                    "BatchDeletePartition"};
  for (const Fault kind : {Fault::kRefuse, Fault::kLoseReply}) {
    for (std::size_t i = 0; i <= std::size(operations); ++i) {
      SCOPED_TRACE(fmt::format("{} {}", static_cast<int>(kind), i));
      ASSERT_TRUE(tarn::testing::run(catalog->delete_table({}, "animals")));
      ASSERT_TRUE(export_version(1));
      if (i == std::size(operations)) {
        bucket.fail_at = bucket.puts + 1;
      } else {
        glue.inject({.kind = kind,
                     .operation = operations[i],
                     .times = 100,
                     .skip = i == 3 ? 1U : 0U,
                     .code = "AccessDeniedException"});
      }
      EXPECT_FALSE(export_version(2));
      clear_faults();
      for (const int next : {3, 2, 2}) {
        const auto report = export_version(next);
        ASSERT_TRUE(report) << report.error().message();
        EXPECT_EQ(read(), expected(next));
        EXPECT_EQ(parameter("tarn.commit"), id(next));
        EXPECT_EQ(parameter("tarn.pending"), "absent");
      }
    }
  }
}

TEST_F(TableExportTest, AFirstExportThatWasCutOffIsDoneAgain) {
  for (int i = 0; i < 150; ++i) {
    put(1, fmt::format("type={}/x", i), std::to_string(i));
  }
  for (const char* operation : {"CreateTable", "BatchCreatePartition", "UpdateTable"}) {
    SCOPED_TRACE(operation);
    ASSERT_TRUE(tarn::testing::run(catalog->delete_table({}, "animals")));
    glue.inject({.kind = Fault::kRefuse,
                 .operation = operation,
                 .times = 100,
                 .code = "AccessDeniedException"});
    EXPECT_FALSE(export_version(1));
    clear_faults();
    const auto again = export_version(1);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->kind, Kind::kFull);
    EXPECT_EQ(read(), expected(1));
  }
}

TEST_F(TableExportTest, ColumnsThatAreAddedLeavePartitionsAlone) {
  put(1, "type=cat/a", "1");
  put(1, "type=dog/a", "2");
  ASSERT_TRUE(export_version(1));
  versions[id(2)] = versions[id(1)];
  put(2, "type=dog/a", "3");
  descriptor += "    - {name: born, type: date, comment: a day}\n";
  ASSERT_TRUE(export_version(2));
  const auto columns = [](const Json& table) {
    return table.find_path({"StorageDescriptor", "Columns"})->size();
  };
  EXPECT_EQ(columns(glue.table("catalogs_main", "animals")), 2U);
  EXPECT_EQ(columns(glue.partition("catalogs_main", "animals", {"cat"})), 1U);
  EXPECT_EQ(columns(glue.partition("catalogs_main", "animals", {"dog"})), 2U);
  EXPECT_EQ(read(), expected(2));
  // A comment alone: the table only.
  descriptor.replace(descriptor.find("a day"), 5, "a date");
  const std::size_t before = remote_calls();
  ASSERT_TRUE(export_version(2));
  EXPECT_EQ(remote_calls() - before, 2U);
  EXPECT_NE(glue.table("catalogs_main", "animals").dump().find("a date"), std::string::npos);
}

TEST_F(TableExportTest, ColumnsThatChangeChangeEveryPartitionWhereItIs) {
  put(1, "type=cat/a", "1");
  put(1, "type=dog/a", "2");
  ASSERT_TRUE(export_version(1));
  versions[id(2)] = versions[id(1)];
  descriptor.replace(descriptor.find("{name: name, type: string}"), 26, "{name: name, type: long}");
  // Cut off after the first change of a partition, too.
  glue.inject({.kind = Fault::kRefuse,
               .operation = "BatchUpdatePartition",
               .times = 1,
               .code = "AccessDeniedException"});
  EXPECT_FALSE(export_version(2));
  const auto report = export_version(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->manifests, 0U);
  for (const char* value : {"cat", "dog"}) {
    EXPECT_NE(glue.partition("catalogs_main", "animals", {value}).dump().find(R"("Type":"bigint")"),
              std::string::npos);
  }
  EXPECT_EQ(read(), expected(2));
}

TEST_F(TableExportTest, WhatCannotBeIncrementalIsFull) {
  put(1, "type=cat/a", "1");
  put(1, "type=cat/name=x/a", "1");
  ASSERT_TRUE(export_version(1));
  // The commit that it shows is gone.
  put(2, "type=dog/name=y/b", "2");
  versions.erase(id(1));
  auto report = export_version(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "the commit that the table shows is gone");
  EXPECT_EQ(report->partitions.deleted, 1U);
  EXPECT_EQ(read(), expected(2));
  // Asked for.
  TableExport asked = spec(2);
  asked.full = true;
  report = export_version(std::move(asked));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "asked for");
  // Folders that may mean the same values as others.
  versions[id(3)] = versions[id(2)];
  put(3, "sub/type=dog/c", "3");
  const auto collides = export_version(3);
  ASSERT_FALSE(collides);
  EXPECT_NE(collides.error().message().find("has the same values as partition"), std::string::npos);
  EXPECT_EQ(read(), expected(2));
  // Other partition columns.
  descriptor.replace(descriptor.find("[type]"), 6, "[type, name]");
  report = export_version(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "other partition columns");
  EXPECT_EQ(glue.partitions("catalogs_main", "animals").size(), 1U);
  EXPECT_TRUE(glue.partitions("catalogs_main", "animals").contains("dog/y"));
}

/// The folders of the old path stay in the commit, so no difference names them.
TEST_F(TableExportTest, AnotherPathIsOtherPartitions) {
  put(1, "type=cat/a", "1");
  ASSERT_TRUE(export_version(1));
  versions[id(2)] = versions[id(1)];
  versions[id(2)]["tables/pets/type=dog/b"] = "s3://data/2";
  descriptor.replace(descriptor.find("tables/animals"), 14, "tables/pets");
  const auto report = export_version(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "another path");
  EXPECT_EQ(read(), (std::map<std::string, std::string>{{"dog", "s3://data/2\n"}}));
}

/// A folder that comes means the same value as another, which is in the catalog and did not change:
/// to change only what changed would put the one in the other's place.
TEST_F(TableExportTest, FoldersOfTheSameValuesAreFoundAlthoughOneDidNotChange) {
  put(1, "type=dog/a", "1");
  put(1, "type=fox/a", "1");
  ASSERT_TRUE(export_version(1));
  for (const char* twin : {"type=%64og/b", "kept/type=dog/b"}) {
    versions[id(2)] = versions[id(1)];
    put(2, twin, "2");
    const auto collides = export_version(2);
    ASSERT_FALSE(collides) << twin;
    EXPECT_NE(collides.error().message().find("has the same values as partition"),
              std::string::npos);
    EXPECT_EQ(read(), expected(1));
  }
  // The other way of writing it, and the first one gone.
  versions[id(3)].clear();
  put(3, "type=%64og/b", "2");
  put(3, "type=fox/a", "1");
  const auto moved = export_version(3);
  ASSERT_TRUE(moved) << moved.error().message();
  EXPECT_EQ(moved->reason, "partition dog was another folder");
  EXPECT_EQ(read(), expected(3));
  // From now on that folder is the partition's.
  versions[id(4)] = versions[id(3)];
  put(4, "type=%64og/c", "3");
  const auto next = export_version(4);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->kind, Kind::kIncremental);
  EXPECT_EQ(read(), expected(4));
}

TEST_F(TableExportTest, ManyChangedFilesOfAPartitionAreJumpedOver) {
  put(1, "type=a/x", "1");
  ASSERT_TRUE(export_version(1));
  for (int i = 0; i < 500; ++i) {
    put(2, fmt::format("type=a/{:03}", i), std::to_string(i));
  }
  put(2, "type=b/x", "1");
  page_objects = 10;
  std::vector<TableObject> objects;
  for (const auto& [path, address] : versions.at(id(2))) {
    objects.push_back({.path = path, .physical_address = address, .size_bytes = 10});
  }
  FakeReader reader(objects);
  FakeChanges changes(versions);
  ASSERT_TRUE(tarn::testing::run(export_table({}, reader, changes, bucket, *catalog, spec(2))));
  EXPECT_EQ(changes.calls, 2U);
  EXPECT_EQ(read(), expected(2));
}

TEST_F(TableExportTest, OtherTablesAreLeftAlone) {
  put(1, "type=cat/a", "1");
  ASSERT_TRUE(export_version(1));
  TableExport other = spec(1);
  other.source.ref = "dev";
  const auto taken = export_version(std::move(other));
  ASSERT_FALSE(taken);
  EXPECT_TRUE(taken.error().is(kForeignTable));
  EXPECT_EQ(taken.error().message(),
            "table `animals` of database `catalogs_main` is that of `main` in repository "
            "`catalogs`: choose another name or database");
  Json theirs =
      parse_json(R"({"Name":"sales","StorageDescriptor":{"Location":"s3://b/sales"}})").value();
  ASSERT_TRUE(tarn::testing::run(catalog->put_table({}, theirs)));
  TableExport sales = spec(1);
  sales.table = "sales";
  const auto foreign = export_version(std::move(sales));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().message(),
            "table `sales` of database `catalogs_main` exists and follows no ref (its "
            "location is `s3://b/sales`)");
}

TEST_F(TableExportTest, ADryRunChangesNothingAndSaysWhat) {
  put(1, "type=cat/a", "1");
  TableExport dry = spec(1);
  dry.dry_run = true;
  auto report = export_version(dry);
  ASSERT_TRUE(report) << report.error().message();
  const std::string folder =
      "s3://bucket/ns/_lakefs/exported/main/_tables/animals/" + id(1).substr(0, 16) + "/type=cat";
  EXPECT_EQ(report->steps, (std::vector<std::string>{
                               "write " + folder + "/symlink.txt",
                               "create table catalogs_main.animals at "
                               "s3://bucket/ns/_lakefs/exported/main/_tables/animals",
                               "put partition [cat] of catalogs_main.animals -> " + folder,
                               "update table catalogs_main.animals: shows commit " + id(1)}));
  EXPECT_EQ(bucket.puts, 0U);
  EXPECT_EQ(glue.operations(), std::vector<std::string>{"GetTable"});

  ASSERT_TRUE(export_version(1));
  put(2, "type=dog/a", "2");
  dry = spec(2);
  dry.dry_run = true;
  const std::size_t before = remote_calls();
  report = export_version(dry);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, Kind::kIncremental);
  EXPECT_EQ(report->partitions.deleted, 1U);
  EXPECT_EQ(remote_calls() - before, 2U);
  EXPECT_EQ(read(), expected(1));
}

TEST_F(TableExportTest, ParametersOfOthersStay) {
  put(1, "type=cat/a", "1");
  ASSERT_TRUE(export_version(1));
  Json table = glue.table("catalogs_main", "animals");
  Json parameters = *table.find("Parameters");
  parameters.set("theirs", "kept");
  table.set("Parameters", std::move(parameters));
  ASSERT_TRUE(tarn::testing::run(catalog->update_table({}, table)));
  put(2, "type=dog/a", "2");
  ASSERT_TRUE(export_version(2));
  EXPECT_EQ(parameter("theirs"), "kept");
  EXPECT_EQ(parameter("tarn.commit"), id(2));
}

TEST_F(TableExportTest, ABadDescriptorWritesNothing) {
  put(1, "type=cat/a", "1");
  descriptor += "    - {name: x, type: text}\n";
  const auto report = export_version(1);
  ASSERT_FALSE(report);
  EXPECT_TRUE(report.error().is(kBadDescriptor));
  EXPECT_EQ(remote_calls(), 0U);
}

}  // namespace
}  // namespace tarn::tables
