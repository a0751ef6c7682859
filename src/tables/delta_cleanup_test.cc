#include "tables/delta_export.h"
#include "tables/export_references.h"
#include "tables/testing/delta_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

// Logs that were cleaned up: their first versions are gone, and a checkpoint has what they held.

namespace tarn::tables {
namespace {

class DeltaCleanupTest : public testing::DeltaWorld {
 protected:
  /// Names of the files that versions 0 to `last` added.
  static std::vector<std::string> names_to(std::uint64_t last) {
    std::vector<std::string> names;
    for (std::uint64_t version = 0; version <= last; ++version) {
      names.push_back(fmt::format("{}.parquet", version));
    }
    return names;
  }
  static std::set<std::string> addresses_to(std::uint64_t last) {
    const std::vector<std::string> names = names_to(last);
    return addresses({names.begin(), names.end()});
  }
  /// A log whose versions before `at` are gone.
  void clean_up(std::uint64_t at) {
    put_checkpoint(at, checkpoint(at, names_to(at)));
    remove_versions(0, at - 1);
  }
  bool has(const std::string& name) {
    return store.objects.contains(location() + "/_delta_log/" + name);
  }
  std::string message() {
    const auto refused = run(1);
    EXPECT_TRUE(store.written.empty());
    return refused ? std::string("exported") : std::string(refused.error().message());
  }
  std::string exported_checkpoint(std::uint64_t version) {
    return lines_of(store.objects.at(location() + "/_delta_log/" + delta_checkpoint_name(version)));
  }
};

TEST_F(DeltaCleanupTest, TheLogBeginsWithItsCheckpoint) {
  put_versions(5);
  clean_up(3);
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->version, 5U);
  EXPECT_EQ(report->checkpoint, 3U);
  EXPECT_EQ(report->objects, 6U);
  EXPECT_EQ(describe(*report, "trips")[0],
            "trips: created, version 5; exported as a whole (the table is new); 3 versions and "
            "checkpoint 3 written, 6 objects looked up");
  EXPECT_EQ(read(), addresses_to(5));
  EXPECT_EQ(exported(4), "{\"add\":{\"path\":\"s3://bucket/ns/data/4.parquet\",\"size\":1}}\n");
  EXPECT_TRUE(has(delta_file_name(3))) << "its time is in there";
  EXPECT_FALSE(has(delta_file_name(2)));
  // What readers look for comes last, and the hint at it behind it.
  ASSERT_EQ(store.written.size(), 5U);
  EXPECT_TRUE(store.written[3].ends_with(delta_checkpoint_name(3)));
  EXPECT_TRUE(store.written[4].ends_with("/_last_checkpoint"));
  const Json hint = parse_json(store.objects.at(store.written[4])).value();
  EXPECT_EQ(hint.int_or("version", -1), 3);
  EXPECT_EQ(hint.int_or("size", -1), 6);
  EXPECT_EQ(exported_checkpoint(3).substr(0, testing::delta_protocol().size()),
            testing::delta_protocol());
  EXPECT_EQ(parameter("tarn.version"), "5");
  EXPECT_EQ(glue.table("db", "trips").find_path({"StorageDescriptor", "Columns"})->size(), 3U);
}

TEST_F(DeltaCleanupTest, ACheckpointMayBeAllThereIs) {
  for (const std::string& name : names_to(7)) {
    put_data(name);
  }
  put_checkpoint(7, checkpoint(7, names_to(7)));
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->version, 7U);
  EXPECT_EQ(report->written, 0U);
  EXPECT_EQ(store.written.size(), 2U);
  EXPECT_EQ(read(), addresses_to(7));

  put_data("8.parquet");
  put(8, R"({"add":{"path":"8.parquet"}})");
  const auto more = run(2);
  ASSERT_TRUE(more);
  EXPECT_EQ(more->reason, "");
  EXPECT_EQ(store.written.size(), 1U);
  EXPECT_EQ(read(), addresses_to(8));
}

TEST_F(DeltaCleanupTest, WhereVersion0IsThereACheckpointIsNotNeeded) {
  put_versions(3);
  put_checkpoint(2, "no Parquet");
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->checkpoint, std::nullopt);
  EXPECT_EQ(store.written.size(), 4U);
  EXPECT_EQ(read(), addresses_to(3));
}

