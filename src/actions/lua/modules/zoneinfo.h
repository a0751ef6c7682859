#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions::lua {

/// Local time in one place at one moment.
struct ZoneOffset {
  std::int32_t offset_s = 0;  // east of UTC
  std::string abbreviation = "UTC";
};

/// A time zone of the IANA database, as TZif files have it (RFC 8536).
class TimeZone {
 public:
  /// UTC for "" and "UTC"; anything else is a file below the zone directories of the machine.
  /// Errors: kInvalid `unknown time zone <name>`.
  static Result<TimeZone> load(const std::string& name);
  /// From the bytes of a TZif file.
  static Result<TimeZone> parse(std::string_view bytes);

  ZoneOffset at(std::int64_t unix_s) const;
  /// The offset to use for a local time (as if it were UTC seconds): where a clock change makes it
  /// ambiguous or missing, one of the two.
  ZoneOffset at_local(std::int64_t local_s) const;

 private:
  struct Transition {
    std::int64_t at_s;
    std::size_t type;
  };
  /// A day of the year in a POSIX TZ rule, and the local second of that day.
  struct RuleDay {
    enum class Kind : std::uint8_t { kJulian, kZeroBased, kMonthWeekDay } kind;
    int day = 0;
    int week = 0;
    int month = 0;
    std::int32_t time_s = 7200;
  };
  /// What holds after the last transition.
  struct Rule {
    ZoneOffset standard;
    ZoneOffset summer;
    bool has_summer = false;
    RuleDay start{};
    RuleDay end{};
  };

  static bool parse_rule(std::string_view text, Rule& rule);
  static bool parse_rule_day(std::string_view& text, RuleDay& day);
  static std::int64_t rule_moment(const RuleDay& day, int year);
  ZoneOffset by_rule(std::int64_t unix_s) const;

  std::vector<Transition> transitions_;
  std::vector<ZoneOffset> types_{ZoneOffset{}};
  bool has_rule_ = false;
  Rule rule_;
};

}  // namespace tarn::actions::lua
