#include "base/time_text.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace tarn {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};

constexpr std::string_view kNoTimeText = "0001-01-01T00:00:00Z";

struct Parts {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t nanos = 0;
  unsigned weekday = 4;
};

Parts split(WallTime time) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): calendar arithmetic
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  Parts parts;
  parts.year = static_cast<int>(date.year());
  parts.month = static_cast<int>(static_cast<unsigned>(date.month()));
  parts.day = static_cast<int>(static_cast<unsigned>(date.day()));
  parts.hour = static_cast<int>(clock.hours().count());
  parts.minute = static_cast<int>(clock.minutes().count());
  parts.second = static_cast<int>(clock.seconds().count());
  parts.nanos = clock.subseconds().count();
  parts.weekday = weekday(day).c_encoding();
  return parts;
}

Result<WallTime> join(const Parts& parts, std::string_view text) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): calendar arithmetic
  const year_month_day date(year(parts.year), month(static_cast<unsigned>(parts.month)),
                            day(static_cast<unsigned>(parts.day)));
  // The nanosecond count of a 64-bit time point spans 1677 to 2262.
  const bool fits = parts.year >= 1678 && parts.year <= 2261;
  if (!fits || !date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) {
    return Error::with_message(kInvalid, fmt::format("time out of range: \"{}\"", text));
  }
  return WallTime(sys_days(date)) + hours(parts.hour) + minutes(parts.minute) +
         seconds(parts.second) + nanoseconds(parts.nanos);
}

/// Reads fixed-width fields from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool number(std::size_t digits, int& out) {
    if (rest_.size() < digits) {
      return false;
    }
    out = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') {
        return false;
      }
      out = out * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }
  bool literal(std::string_view text) {
    if (!rest_.starts_with(text)) {
      return false;
    }
    rest_.remove_prefix(text.size());
    return true;
  }
  template <std::size_t N>
  bool one_of(const std::array<std::string_view, N>& words, int& index) {
    for (std::size_t i = 0; i < N; ++i) {
      if (literal(words[i])) {
        index = static_cast<int>(i);
        return true;
      }
    }
    return false;
  }
  bool at_end() const { return rest_.empty(); }
  std::string_view& rest() { return rest_; }

 private:
  std::string_view rest_;
};

Error bad_time(std::string_view text) {
  return Error::with_message(kInvalid, fmt::format("cannot read \"{}\" as a time", text));
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
constexpr Unit kUnits[] = {{"ns", 1},          {"us", 1000},        {"\u00b5s", 1000},
                           {"\u03bcs", 1000},  {"ms", 1000000},     {"s", 1000000000},
                           {"m", 60000000000}, {"h", 3600000000000}};

}  // namespace

std::string format_rfc3339(WallTime time) {
  if (time == kNoTime) {
    return std::string(kNoTimeText);
  }
  const Parts p = split(time);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", p.year, p.month, p.day,
                                p.hour, p.minute, p.second);
  if (p.nanos != 0) {
    std::string fraction = fmt::format(".{:09}", p.nanos);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out.append(fraction);
  }
  out.push_back('Z');
  return out;
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  if (text == kNoTimeText) {
    return kNoTime;
  }
  Parts p;
  Reader in(text);
  const bool date = in.number(4, p.year) && in.literal("-") && in.number(2, p.month) &&
                    in.literal("-") && in.number(2, p.day);
  const bool clock = date && (in.literal("T") || in.literal("t") || in.literal(" ")) &&
                     in.number(2, p.hour) && in.literal(":") && in.number(2, p.minute) &&
                     in.literal(":") && in.number(2, p.second);
  if (!clock) {
    return bad_time(text);
  }
  if (in.literal(".")) {
    int digit = 0;
    std::int64_t scale = 100000000;
    if (!in.number(1, digit)) {
      return bad_time(text);
    }
    do {
      p.nanos += digit * scale;
      scale /= 10;
    } while (in.number(1, digit));
  }
  int offset_minutes = 0;
  if (!in.literal("Z") && !in.literal("z")) {
    const int sign = in.literal("+") ? 1 : in.literal("-") ? -1 : 0;
    int hours = 0;
    int minutes = 0;
    if (sign == 0 || !in.number(2, hours) || !in.literal(":") || !in.number(2, minutes) ||
        hours > 23 || minutes > 59) {
      return bad_time(text);
    }
    offset_minutes = sign * (hours * 60 + minutes);
  }
  if (!in.at_end()) {
    return bad_time(text);
  }
  TARN_TRY(const WallTime local, join(p, text));
  return local - std::chrono::minutes(offset_minutes);
}

std::string format_iso8601_basic(WallTime time) {
  const Parts p = split(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", p.year, p.month, p.day, p.hour, p.minute,
                     p.second);
}

