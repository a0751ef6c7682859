#include "base/text.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

TEST(Text, LowersAsciiLettersOnly) {
  EXPECT_EQ(ascii_lower("X-Amz-Ünd@[Z"), "x-amz-Ünd@[z");
  EXPECT_EQ(ascii_lower(""), "");
}

TEST(Text, TrimsBothEnds) {
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\ta ", " "), "\ta");
  EXPECT_EQ(trim("a\r", " \t\r"), "a");
}

TEST(Text, CountsEdits) {
  EXPECT_EQ(edit_distance("commit", "commit"), 0u);
  EXPECT_EQ(edit_distance("comit", "commit"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
}

}  // namespace
}  // namespace tarn
