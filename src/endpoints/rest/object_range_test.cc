#include "endpoints/rest/object_range.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::rest {
namespace {

TEST(ObjectRange, ReproducesItsVectors) {
  const struct {
    const char* value;
    std::uint64_t size;
    RangeOutcome outcome;
    std::uint64_t offset;
    std::uint64_t count;
  } cases[] = {{"bytes=0-20", 50, RangeOutcome::kOk, 0, 21},
               {"bytes=0-20", 10, RangeOutcome::kOk, 0, 10},
               {"bytes=-20", 50, RangeOutcome::kOk, 30, 20},
               {"bytes=-20", 10, RangeOutcome::kOk, 0, 10},
               {"bytes=20-", 50, RangeOutcome::kOk, 20, 30},
               {"bytes=1-300", 20, RangeOutcome::kOk, 1, 19},
               {"bytes=19-", 20, RangeOutcome::kOk, 19, 1},
               {"bytes=20-", 20, RangeOutcome::kUnsatisfiable, 0, 0},
               {"bytes=21-", 20, RangeOutcome::kUnsatisfiable, 0, 0},
               {"bytes=-0", 20, RangeOutcome::kUnsatisfiable, 0, 0},
               {"bytes=0-0", 0, RangeOutcome::kUnsatisfiable, 0, 0},
               {"bytes=-5", 0, RangeOutcome::kUnsatisfiable, 0, 0},
               {"bytes=0-18446744073709551615", 20, RangeOutcome::kOk, 0, 20},
               {"bytes=5-3", 20, RangeOutcome::kBad, 0, 0},
               {"bytes=-", 20, RangeOutcome::kBad, 0, 0},
               {"bytes=-0-19", 20, RangeOutcome::kBad, 0, 0},
               {"bytes=0-1,3-4", 20, RangeOutcome::kBad, 0, 0},
               {"items=0-1", 20, RangeOutcome::kBad, 0, 0}};
  for (const auto& c : cases) {
    block::ByteRange range;
    ASSERT_EQ(parse_object_range(c.value, c.size, range), c.outcome) << c.value << " of " << c.size;
    EXPECT_EQ(range.offset, c.offset) << c.value;
    EXPECT_EQ(range.size_bytes, c.count) << c.value;
  }
}

}  // namespace
}  // namespace tarn::endpoints::rest
