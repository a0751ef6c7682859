#include "base/fault_points.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

#if defined(TARN_FAULT_POINTS)

TEST(FaultPoints, RunTheirHookWhenArmed) {
  int passed = 0;
  ASSERT_TRUE(arm_fault_point("kv.rocksdb.after_sync", [&passed] { ++passed; }));
  TARN_FAULT_POINT("kv.rocksdb.after_sync");
  TARN_FAULT_POINT("kv.rocksdb.before_sync");
  TARN_FAULT_POINT("kv.rocksdb.after_sync");
  EXPECT_EQ(passed, 2);
  arm_fault_point("kv.rocksdb.after_sync", {});
  TARN_FAULT_POINT("kv.rocksdb.after_sync");
  EXPECT_EQ(passed, 2);
}

TEST(FaultPointsDeathTest, EndTheProcessAtThePassWanted) {
  EXPECT_EXIT(
      {
        arm_fault_exit("kv.rocksdb.after_sync", 2);
        TARN_FAULT_POINT("kv.rocksdb.after_sync");
        TARN_FAULT_POINT("kv.rocksdb.after_sync");
        ::_exit(0);
      },
      ::testing::ExitedWithCode(kFaultExitCode), "");
}

#endif

TEST(FaultPoints, KnowTheirNames) {
  EXPECT_FALSE(arm_fault_point("no.such.point", [] {}));
  EXPECT_FALSE(arm_fault_exit("no.such.point"));
}

}  // namespace
}  // namespace tarn
