#include "base/time_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace tarn {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// 2026-11-23T03:01:22.7534Z
const WallTime kTime = from_unix_seconds(1795402882, 753400000);

TEST(TimeText, WritesEachForm) {
  EXPECT_EQ(format_rfc3339(kTime), "2026-11-23T03:01:22.7534Z");
  EXPECT_EQ(format_iso8601_basic(kTime), "20261123T030122Z");
  EXPECT_EQ(format_iso8601_millis(kTime), "2026-11-23T03:01:22.753Z");
  EXPECT_EQ(format_http_date(kTime), "Mon, 23 Nov 2026 03:01:22 GMT");
  EXPECT_EQ(format_rfc3339(from_unix_seconds(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339(from_unix_seconds(-1, 1)), "1969-12-31T23:59:59.000000001Z");
}

TEST(TimeText, ReadsWhatItWrote) {
  const WallTime seconds = from_unix_seconds(1795402882);
  EXPECT_EQ(parse_rfc3339(format_rfc3339(kTime)).value(), kTime);
  EXPECT_EQ(parse_iso8601_basic(format_iso8601_basic(kTime)).value(), seconds);
  EXPECT_EQ(parse_http_date(format_http_date(kTime)).value(), seconds);
}

TEST(TimeText, ReadsOffsetsAndFractions) {
  EXPECT_EQ(parse_rfc3339("2026-11-23T05:01:22.7534+02:00").value(), kTime);
  EXPECT_EQ(parse_rfc3339("2026-11-22T21:31:22.7534-05:30").value(), kTime);
  EXPECT_EQ(parse_rfc3339("2026-11-23T03:01:22.753400000123Z").value(), kTime)
      << "below a nanosecond";
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z").value(), from_unix_seconds(1709164800));
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-11-23", "2026-11-23T03:01:22", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T03:60:22Z", "2026-11-23T03:01:22.Z",
        "2026-11-23T03:01:22Zx", "2026-11-23T03:01:22+2:00", "9999-01-01T00:00:00Z",
        "26-11-23T03:01:22Z", "2026-11-23T03:01:22+24:00"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
  for (const char* text :
       {"20261123T030122", "20261123030122Z", "20261323T030122Z", "20261123T030122Z "}) {
    EXPECT_FALSE(parse_iso8601_basic(text)) << text;
  }
  for (const char* text : {"Mon, 23 Nov 2026 03:01:22", "Mon, 23 Nov 2026 03:01:22 UTC",
                           "Mon, 3 Nov 2026 03:01:22 GMT", "23 Nov 2026 03:01:22 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

// The vectors of Go's own tests of ParseDuration.
TEST(Duration, ReadsGosSyntax) {
  const std::pair<const char*, nanoseconds> vectors[] = {
      {"0", 0s},
      {"5s", 5s},
      {"30s", 30s},
      {"1478s", 1478s},
      {"-5s", -5s},
      {"+5s", 5s},
      {"-0", 0s},
      {"+0", 0s},
      {"5.0s", 5s},
      {"5.6s", 5600ms},
      {"5.s", 5s},
      {".5s", 500ms},
      {"1.004s", 1004ms},
      {"1.0040s", 1004ms},
      {"100.00100s", 100001ms},
      {"10ns", 10ns},
      {"11us", 11us},
      {"12\u00b5s", 12us},
      {"12\u03bcs", 12us},
      {"13ms", 13ms},
      {"15m", 15min},
      {"16h", 16h},
      {"3h30m", 3h + 30min},
      {"10.5s4m", 4min + 10500ms},
      {"-2m3.4s", -(2min + 3400ms)},
      {"1h2m3s4ms5us6ns", 1h + 2min + 3s + 4ms + 5us + 6ns},
      {"39h9m14.425s", 39h + 9min + 14425ms},
      {"52763797000ns", 52763797000ns},
      {"0.3333333333333333333h", 20min},
      {"9007199254740993ns", nanoseconds((std::int64_t{1} << 53) + 1)},
      {"9223372036854775807ns", nanoseconds::max()},
      {"9223372036854775.807us", nanoseconds::max()},
      {"9223372036s854ms775us807ns", nanoseconds::max()},
      {"-9223372036854775808ns", nanoseconds::min()},
      {"-9223372036854775.808us", nanoseconds::min()},
      {"-9223372036s854ms775us808ns", nanoseconds::min()},
      {"-2562047h47m16.854775808s", nanoseconds::min()},
      {"0.100000000000000000000h", 6min},
      {"0.830103483285477580700h", 49min + 48s + 372539827ns},
  };
  for (const auto& [text, expected] : vectors) {
    Result<nanoseconds> read = parse_duration(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->count(), expected.count()) << text;
  }
}

TEST(Duration, RefusesWhatGoRefuses) {
  for (const char* text : {"",
                           "3",
                           "-",
                           "s",
                           ".",
                           "-.",
                           ".s",
                           "+.s",
                           "1d",
                           "hello",
                           "1.2.3s",
                           "1 s",
                           "5s ",
                           "--5s",
                           "3000000h",
                           "9223372036854775808ns",
                           "9223372036854775810ns",
                           "-9223372036854775809ns",
                           "9223372036854776us",
                           "9223372036854775.808us",
                           "9223372036854ms775us808ns",
                           "99999999999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, WritesAsGoDoes) {
  const std::pair<nanoseconds, const char*> vectors[] = {
      {0s, "0s"},
      {1ns, "1ns"},
      {1100ns, "1.1\u00b5s"},
      {2200us, "2.2ms"},
      {3300ms, "3.3s"},
      {4min + 5s, "4m5s"},
      {4min + 5001ms, "4m5.001s"},
      {5h + 6min + 7001ms, "5h6m7.001s"},
      {8min + 1ns, "8m0.000000001s"},
      {1h, "1h0m0s"},
      {-90s, "-1m30s"},
      {nanoseconds::max(), "2562047h47m16.854775807s"},
      {nanoseconds::min(), "-2562047h47m16.854775808s"},
  };
  for (const auto& [duration, text] : vectors) {
    EXPECT_EQ(format_duration(duration), text);
    EXPECT_EQ(parse_duration(text).value(), duration);
  }
}

TEST(Rfc3339, KnowsTheTimeThatIsNone) {
  EXPECT_EQ(format_rfc3339(kNoTime), "0001-01-01T00:00:00Z");
  EXPECT_EQ(parse_rfc3339("0001-01-01T00:00:00Z").value(), kNoTime);
  EXPECT_FALSE(parse_rfc3339("0001-01-02T00:00:00Z"));
}

TEST(UnixSeconds, RoundDown) {
  EXPECT_EQ(unix_seconds(kTime), 1795402882);
  EXPECT_EQ(unix_seconds(from_unix_seconds(-1, 1)), -1);
  EXPECT_EQ(unix_seconds(from_unix_seconds(0, -1)), -1);
}

}  // namespace
}  // namespace tarn