TEST_F(DeltaCleanupTest, TheNewestWholeCheckpointCounts) {
  put_versions(9);
  remove_versions(0, 2);
  put_checkpoint(3, checkpoint(3, names_to(3)));
  put_checkpoint(5, checkpoint(5, names_to(5)));
  reader.set_content(log_file("00000000000000000008.checkpoint.0000000002.0000000002.parquet"),
                     "half of one");
  ASSERT_TRUE(run(1));
  EXPECT_TRUE(has(delta_checkpoint_name(5)));
  EXPECT_FALSE(has(delta_checkpoint_name(3)));
  EXPECT_FALSE(has(delta_file_name(4)));
  EXPECT_EQ(read(), addresses_to(9));
}

TEST_F(DeltaCleanupTest, WhatIsNewGoesBehindIt) {
  put_versions(5);
  clean_up(3);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  put_versions(6);
  remove_versions(0, 2);
  changes.replaced.clear();
  const std::size_t finds = reader.finds;
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "");
  EXPECT_EQ(report->checkpoint, std::nullopt);
  EXPECT_EQ(location(), place);
  EXPECT_EQ(store.written, (std::vector{place + "/_delta_log/" + delta_file_name(6)}));
  EXPECT_EQ(reader.finds - finds, 1U);
  EXPECT_EQ(read(), addresses_to(6));
}

/// The repository's log loses versions that were exported; those that were stay.
TEST_F(DeltaCleanupTest, AnotherCleanupChangesNothingThatWasExported) {
  put_versions(4);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  put_versions(6);
  clean_up(4);
  auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "");
  EXPECT_EQ(store.written.size(), 2U);
  EXPECT_TRUE(has(delta_file_name(0)));
  EXPECT_FALSE(has(delta_checkpoint_name(4)));
  EXPECT_EQ(read(), addresses_to(6));

  // A second checkpoint, before the last version that was exported.
  put_versions(8);
  changes.replaced = {log_file(delta_checkpoint_name(4)), log_file("_last_checkpoint")};
  reader.remove(log_file(delta_checkpoint_name(4)));
  clean_up(6);
  report = run(3);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "");
  EXPECT_EQ(location(), place);
  EXPECT_EQ(read(), addresses_to(8));
}

TEST_F(DeltaCleanupTest, VersionsThatNobodySawMakeAnotherFolder) {
  put_versions(4);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  put_versions(9);
  clean_up(8);
  changes.replaced = {};
  const auto report = run(2);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->reason, "versions were cleaned up that no export has seen");
  EXPECT_NE(location(), place);
  EXPECT_EQ(read(), addresses_to(9));
  EXPECT_EQ(parameter("tarn.version"), "9");
}

/// Cleaned up or not: a log without the version that was exported last may be another one.
TEST_F(DeltaCleanupTest, WithoutTheLastVersionItMayBeAnotherLog) {
  put_versions(4);
  ASSERT_TRUE(run(1));
  const std::string place = location();
  put_versions(6);
  put_checkpoint(4, checkpoint(4, {"0.parquet", "2.parquet"}));
  remove_versions(0, 4);
  auto report = run(2);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "files of the table were replaced or removed");
  EXPECT_NE(location(), place);
  EXPECT_EQ(read(), addresses({"0.parquet", "2.parquet", "5.parquet", "6.parquet"}));

  // As well when the versions behind it are all there, before the checkpoint.
  put_versions(9);
  remove_versions(0, 6);
  changes.replaced = {log_file(delta_file_name(6))};
  put_checkpoint(8, checkpoint(8, {"8.parquet"}));
  report = run(9);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "files of the table were replaced or removed");
  EXPECT_EQ(read(), addresses({"8.parquet", "9.parquet"}));
}

/// Versions that are there as others are no cleanup.
TEST_F(DeltaCleanupTest, VersionsThatWereReplacedMakeAnotherFolder) {
  put_versions(6);
  clean_up(4);
  ASSERT_TRUE(run(1));
  put_versions(7);
  remove_versions(0, 5);
  put(6, R"({"remove":{"path":"0.parquet"}})");
  changes.replaced = {log_file(delta_file_name(6))};
  put_checkpoint(5, checkpoint(5, {"0.parquet"}));
  auto report = run(3);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "files of the table were replaced or removed");
  EXPECT_EQ(read(), addresses({"7.parquet"}));

  // One before the checkpoint and before the last one that was exported, too.
  put_data("8.parquet");
  put(8, R"({"add":{"path":"8.parquet"}})");
  changes.replaced = {};
  ASSERT_EQ(run(4)->reason, "");
  put_versions(9);
  remove_versions(0, 5);
  changes.replaced = {log_file(delta_file_name(6))};
  put_checkpoint(8, checkpoint(8, {"8.parquet"}));
  report = run(5);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "files of the table were replaced or removed");
  EXPECT_EQ(read(), addresses({"8.parquet", "9.parquet"}));
}

