#include "base/id.h"

#include "base/testing/manual_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace tarn {
namespace {

using testing::ManualClock;

constexpr std::string_view kTail = "\x01\x02\x03\x04\x05\x06\x07\x08";

TEST(Xid, HasTheKnownTexts) {
  EXPECT_EQ(XidGenerator::encode(1704164645, kTail), "cm9nq981081g81860s40");
  const auto descending = [](std::int64_t epoch) {
    return static_cast<std::uint32_t>(epoch - 1704164645);
  };
  EXPECT_EQ(XidGenerator::encode(descending(XidGenerator::kEpochYear4000), kTail),
            "gitobmo1081g81860s40");
  EXPECT_EQ(XidGenerator::encode(descending(XidGenerator::kEpochYear3000), kTail),
            "5eghtmo1081g81860s40");
}

TEST(Xid, AscendsAndDescendsWithTime) {
  ManualClock clock(1704164645);
  SeededRng rng(1);
  XidGenerator xids(clock, rng);
  const std::string up = xids.ascending();
  const std::string down = xids.descending(XidGenerator::kEpochYear4000);
  EXPECT_EQ(up.substr(0, 6), "cm9nq9");
  EXPECT_EQ(up.size(), 20U);
  clock.advance(std::chrono::seconds(1));
  EXPECT_GT(xids.ascending(), up);
  EXPECT_LT(xids.descending(XidGenerator::kEpochYear4000), down);
}

TEST(Xid, NeverRepeatsWithinASecond) {
  const ManualClock clock(1704164645);
  SeededRng rng(2);
  XidGenerator xids(clock, rng);
  std::set<std::string> seen;
  for (int i = 0; i < 100000; ++i) {
    EXPECT_TRUE(seen.insert(xids.ascending()).second);
  }
}

TEST(Uuid, HasItsVersionAndVariant) {
  SeededRng rng(3);
  for (int i = 0; i < 100; ++i) {
    const std::string id = uuid_v4(rng);
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id[8], '-');
    EXPECT_EQ(id[13], '-');
    EXPECT_EQ(id[14], '4');
    EXPECT_EQ(id[18], '-');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    EXPECT_EQ(id[23], '-');
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
  }
}

TEST(Nanoid, UsesItsWholeAlphabet) {
  SeededRng rng(4);
  std::set<char> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string id = nanoid(rng, 20);
    EXPECT_EQ(id.size(), 20U);
    seen.insert(id.begin(), id.end());
  }
  EXPECT_EQ(seen.size(), 64U);
}

TEST(RandomText, DrawsFromTheAlphabetOnly) {
  SeededRng rng(5);
  EXPECT_EQ(random_text(rng, "ab", 1000).find_first_not_of("ab"), std::string::npos);
  EXPECT_EQ(random_text(rng, "ab", 0), "");
}

}  // namespace
}  // namespace tarn
