#include "tables/glue_partitions.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tarn::tables {
namespace {

const std::string kBase = "s3://bucket/ns/_lakefs/exported/main/9255e5/animals/";

TEST(GluePartitions, ValuesAreDecodedLocationsAreNot) {
  const PartitionLayout layout("t", {"type", "at"});
  const auto made = glue_partitions(
      layout, kBase, {"type=cat/at=12%3A30/", "type=a=b \"'/at=__HIVE_DEFAULT_PARTITION__/"});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(*made,
            (std::vector<GluePartition>{{{"cat", "12:30"}, kBase + "type=cat/at=12%3A30"},
                                        {{"a=b \"'", "__HIVE_DEFAULT_PARTITION__"},
                                         kBase + "type=a=b \"'/at=__HIVE_DEFAULT_PARTITION__"}}));
}

TEST(GluePartitions, RefusesWhatACatalogCannotHold) {
  const PartitionLayout layout("t", {"a", "b"});
  const std::pair<std::vector<std::string>, std::string> rows[] = {
      {{"a=1/b=2/", "a=1/z/b=2/"},
       "partition `a=1/z/b=2/` has the same values as partition `a=1/b=2/`: a catalog can hold "
       "only one of them"},
      {{"a=x%3A/b=2/", "a=x:/b=2/"},
       "partition `a=x:/b=2/` has the same values as partition `a=x%3A/b=2/`: a catalog can hold "
       "only one of them"},
      {{"a=\xff/b=1/"}, "partition `a=\xff/b=1/` is no UTF-8"},
      {{"a=%ff/b=1/"}, "partition `a=%ff/b=1/` has a value that is no UTF-8"},
      {{"a=" + std::string(1025, 'x') + "/b=1/"},
       "partition `a=" + std::string(1025, 'x') + "/b=1/` has a value of more than 1024 bytes"},
  };
  for (const auto& [folders, message] : rows) {
    const auto made = glue_partitions(layout, kBase, folders);
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().is(kBadPartition));
    EXPECT_EQ(made.error().message(), message);
  }
  const auto far =
      glue_partitions(layout, "s3://bucket/" + std::string(2050, 'x') + "/", {"a=1/b=2/"});
  ASSERT_FALSE(far);
  EXPECT_NE(far.error().message().find("a location of more than 2056 bytes"), std::string::npos);
  EXPECT_TRUE(glue_partitions(layout, kBase, {"a=" + std::string(1024, 'x') + "/b=1/"}));
}

TEST(GluePartitions, InputsTakeTheTablesStorage) {
  const Json table =
      parse_json(R"({"Name":"t","StorageDescriptor":{"Location":"s3://b/t","InputFormat":"f"}})")
          .value();
  EXPECT_EQ(
      partition_input(table, {{"1"}, "s3://b/t/a=1"}).dump(),
      R"({"Values":["1"],"StorageDescriptor":{"Location":"s3://b/t/a=1","InputFormat":"f"}})");
}

Result<Json> project(const std::vector<std::string>& folders) {
  const Json table = parse_json(R"({"Name":"t","Parameters":{"classification":"csv"},)"
                                R"("StorageDescriptor":{"Location":"s3://b/t"},"PartitionKeys":[)"
                                R"({"Name":"day","Type":"string"},{"Name":"n","Type":"int"}]})")
                         .value();
  return project_partitions(table, PartitionLayout("t", {"day", "n"}), {"day", "n"}, folders);
}

TEST(PartitionProjection, SaysWhatIsThere) {
  const Result<Json> made =
      project({"day=2023-10-29/n=-3/", "day=2023-10-30/n=12/", "day=2023-10-29/n=4/"});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(
      made->find("Parameters")->dump(),
      R"({"classification":"csv","projection.enabled":"true","projection.day.type":"enum",)"
      R"("projection.day.values":"2023-10-29,2023-10-30","projection.n.type":"integer",)"
      R"("projection.n.range":"-3,12","storage.location.template":"s3://b/t/day=${day}/n=${n}"})");
  // A number that the range would spell another way is a word.
  const Result<Json> padded = project({"day=a/n=05/", "day=a/n=6/"});
  ASSERT_TRUE(padded);
  EXPECT_EQ(padded->find("Parameters")->string_or("projection.n.values", ""), "05,6");
  EXPECT_EQ(padded->find("Parameters")->find("projection.n.range"), nullptr);
  const Result<Json> empty = project({});
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->find("Parameters")->dump(), R"({"classification":"csv"})");
}

TEST(PartitionProjection, RefusesWhatItCannotSay) {
  for (const char* folder :
       {"day=a%3Ab/n=1/", "day=a,b/n=1/", "day=a/z/n=1/", "day=a/n=__HIVE_DEFAULT_PARTITION__/"}) {
    const Result<Json> made = project({folder});
    ASSERT_FALSE(made) << folder;
    EXPECT_NE(
        made.error().message().find(std::string("partition `") + folder + "` cannot be projected"),
        std::string::npos)
        << made.error().message();
  }
}

}  // namespace
}  // namespace tarn::tables
