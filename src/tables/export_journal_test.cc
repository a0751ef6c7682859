#include "tables/export_journal.h"

#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::tables {
namespace {

using tarn::testing::run;

TEST(ExportJournal, KnowsWhatBeganAndDidNotEnd) {
  const std::unique_ptr<kv::Store> kv = kv::open_mem();
  const SystemClock clock;
  ExportJournal journal(*kv, clock);
  EXPECT_FALSE(run(journal.find({}, "r", "s3://b/t"))->has_value());
  ASSERT_TRUE(run(journal.begin({}, "r", "s3://b/t", "c1")));
  ASSERT_TRUE(run(journal.begin({}, "r", "s3://b/t", "c2")));
  EXPECT_EQ(run(journal.find({}, "r", "s3://b/t")).value()->commit, "c2");
  EXPECT_FALSE(run(journal.find({}, "r2", "s3://b/t"))->has_value());
  EXPECT_FALSE(run(journal.find({}, "r", "s3://b/t2"))->has_value());
  // Another process finds the same.
  ExportJournal later(*kv, clock);
  EXPECT_TRUE(run(later.find({}, "r", "s3://b/t"))->has_value());
  ASSERT_TRUE(run(later.finish({}, "r", "s3://b/t")));
  ASSERT_TRUE(run(later.finish({}, "r", "s3://b/t")));
  EXPECT_FALSE(run(journal.find({}, "r", "s3://b/t"))->has_value());
}

TEST(ExportJournal, ReadsTheRowsOfToday) {
  const std::unique_ptr<kv::Store> kv = kv::open_mem();
  const SystemClock clock;
  ASSERT_TRUE(run(kv->set({}, {.partition = "exports", .key = "r/s3://b/t"},
                          R"({"commit":"c","began":"2023-10-29T15:17:50Z"})")));
  const auto open = run(ExportJournal(*kv, clock).find({}, "r", "s3://b/t"));
  ASSERT_TRUE(open && open->has_value());
  EXPECT_EQ((*open)->began, "2023-10-29T15:17:50Z");
}

}  // namespace
}  // namespace tarn::tables