Result<WallTime> parse_iso8601_basic(std::string_view text) {
  Parts p;
  Reader in(text);
  const bool ok = in.number(4, p.year) && in.number(2, p.month) && in.number(2, p.day) &&
                  in.literal("T") && in.number(2, p.hour) && in.number(2, p.minute) &&
                  in.number(2, p.second) && in.literal("Z") && in.at_end();
  if (!ok) {
    return bad_time(text);
  }
  return join(p, text);
}

std::string format_iso8601_millis(WallTime time) {
  const Parts p = split(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", p.year, p.month, p.day, p.hour,
                     p.minute, p.second, p.nanos / 1000000);
}

std::string format_http_date(WallTime time) {
  const Parts p = split(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kWeekdays[p.weekday], p.day,
                     kMonths[static_cast<std::size_t>(p.month - 1)], p.year, p.hour, p.minute,
                     p.second);
}

Result<WallTime> parse_http_date(std::string_view text) {
  Parts p;
  int weekday = 0;
  int month = 0;
  Reader in(text);
  const bool ok = in.one_of(kWeekdays, weekday) && in.literal(", ") && in.number(2, p.day) &&
                  in.literal(" ") && in.one_of(kMonths, month) && in.literal(" ") &&
                  in.number(4, p.year) && in.literal(" ") && in.number(2, p.hour) &&
                  in.literal(":") && in.number(2, p.minute) && in.literal(":") &&
                  in.number(2, p.second) && in.literal(" GMT") && in.at_end();
  if (!ok) {
    return bad_time(text);
  }
  p.month = month + 1;
  return join(p, text);
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const Error bad = Error::with_message(kInvalid, fmt::format("invalid duration \"{}\"", text));
  std::string_view rest = text;
  bool negative = false;
  if (rest.starts_with('-') || rest.starts_with('+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") {
    return std::chrono::nanoseconds(0);
  }
  if (rest.empty()) {
    return bad;
  }
  // Whole and fractional digits stay integers, as in Go: a floating total would lose the last
  // nanoseconds of long durations.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63;  // the magnitude of the least int64
  std::uint64_t total = 0;
  while (!rest.empty()) {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;
    double scale = 1;
    std::size_t digits = 0;
    bool in_fraction = false;
    bool fraction_full = false;
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
      const char c = rest[at];
      if (c == '.' && !in_fraction) {
        in_fraction = true;
        continue;
      }
      if (c < '0' || c > '9') {
        break;
      }
      ++digits;
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (!in_fraction) {
        if (whole > kMost / 10 || whole * 10 + digit > kMost) {
          return bad;
        }
        whole = whole * 10 + digit;
      } else if (!fraction_full) {
        // Digits that no longer fit are below anything that counts.
        fraction_full = fraction > (kMost - 1) / 10 || fraction * 10 + digit > kMost;
        if (!fraction_full) {
          fraction = fraction * 10 + digit;
          scale *= 10;
        }
      }
    }
    rest.remove_prefix(at);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (rest.starts_with(candidate.name) &&
          (unit == nullptr || candidate.name.size() > unit->name.size())) {
        unit = &candidate;
      }
    }
    if (digits == 0 || unit == nullptr) {
      return bad;
    }
    rest.remove_prefix(unit->name.size());
    const auto nanos = static_cast<std::uint64_t>(unit->nanos);
    if (whole > kMost / nanos) {
      return bad;
    }
    whole *= nanos;
    whole += static_cast<std::uint64_t>(static_cast<double>(fraction) *
                                        (static_cast<double>(nanos) / scale));
    if (whole > kMost || total + whole > kMost) {
      return bad;
    }
    total += whole;
  }
  if (total == kMost) {
    return negative ? Result<std::chrono::nanoseconds>(std::chrono::nanoseconds::min()) : bad;
  }
  const auto count = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds(negative ? -count : count);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) {
    return "0s";
  }
  const std::string sign = count < 0 ? "-" : "";
  const std::uint64_t nanos =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  const auto fraction = [](std::uint64_t value, std::uint64_t unit) {
    std::string text = std::to_string(value / unit);
    if (value % unit != 0) {
      std::string digits = std::to_string(unit + value % unit).substr(1);
      digits.erase(digits.find_last_not_of('0') + 1);
      text.append(".").append(digits);
    }
    return text;
  };
  if (nanos < 1000) {
    return fmt::format("{}{}ns", sign, nanos);
  }
  if (nanos < 1000000) {
    return fmt::format("{}{}\u00b5s", sign, fraction(nanos, 1000));
  }
  if (nanos < 1000000000) {
    return fmt::format("{}{}ms", sign, fraction(nanos, 1000000));
  }
  const std::uint64_t hours = nanos / 3600000000000;
  const std::uint64_t minutes = nanos / 60000000000 % 60;
  std::string out = sign;
  if (hours > 0) {
    out.append(fmt::format("{}h", hours));
  }
  if (hours > 0 || minutes > 0) {
    out.append(fmt::format("{}m", minutes));
  }
  return out.append(fraction(nanos % 60000000000, 1000000000)).append("s");
}

}  // namespace tarn
