#include "actions/lua/modules/go_time.h"
#include "actions/lua/testing/script.h"

#include <gtest/gtest.h>

#include <thread>

namespace tarn::actions::lua {
namespace {

using testing::eval;
using testing::run_script;

/// 2023-10-29T15:17:50Z.
constexpr const char* kMoment = "1698592670 * 1e9";

std::string format(const std::string& layout, const std::string& zone = "UTC") {
  return eval(std::string("require('time').format(") + kMoment + ", '" + layout + "', '" + zone +
              "')");
}

class FixedClock final : public Clock {
 public:
  WallTime now() const override { return from_unix_seconds(1'700'000'000); }
  SteadyTime steady_now() const override { return SteadyTime{}; }
};

TEST(LuaTime, FormatFollowsTheReferenceTime) {
  EXPECT_EQ(format("2006-01-02T15:04:05Z07:00"), "2023-10-29T15:17:50Z");
  EXPECT_EQ(format("Mon Jan _2 15:04:05 MST 2006"), "Sun Oct 29 15:17:50 UTC 2023");
  EXPECT_EQ(format("Monday, January 2 06 3:4:5PM pm 002"),
            "Sunday, October 29 23 3:17:50PM pm 302");
  EXPECT_EQ(format("15.000 .999 -0700 -07 Z0700"), "15.000  +0000 +00 Z");
  EXPECT_EQ(format("Monkey"), "Monkey");
}

TEST(LuaTime, FormatKnowsTheZones) {
  EXPECT_EQ(format("2006-01-02 15:04 MST -07:00", "America/New_York"),
            "2023-10-29 11:17 EDT -04:00");
  EXPECT_EQ(format("15:04 -07:00", "Asia/Kolkata"), "20:47 +05:30");
  // 03:00 on that day ended summer time.
  EXPECT_EQ(format("15:04 MST", "Europe/Berlin"), "16:17 CET");
  EXPECT_EQ(format("15:04", "Nope"), "error: unknown time zone Nope");
  EXPECT_EQ(format("15:04", "../../../etc/passwd"), "error: unknown time zone ../../../etc/passwd");
}

TEST(LuaTime, FarFutureFollowsTheRuleOfTheZone) {
  const TimeZone zone = *TimeZone::load("Europe/Berlin");
  EXPECT_EQ(zone.at(4118036400).abbreviation, "CEST");  // 2100-06-30
  EXPECT_EQ(zone.at(4102444800).abbreviation, "CET");   // 2100-01-01
  const TimeZone south = *TimeZone::load("Australia/Sydney");
  EXPECT_EQ(south.at(4102444800).offset_s, 11 * 3600);
  EXPECT_EQ(south.at(4118036400).offset_s, 10 * 3600);
}

TEST(LuaTime, FormatIsoHasAnOffset) {
  EXPECT_EQ(eval("require('time').format_iso(0)"), "1970-01-01T00:00:00+00:00");
  EXPECT_EQ(eval("require('time').format_iso(0, 'Asia/Tokyo')"), "1970-01-01T09:00:00+09:00");
  EXPECT_EQ(eval("require('time').format_iso(-1)"), "1969-12-31T23:59:59+00:00");
  EXPECT_EQ(eval("require('time').format_iso(0, 'Nope')"), "error: unknown time zone Nope");
}

TEST(LuaTime, ParseReadsWhatFormatWrites) {
  EXPECT_EQ(eval("require('time').parse_iso('2023-10-29T15:17:50+00:00') == 1698592670 * 1e9"),
            "true");
  EXPECT_EQ(eval("require('time').parse_iso('2023-10-29T17:17:50+02:00') == 1698592670 * 1e9"),
            "true");
  EXPECT_EQ(
      eval("require('time').parse('2 Jan 06 3:04PM', '29 Oct 23 3:17PM') == 1698592620 * 1e9"),
      "true");
}

TEST(LuaTime, ParseRefusesWhatDoesNotFit) {
  EXPECT_EQ(eval("require('time').parse_iso('2023-10-29T15:17:50Z')"),
            "error: parsing time \"2023-10-29T15:17:50Z\" as \"2006-01-02T15:04:05-07:00\": cannot "
            "parse \"Z\" as \"-07:00\"");
  EXPECT_EQ(eval("require('time').parse('2006-01-02', '2023-02-30')"),
            "error: parsing time \"2023-02-30\": day out of range");
  EXPECT_EQ(eval("require('time').parse('2006', '2023x')"),
            "error: parsing time \"2023x\": extra text: \"x\"");
}

TEST(LuaTime, NowAndSinceReadTheClock) {
  const FixedClock clock;
  EXPECT_EQ(run_script("local t = require('time') print(t.now() == 1.7e18, "
                       "t.since(t.add(t.now(), {hour=-1, minute=-1, second=-1})) == 3661e9)",
                       testing::test_limits(), &clock)
                .output,
            "true\ttrue\n");
}

TEST(LuaTime, SleepEndsWithTheDeadline) {
  Limits limits = testing::test_limits();
  limits.deadline = std::chrono::steady_clock::now() +  // tidy: clock the limit is real time
                    std::chrono::milliseconds(20);
  EXPECT_EQ(run_script("require('time').sleep(1e18)", limits).limit, LimitKind::kDeadline);
  EXPECT_EQ(run_script("require('time').sleep(1) print('awake')").output, "awake\n");
}

TEST(GoTime, FractionsAreReadAndWritten) {
  const ParsedTime time = *parse_go_time("15:04:05.000", "10:20:30.125");
  EXPECT_EQ(time.nanos, 125'000'000);
  EXPECT_EQ(format_go_time(0, time.nanos, ZoneOffset{}, "05.000000 05,999"), "00.125000 00,125");
  EXPECT_EQ(parse_go_time("15:04:05", "10:20:30.5")->nanos, 500'000'000);
}

TEST(GoTime, DamagedZoneFilesAreRefused) {
  EXPECT_FALSE(TimeZone::parse("").has_value());
  EXPECT_FALSE(TimeZone::parse("TZif2").has_value());
  std::string counts = "TZif2" + std::string(15, '\0') + std::string(24, '\xff');
  EXPECT_FALSE(TimeZone::parse(counts).has_value());
}

}  // namespace
}  // namespace tarn::actions::lua
