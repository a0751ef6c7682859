#include "kv/row_scan.h"

#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::kv {
namespace {

using tarn::testing::run;

class RowScanTest : public ::testing::Test {
 protected:
  RowScanTest() {
    for (const char* key : {"a", "b/1", "b/2", "b/3", "c"}) {
      EXPECT_TRUE(run(store_->set(Context(), Key{"p", key}, Bytes(key))));
    }
    EXPECT_TRUE(run(store_->set(Context(), Key{"q", "b/4"}, Bytes("b/4"))));
  }
  std::string keys(const std::string& partition, ScanOptions options) {
    std::string out;
    for (RowScan scan(*store_, partition, std::move(options)); !scan.ended();) {
      const auto rows = run(scan.next(Context()));
      EXPECT_TRUE(rows) << rows.error().message();
      for (const Entry& row : *rows) {
        EXPECT_EQ(row.key, row.value);
        out += row.key + " ";
      }
    }
    return out;
  }

  std::unique_ptr<Store> store_ = open_mem();
};

TEST_F(RowScanTest, SeesEveryRowOnceWhateverThePages) {
  for (std::size_t limit : {0, 1, 2, 3, 5, 1000}) {
    ScanOptions options;
    options.limit = limit;
    EXPECT_EQ(keys("p", options), "a b/1 b/2 b/3 c ") << limit;
    options.prefix = "b/";
    EXPECT_EQ(keys("p", options), "b/1 b/2 b/3 ") << limit;
    options.start = "b/2";
    EXPECT_EQ(keys("p", options), "b/2 b/3 ") << limit;
  }
}

TEST_F(RowScanTest, EndsAtOnceWhereThereIsNothing) {
  EXPECT_EQ(keys("none", {}), "");
  ScanOptions options;
  options.prefix = "d";
  EXPECT_EQ(keys("p", options), "");
}

TEST_F(RowScanTest, GivesTheErrorsOfTheStore) {
  RowScan scan(*store_, "", {});
  const auto rows = run(scan.next(Context()));
  ASSERT_FALSE(rows);
  EXPECT_TRUE(rows.error().is(kMissingPartition));
}

}  // namespace
}  // namespace tarn::kv
