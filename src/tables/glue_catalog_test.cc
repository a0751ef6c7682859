#include "tables/glue_catalog.h"

#include "aws/errors.h"
#include "aws/testing/glue_imposter.h"
#include "base/rng.h"
#include "http/client.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace tarn::tables {
namespace {

using aws::testing::GlueFault;
using aws::testing::GlueImposter;
using Fault = GlueFault::Kind;
using tarn::testing::run;

const std::string kLocation = "s3://bucket/ns/_lakefs/exported/main/9255e5/t";

Json table_input(std::string_view location = kLocation) {
  Json storage = Json::object();
  storage.set("Location", location).set("InputFormat", "symlink");
  Json key = Json::object();
  key.set("Name", "p").set("Type", "int");
  Json keys = Json::array();
  keys.push_back(std::move(key));
  Json input = Json::object();
  input.set("Name", "t").set("PartitionKeys", std::move(keys));
  input.set("StorageDescriptor", std::move(storage));
  return input;
}

std::vector<GluePartition> numbered(int first, int last, std::string_view location = kLocation) {
  std::vector<GluePartition> partitions;
  for (int i = first; i < last; ++i) {
    partitions.push_back({{std::to_string(i)}, fmt::format("{}/p={}", location, i)});
  }
  return partitions;
}

class GlueCatalogTest : public ::testing::Test {
 protected:
  GlueCatalogTest() {
    glue.add_database("db");
    aws::GlueConfig config = glue.config();
    config.retry.tries_max = 4;
    client.emplace(config, aws::static_credentials(glue.credentials()),
                   aws::Services{*http, clock, rng});
    GlueCatalog::Options options;
    options.tries_max = 3;
    options.first_delay = std::chrono::milliseconds(1);
    catalog.emplace(*client, clock, "db", options);
  }

  Result<GlueCatalog::Registered> register_table(
      std::optional<std::vector<GluePartition>> partitions, Json input = table_input()) {
    return run(catalog->register_table({}, std::move(input), std::move(partitions)));
  }
  std::size_t count(const std::string& operation) const { return glue.inputs(operation).size(); }
  /// Every partition of 0 … n-1 is where it should be, and no other is there.
  void expect_partitions(int n, std::string_view location = kLocation) const {
    std::map<std::string, std::string> expected;
    for (const GluePartition& partition : numbered(0, n, location)) {
      expected[partition.values[0]] = partition.location;
    }
    EXPECT_EQ(glue.partitions("db", "t"), expected);
  }

  SystemClock clock;
  SeededRng rng{3};
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  GlueImposter glue;
  std::optional<aws::GlueClient> client;
  std::optional<GlueCatalog> catalog;
};

TEST_F(GlueCatalogTest, CreatesInBatchesOfAHundred) {
  const auto done = register_table(numbered(0, 250));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_TRUE(done->created);
  EXPECT_EQ(done->partitions.created, 250U);
  EXPECT_EQ(done->partitions.updated + done->partitions.deleted, 0U);
  expect_partitions(250);
  EXPECT_EQ(count("BatchCreatePartition"), 3U);
  EXPECT_EQ(glue.operations().size(), 4U) << "more calls than the table and its batches";
  EXPECT_EQ(glue.partition("db", "t", {"7"}).dump(),
            R"({"Values":["7"],"StorageDescriptor":{"Location":")" + kLocation +
                R"(/p=7","InputFormat":"symlink"}})");
}

TEST_F(GlueCatalogTest, WithoutAListRecordsAreNotTouched) {
  ASSERT_TRUE(register_table(numbered(0, 3)));
  const auto again = register_table(std::nullopt);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  expect_partitions(3);
}

