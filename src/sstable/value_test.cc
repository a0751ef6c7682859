#include "sstable/value.h"

#include "base/encoding.h"
#include "sstable/errors.h"
#include "sstable/testing/golden.h"

#include <gtest/gtest.h>

namespace tarn::sstable {
namespace {

std::string encode(std::string_view identity, std::string_view data) {
  std::string out;
  EXPECT_TRUE(append_value({.identity = identity, .data = data}, out));
  return out;
}

TEST(Value, IsTwoPartsWithSignedLengths) {
  EXPECT_EQ(hex_encode(encode("foo", "the quick brown fox")),
            "06666f6f2674686520717569636b2062726f776e20666f78");
  EXPECT_EQ(hex_encode(encode("", "")), "0000");
  const std::string entry =
      encode(*hex_decode(testing::kEntryIdentity), *hex_decode(testing::kEntryData));
  EXPECT_EQ(hex_encode(entry), "40" + std::string(testing::kEntryIdentity) + "d401" +
                                   std::string(testing::kEntryData));
  EXPECT_EQ(hex_encode(encode(std::string(64, 'x'), "")).substr(0, 4), "8001");
}

TEST(Value, ReadsWhatItWrote) {
  for (const std::size_t size : {0UL, 1UL, 63UL, 64UL, 8191UL, 8192UL, 1000000UL}) {
    const std::string identity(size, 'i');
    const std::string data(size / 2, 'd');
    const std::string bytes = encode(identity, data);
    const Result<Value> value = decode_value(bytes);
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, (Value{.identity = identity, .data = data}));
  }
}

TEST(Value, IgnoresTrailingBytes) {
  const std::string bytes = encode("a", "b") + "rest";
  EXPECT_EQ(decode_value(bytes)->data, "b");
}

TEST(Value, RefusesLengthsThatCannotBe) {
  for (const std::string_view hex : {"", "06", "06666f", "0661", "0000"}) {
    const std::string bytes = *hex_decode(hex);
    EXPECT_EQ(decode_value(bytes).has_value(), hex == "0000") << hex;
  }
  for (const std::string_view hex :
       {"01", "0001",                  // -1
        "00", "0002",                  // cut
        "80", "ffffffffffffffffff01",  // cut varint, a negative huge one
        "feffffffffffffffff01",        // huge
        "8080808080808080808001",      // over-long
        "ffffffffffffffffffffff"}) {
    const std::string bytes = *hex_decode(hex);
    const Result<Value> value = decode_value(bytes);
    ASSERT_FALSE(value) << hex;
    EXPECT_TRUE(value.error().is(kCorruption)) << hex;
  }
}

TEST(Value, HoldsPartsUpToTheLimitAlone) {
  std::string part(kValuePartBytesMax, 'x');
  std::string out;
  ASSERT_TRUE(append_value({.identity = "", .data = part}, out));
  EXPECT_EQ(decode_value(out)->data.size(), part.size());
  part.push_back('x');
  EXPECT_TRUE(append_value({.identity = "", .data = part}, out).error().is(kRecordTooLarge));
  EXPECT_TRUE(append_value({.identity = part, .data = ""}, out).error().is(kRecordTooLarge));
}

}  // namespace
}  // namespace tarn::sstable