TEST_F(DeltaCleanupTest, AnExportThatDidNotEndIsNoTable) {
  put_versions(5);
  clean_up(3);
  for (const char* name : {"checkpoint.parquet", "_last_checkpoint"}) {
    store.fails_on = name;
    EXPECT_FALSE(run(1));
  }
  EXPECT_EQ(store.objects.size(), 7U) << "versions twice, a checkpoint once";
  store.fails_on.clear();
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(location().ends_with("-3"));
  EXPECT_EQ(read(), addresses_to(5));

  put_versions(7);
  remove_versions(0, 2);
  changes.replaced.clear();
  store.fails_on = delta_file_name(7);
  EXPECT_FALSE(run(2));
  store.fails_on.clear();
  const std::string place = location();
  ASSERT_TRUE(run(2));
  EXPECT_EQ(location(), place);
  EXPECT_EQ(read(), addresses_to(7));
}

TEST_F(DeltaCleanupTest, WhatBecameOfTheExportedLogIsNoticed) {
  put_versions(5);
  clean_up(3);
  ASSERT_TRUE(run(1));
  changes.replaced.clear();
  put_versions(6);
  remove_versions(0, 2);
  changes.replaced.clear();
  store.objects.erase(location() + "/_delta_log/" + delta_checkpoint_name(3));
  auto report = run(2);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "the log that was exported is another");
  EXPECT_EQ(read(), addresses_to(6));

  // An engine that wrote a version, and a checkpoint of it.
  store.objects[location() + "/_delta_log/" + delta_checkpoint_name(8)] = "theirs";
  report = run(3);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reason, "the log that was exported is another");
}

TEST_F(DeltaCleanupTest, FilesThatAreMissingEndItBeforeAnythingIsWritten) {
  put_versions(5);
  clean_up(3);
  reader.remove("wh/trips/1.parquet");
  EXPECT_EQ(message(), "files that are part of the table are missing: wh/trips/1.parquet");
  // Gone for good, with a version behind the checkpoint.
  put(5, R"({"remove":{"path":"1.parquet"}})");
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_NE(exported_checkpoint(3).find(R"({"path":"1.parquet")"), std::string::npos)
      << "its path stays";
}

