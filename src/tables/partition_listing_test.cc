#include "tables/partition_listing.h"

#include "runtime/testing/run.h"
#include "tables/testing/fake_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tarn::tables {
namespace {

using testing::FakeReader;

TEST(PartitionListing, FindsWhatHoldsData) {
  FakeReader reader;
  for (const char* path : {"t/a=1/x", "t/a=1/y", "t/a=10/x", "t/a=2/_SUCCESS", "t/a=3/z/x",
                           "t/stray", "t/a=ü/x", "t2/a=4/x"}) {
    reader.add(path);
  }
  reader.add("t/a=5/", 0);
  const auto found = tarn::testing::run(list_partitions({}, reader, PartitionLayout("t", {"a"})));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::string>{"a=1/", "a=10/", "a=3/", "a=ü/"}));
  EXPECT_EQ(*tarn::testing::run(list_partitions({}, reader, PartitionLayout("none", {"a"}))),
            std::vector<std::string>{});
  EXPECT_EQ(*tarn::testing::run(list_partitions({}, reader, PartitionLayout("t", {}))),
            std::vector<std::string>{""});
}

TEST(PartitionListing, LargePartitionsAreJumpedOver) {
  FakeReader reader;
  for (int i = 0; i < 20'000; ++i) {
    reader.add(fmt::format("t/a={}/{:05}", i % 2, i));
  }
  reader.add("t/a=2/x");
  const auto found = tarn::testing::run(list_partitions({}, reader, PartitionLayout("t", {"a"})));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::string>{"a=0/", "a=1/", "a=2/"}));
  EXPECT_EQ(reader.lists, 3U);
}

TEST(PartitionListing, PassesOnWhatTheReaderRefuses) {
  FakeReader reader;
  reader.add("t/a=1/x");
  reader.fail_at_list = 1;
  EXPECT_FALSE(tarn::testing::run(list_partitions({}, reader, PartitionLayout("t", {"a"}))));
}

}  // namespace
}  // namespace tarn::tables