TEST_F(GlueCatalogTest, AnExportThatIsThereIsUpdatedToExactlyThesePartitions) {
  ASSERT_TRUE(register_table(numbered(0, 130)));
  const std::string elsewhere = "s3://bucket/ns/_lakefs/exported/main/aaaaaa/t";
  std::vector<GluePartition> next = numbered(0, 60, elsewhere);
  const auto done = register_table(next, table_input(elsewhere));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_FALSE(done->created);
  EXPECT_EQ(done->partitions.created, 0U);
  EXPECT_EQ(done->partitions.updated, 60U);
  EXPECT_EQ(done->partitions.deleted, 70U);
  expect_partitions(60, elsewhere);
  EXPECT_EQ(count("BatchDeletePartition"), 3U);
  EXPECT_EQ(glue.table("db", "t").find_path({"StorageDescriptor", "Location"})->dump(),
            "\"" + elsewhere + "\"");
  // Some are new.
  const auto more = register_table(numbered(0, 120));
  ASSERT_TRUE(more);
  EXPECT_EQ(more->partitions.created, 60U);
  EXPECT_EQ(more->partitions.updated, 60U);
  expect_partitions(120);
}

TEST_F(GlueCatalogTest, SomebodysTableIsLeftAlone) {
  ASSERT_TRUE(run(catalog->put_table({}, table_input("s3://bucket/their/data"))));
  const auto done = register_table(numbered(0, 1));
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(kForeignTable));
  EXPECT_EQ(done.error().message(),
            "table `t` of database `db` exists and is no export (its location is "
            "`s3://bucket/their/data`)");
  EXPECT_EQ(count("UpdateTable"), 0U);
  EXPECT_EQ(glue.partitions("db", "t").size(), 0U);
}

/// Whatever passes leaves the same table behind, each partition once.
TEST_F(GlueCatalogTest, ThrottlingAndLostRepliesChangeNothing) {
  const GlueFault faults[] = {
      {.kind = Fault::kRefuse, .operation = "CreateTable", .times = 2},
      {.kind = Fault::kDrop, .operation = "CreateTable"},
      {.kind = Fault::kLoseReply, .operation = "CreateTable"},
      {.kind = Fault::kRefuse, .operation = "BatchCreatePartition", .times = 2, .skip = 1},
      {.kind = Fault::kDrop, .operation = "BatchCreatePartition", .skip = 1},
      {.kind = Fault::kLoseReply, .operation = "BatchCreatePartition", .times = 2},
      {.kind = Fault::kRefuseItem, .operation = "BatchCreatePartition", .times = 2},
      {.kind = Fault::kRefuseItem,
       .operation = "BatchCreatePartition",
       .code = "InternalServiceException"},
      // Said to be there, and then it is not.
      {.kind = Fault::kRefuseItem,
       .operation = "BatchCreatePartition",
       .code = "AlreadyExistsException"},
  };
  for (const GlueFault& fault : faults) {
    SCOPED_TRACE(
        fmt::format("{} {} {}", fault.operation, static_cast<int>(fault.kind), fault.code));
    ASSERT_TRUE(run(catalog->delete_table({}, "t")));
    glue.inject(fault);
    const auto done = register_table(numbered(0, 230));
    ASSERT_TRUE(done) << done.error().message();
    expect_partitions(230);
    EXPECT_EQ(glue.table_count(), 1U);
  }
}

/// 20 ms, then 40.
TEST_F(GlueCatalogTest, WhatGlueThrottlesIsAskedForLater) {
  GlueCatalog::Options options;
  options.tries_max = 3;
  options.first_delay = std::chrono::milliseconds(20);
  catalog.emplace(*client, clock, "db", options);
  glue.inject({.kind = Fault::kRefuseItem, .operation = "BatchCreatePartition", .times = 2});
  const SteadyTime start = clock.steady_now();
  ASSERT_TRUE(register_table(numbered(0, 30)));
  EXPECT_GE(clock.steady_now() - start, std::chrono::milliseconds(60));
  expect_partitions(30);
}

TEST_F(GlueCatalogTest, LooksUpAgainWhatGlueLeftOut) {
  ASSERT_TRUE(register_table(numbered(0, 130)));
  std::vector<std::vector<std::string>> asked;
  for (int i = 0; i < 140; ++i) {
    asked.push_back({std::to_string(i)});
  }
  glue.inject({.kind = Fault::kRefuseItem, .operation = "BatchGetPartition", .times = 2});
  const auto found = run(catalog->find_partitions({}, "t", asked));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->size(), 130U);
  // In batches of a hundred, and what was left out alone.
  EXPECT_EQ(count("BatchGetPartition"), 4U);

  glue.inject({.kind = Fault::kRefuseItem, .operation = "BatchGetPartition", .times = 100});
  const auto never = run(catalog->find_partitions({}, "t", asked));
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().message(), "Glue does not look up 1 partitions of t");
}

