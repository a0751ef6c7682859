#include "base/clock.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tarn {
namespace {

TEST(WallTime, SecondsBeyondWhatNanosecondsTellBecomeTheNearestTime) {
  EXPECT_EQ(from_unix_seconds(INT64_MAX), WallTime::max());
  EXPECT_EQ(from_unix_seconds(INT64_MIN), WallTime::min());
  EXPECT_EQ(from_unix_seconds(9'223'372'036, 854'775'807), WallTime::max());
  EXPECT_EQ(from_unix_seconds(9'223'372'036, 854'775'808), WallTime::max());
  EXPECT_EQ(from_unix_seconds(-9'223'372'037), WallTime::min());
  EXPECT_LT(from_unix_seconds(9'223'372'036), WallTime::max());
}

TEST(WallTime, TakesTheEndsApartAndPutsThemTogether) {
  for (const WallTime end : {WallTime::min(), WallTime::max()}) {
    const std::int64_t seconds = unix_seconds(end);
    const auto nanos = (end - from_unix_seconds(seconds)).count();
    EXPECT_EQ(from_unix_seconds(seconds, nanos), end);
  }
}

}  // namespace
}  // namespace tarn
