#include "http/range.h"

#include <gtest/gtest.h>

namespace tarn::http {
namespace {

using Kind = RangeRequest::Kind;

std::string show(const RangeRequest& request) {
  if (request.kind != Kind::kRanges) {
    return request.kind == Kind::kInvalid ? "invalid" : "unsatisfiable";
  }
  std::string out;
  for (const ByteRange& range : request.ranges) {
    out += (out.empty() ? "" : ",") + std::to_string(range.offset) + "+" +
           std::to_string(range.size_bytes);
  }
  return out;
}

TEST(Range, ReadsRangesOfARepresentation) {
  struct Case {
    const char* value;
    std::uint64_t size;
    const char* wanted;
  };
  const Case cases[] = {
      {"bytes=0-20", 50, "0+21"},
      {"bytes=0-20", 10, "0+10"},
      {"bytes=-20", 50, "30+20"},
      {"bytes=-20", 10, "0+10"},
      {"bytes=20-", 50, "20+30"},
      {"bytes=1-300", 20, "1+19"},
      {"bytes=19-", 20, "19+1"},
      {"bytes=0-0", 1, "0+1"},
      {"Bytes = 1 - 2 ", 20, "1+2"},
      {"bytes=0-1, 3-4 ,,-2", 20, "0+2,3+2,18+2"},
      {"bytes=0-1,50-60", 20, "0+2"},
      {"bytes=5-99999999999999999999999", 20, "5+15"},
      {"bytes=-99999999999999999999999", 20, "0+20"},
      {"bytes=20-", 20, "unsatisfiable"},
      {"bytes=21-30", 20, "unsatisfiable"},
      {"bytes=99999999999999999999999-", 20, "unsatisfiable"},
      {"bytes=-0", 20, "unsatisfiable"},
      {"bytes=0-", 0, "unsatisfiable"},
      {"bytes=-5", 0, "unsatisfiable"},
      {"bytes=5-3", 20, "invalid"},
      {"bytes=-", 20, "invalid"},
      {"bytes=", 20, "invalid"},
      {"bytes=,", 20, "invalid"},
      {"bytes=-0-19", 20, "invalid"},
      {"bytes=0-1,x", 20, "invalid"},
      {"bytes=a-b", 20, "invalid"},
      {"bytes=+1-2", 20, "invalid"},
      {"bytes=1", 20, "invalid"},
      {"items=0-1", 20, "invalid"},
      {"0-19", 20, "invalid"},
      {"", 20, "invalid"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(show(parse_range(c.value, c.size)), c.wanted) << c.value << " of " << c.size;
  }
}

TEST(Range, CountsWhatWasAskedFor) {
  EXPECT_EQ(parse_range("bytes=0-1", 20).asked, 1U);
  EXPECT_EQ(parse_range("bytes=0-1,90-91", 20).asked, 2U);
  std::string many = "bytes=0-1";
  for (int i = 0; i < 100; ++i) {
    many += ",0-1";
  }
  EXPECT_EQ(parse_range(many, 20).kind, Kind::kInvalid);
}

TEST(Range, FormatsContentRange) {
  EXPECT_EQ(content_range({.offset = 5, .size_bytes = 10}, 100), "bytes 5-14/100");
  EXPECT_EQ(content_range_unsatisfied(100), "bytes */100");
}

}  // namespace
}  // namespace tarn::http