TEST_F(GlueCatalogTest, WhatCannotBeFinishedIsRemovedAgain) {
  const GlueFault faults[] = {
      {.kind = Fault::kRefuse,
       .operation = "BatchCreatePartition",
       .times = 100,
       .skip = 1,
       .code = "AccessDeniedException"},
      {.kind = Fault::kRefuseItem,
       .operation = "BatchCreatePartition",
       .code = "InvalidInputException"},
      {.kind = Fault::kRefuseItem, .operation = "BatchCreatePartition", .times = 100},
      {.kind = Fault::kRefuse, .operation = "BatchCreatePartition", .times = 100, .skip = 1},
  };
  for (const GlueFault& fault : faults) {
    glue.inject(fault);
    const auto done = register_table(numbered(0, 330));
    ASSERT_FALSE(done) << fault.code;
    EXPECT_EQ(glue.table_count(), 0U) << fault.code;
    glue.clear_faults();
  }
  ASSERT_TRUE(register_table(numbered(0, 330)));
  expect_partitions(330);
}

TEST_F(GlueCatalogTest, ARefusedPartitionIsNamed) {
  glue.inject({.kind = Fault::kRefuseItem,
               .operation = "BatchCreatePartition",
               .code = "InvalidInputException"});
  const auto done = register_table(numbered(0, 3));
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(kBadPartition));
  EXPECT_EQ(done.error().message(), "Glue refuses partition `0`: InvalidInputException: as told");
}

TEST_F(GlueCatalogTest, AnOlderTableIsKeptWhenItsUpdateFails) {
  ASSERT_TRUE(register_table(numbered(0, 3)));
  glue.inject({.kind = Fault::kRefuse,
               .operation = "BatchUpdatePartition",
               .times = 1,
               .code = "AccessDeniedException"});
  const auto done = register_table(numbered(0, 3));
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(aws::kAccessDenied));
  expect_partitions(3);
}

TEST_F(GlueCatalogTest, AWrongGuessCostsOneRequest) {
  ASSERT_TRUE(register_table(numbered(0, 50)));
  const std::size_t before = glue.operations().size();
  const auto changes = run(catalog->put_partitions({}, table_input(), numbered(40, 60), true));
  ASSERT_TRUE(changes) << changes.error().message();
  EXPECT_EQ(changes->updated, 10U);
  EXPECT_EQ(changes->created, 10U);
  EXPECT_EQ(glue.operations().size(), before + 2);
  expect_partitions(60);
}

TEST_F(GlueCatalogTest, DeletingIsRepeatable) {
  ASSERT_TRUE(register_table(numbered(0, 30)));
  std::vector<std::vector<std::string>> values;
  for (int i = 5; i < 40; ++i) {
    values.push_back({std::to_string(i)});
  }
  glue.inject({.kind = Fault::kRefuseItem, .operation = "BatchDeletePartition"});
  const auto deleted = run(catalog->delete_partitions({}, "t", values));
  ASSERT_TRUE(deleted) << deleted.error().message();
  EXPECT_EQ(*deleted, 25U);
  expect_partitions(5);
  EXPECT_EQ(*run(catalog->delete_partitions({}, "t", values)), 0U);
  EXPECT_TRUE(run(catalog->delete_table({}, "t")));
  EXPECT_TRUE(run(catalog->delete_table({}, "t")));
}

TEST_F(GlueCatalogTest, ListsPartitionsPageByPage) {
  ASSERT_TRUE(register_table(numbered(0, 2300)));
  const auto found = run(catalog->partitions({}, "t"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 2300U);
  EXPECT_EQ(count("GetPartitions"), 3U);
}

}  // namespace
}  // namespace tarn::tables