TEST_F(DeltaCleanupTest, DeletionVectorsAndOddPathsAreFound) {
  reader.add_at("wh/trips/day=a b/x%y.parquet", "s3://bucket/ns/data/a b");
  reader.add_at("wh/trips/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin",
                "s3://bucket/ns/data/vector");
  const std::string head = testing::delta_protocol() + testing::delta_metadata() + "\n";
  put_checkpoint(
      4, checkpoint_of(
             4, head + R"({"add":{"path":"day=a%20b/x%25y.parquet","partitionValues":{"day":null},)"
                       R"("size":7,"tags":{"k":"v"},"deletionVector":{"storageType":"u",)"
                       R"("pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","sizeInBytes":40}}})"
                       "\n"
                       R"({"remove":{"path":"gone.parquet","deletionTimestamp":9}})"
                       "\n"
                       R"({"add":{"path":"s3://elsewhere/x.parquet"}})"
                       "\n"));
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  const std::string lines = exported_checkpoint(4);
  EXPECT_EQ(lines.substr(lines.find("{\"add")),
            R"({"add":{"path":"s3://bucket/ns/data/a%20b","partitionValues":{"day":null},"size":7,)"
            R"("tags":{"k":"v"},"deletionVector":{"storageType":"p",)"
            R"("pathOrInlineDv":"s3://bucket/ns/data/vector","sizeInBytes":40}}})"
            "\n"
            R"({"remove":{"path":"gone.parquet","deletionTimestamp":9}})"
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
  const std::string log = location() + "/_delta_log/";
  EXPECT_EQ(manifests,
            (std::set<std::string>{log + delta_checkpoint_name(4), log + "_last_checkpoint"}));
  EXPECT_EQ(objects,
            (std::set<std::string>{"s3://bucket/ns/data/a%20b", "s3://bucket/ns/data/vector",
                                   "s3://elsewhere/x.parquet"}));

  PruneSpec prune;
  prune.base_uri = "s3://bucket/ns";
  prune.repository = "lake";
  prune.now = WallTime() + std::chrono::hours(25);
  ASSERT_TRUE(tarn::testing::run(prune_exports({}, *catalog, store, prune)));
  EXPECT_EQ(store.objects.size(), 2U);
  prune.ref = "main";
  prune.whole_ref = true;
  ASSERT_TRUE(tarn::testing::run(prune_exports({}, *catalog, store, prune)));
  EXPECT_TRUE(store.objects.empty());
}

TEST_F(DeltaCleanupTest, PartsMakeOneCheckpoint) {
  for (const std::string& name : names_to(3)) {
    put_data(name);
  }
  const auto part = [](int number) {
    return log_file(
        fmt::format("00000000000000000003.checkpoint.{:010}.0000000003.parquet", number));
  };
  reader.set_content(part(1), checkpoint(3, {"0.parquet"}));
  reader.set_content(part(2), checkpoint(3, {}));
  const std::string two = R"({"add":{"path":"1.parquet"}})"
                          "\n"
                          R"({"add":{"path":"2.parquet"}})"
                          "\n"
                          R"({"add":{"path":"3.parquet"}})";
  EXPECT_EQ(message(),
            part(3) + " is missing, a part of the checkpoint that " + part(1) + " is of");
  reader.set_content(part(3), checkpoint_of(3, two));
  ASSERT_TRUE(run(1));
  EXPECT_TRUE(has(delta_checkpoint_name(3)));
  EXPECT_EQ(store.objects.size(), 2U);
  EXPECT_EQ(read(), addresses_to(3));
}

/// The table's files are in sidecars, which a file in JSON or Parquet names.
TEST_F(DeltaCleanupTest, SidecarsMakeOneCheckpoint) {
  for (const std::string& name : names_to(2)) {
    put_data(name);
  }
  const std::string head = testing::delta_protocol() + testing::delta_metadata() + "\n";
  const std::string manifest =
      log_file("00000000000000000002.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json");
  reader.set_content(manifest,
                     "{\"checkpointMetadata\":{\"version\":2}}\n" + head +
                         "{\"sidecar\":{\"path\":\"a.parquet\",\"sizeInBytes\":1}}\n"
                         "{\"sidecar\":{\"path\":\"b%20c.parquet\",\"sizeInBytes\":1}}\n");
  const auto add = [](const std::string& name) {
    return checkpoint_of(2, fmt::format(R"({{"add":{{"path":"{}"}}}})", name));
  };
  reader.set_content(log_file("_sidecars/a.parquet"), add("0.parquet"));
  reader.set_content(log_file("_sidecars/b c.parquet"), add("1.parquet"));
  put(2, R"({"add":{"path":"1.parquet"}})");
  put(3, R"({"add":{"path":"2.parquet"}})");
  const auto report = run(1);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(read(), addresses_to(2));
  EXPECT_EQ(exported_checkpoint(2).find("sidecar"), std::string::npos);
}

TEST_F(DeltaCleanupTest, ATableOfOneCommitStandsAlone) {
  put_versions(4);
  clean_up(3);
  const auto report = tarn::testing::run(export_delta_commit({}, reader, store, *catalog, spec(1)));
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(location(), "s3://bucket/ns/_lakefs/exported/main/01cccc/trips");
  EXPECT_TRUE(store.written.back().ends_with("_last_checkpoint"));
  EXPECT_EQ(read(), addresses_to(4));
}

TEST_F(DeltaCleanupTest, ADryRunChangesNothing) {
  put_versions(4);
  clean_up(3);
  DeltaExport dry = spec(1);
  dry.dry_run = true;
  const auto report = run(dry);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->steps.size(), 5U) << "two versions, the checkpoint, its hint, the table";
  EXPECT_TRUE(store.objects.empty());
}

TEST_F(DeltaCleanupTest, WhatIsWrongWithALogIsNamed) {
  const std::string folder = "wh/trips/_delta_log/";
  put_versions(6);
  remove_versions(0, 2);
  EXPECT_EQ(message(), folder + delta_file_name(0) + " is missing");
  put_checkpoint(1, checkpoint(1, {}));
  EXPECT_EQ(message(), folder + delta_file_name(2) + " is missing, behind the checkpoint " +
                           folder + delta_checkpoint_name(1));
  put_checkpoint(4, "no Parquet");
  EXPECT_EQ(message(),
            folder + delta_checkpoint_name(4) + ": invalid Parquet file: it is no Parquet file");
  Bytes damaged = checkpoint(4, names_to(4));
  damaged[20] ^= 1;
  put_checkpoint(4, damaged);
  EXPECT_TRUE(message().starts_with(folder + delta_checkpoint_name(4) + ": column `"));
  put_checkpoint(4, checkpoint_of(4, testing::delta_protocol()));
  EXPECT_EQ(message(), folder + " says nothing of a schema");
  put_checkpoint(4, checkpoint_of(4, R"({"add":{"size":1}})"));
  EXPECT_EQ(message(), folder + delta_checkpoint_name(4) + ": action 1: add: `path` is missing");
}

}  // namespace
}  // namespace tarn::tables
