#include "actions/lua/modules/go_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <optional>
#include <utility>

namespace tarn::actions::lua {
namespace {

enum class Element : std::uint8_t {
  kNone,
  kLongMonth,
  kMonth,
  kNumMonth,
  kZeroMonth,
  kLongWeekday,
  kWeekday,
  kDay,
  kSpaceDay,
  kZeroDay,
  kSpaceYearDay,
  kZeroYearDay,
  kHour,
  kHour12,
  kZeroHour12,
  kMinute,
  kZeroMinute,
  kSecond,
  kZeroSecond,
  kLongYear,
  kYear,
  kUpperPm,
  kLowerPm,
  kZoneName,
  kZone,
  kFractionZeros,
  kFractionNines,
};

/// One element of a layout and the text before it.
struct Piece {
  std::string_view before;
  Element element = Element::kNone;
  std::string_view text;  // the element as the layout spells it
  std::string_view after;
};

struct Spelling {
  std::string_view text;
  Element element;
};

/// Longer spellings first where one starts with another.
constexpr std::array<Spelling, 37> kSpellings = {{
    {"January", Element::kLongMonth},
    {"Jan", Element::kMonth},
    {"Monday", Element::kLongWeekday},
    {"Mon", Element::kWeekday},
    {"MST", Element::kZoneName},
    {"002", Element::kZeroYearDay},
    {"01", Element::kZeroMonth},
    {"02", Element::kZeroDay},
    {"03", Element::kZeroHour12},
    {"04", Element::kZeroMinute},
    {"05", Element::kZeroSecond},
    {"06", Element::kYear},
    {"15", Element::kHour},
    {"1", Element::kNumMonth},
    {"2006", Element::kLongYear},
    {"2", Element::kDay},
    {"_2006", Element::kNone},  // an underscore, then the year
    {"__2", Element::kSpaceYearDay},
    {"_2", Element::kSpaceDay},
    {"3", Element::kHour12},
    {"4", Element::kMinute},
    {"5", Element::kSecond},
    {"PM", Element::kUpperPm},
    {"pm", Element::kLowerPm},
    {"-07:00:00", Element::kZone},
    {"-070000", Element::kZone},
    {"-07:00", Element::kZone},
    {"-0700", Element::kZone},
    {"-07", Element::kZone},
    {"Z07:00:00", Element::kZone},
    {"Z070000", Element::kZone},
    {"Z07:00", Element::kZone},
    {"Z0700", Element::kZone},
    {"Z07", Element::kZone},
    {",0", Element::kFractionZeros},
    {".0", Element::kFractionZeros},
    {".9", Element::kFractionNines},
}};

bool is_digit(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

/// `.000` or `.999` at `at` (point or comma), not followed by another digit: its size, else 0.
std::size_t fraction_size(std::string_view layout, std::size_t at) {
  if (at + 1 >= layout.size() || (layout[at + 1] != '0' && layout[at + 1] != '9')) {
    return 0;
  }
  std::size_t end = at + 1;
  while (end < layout.size() && layout[end] == layout[at + 1]) {
    ++end;
  }
  return is_digit(layout, end) ? 0 : end - at;
}

Piece next_piece(std::string_view layout) {
  for (std::size_t at = 0; at < layout.size(); ++at) {
    const std::string_view here = layout.substr(at);
    if (here[0] == '.' || here[0] == ',') {
      const std::size_t size = fraction_size(layout, at);
      if (size > 0) {
        const Element element = here[1] == '0' ? Element::kFractionZeros : Element::kFractionNines;
        return {layout.substr(0, at), element, here.substr(0, size), here.substr(size)};
      }
      continue;
    }
    for (const Spelling& spelling : kSpellings) {
      if (!here.starts_with(spelling.text)) {
        continue;
      }
      if (spelling.element == Element::kNone) {
        return {layout.substr(0, at + 1), Element::kLongYear, here.substr(1, 4), here.substr(5)};
      }
      // "Jan" and "Mon" inside a longer word ("Monkey") are not elements.
      if ((spelling.element == Element::kMonth || spelling.element == Element::kWeekday) &&
          here.size() > 3 && std::islower(static_cast<unsigned char>(here[3])) != 0) {
        break;
      }
      return {layout.substr(0, at), spelling.element, spelling.text,
              here.substr(spelling.text.size())};
    }
  }
  return {layout, Element::kNone, {}, {}};
}

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

void append_zone(std::string& out, std::string_view spelling, std::int32_t offset_s) {
  if (spelling[0] == 'Z' && offset_s == 0) {
    out.push_back('Z');
    return;
  }
  const std::string_view form = spelling.substr(1);
  const std::int32_t size_s = offset_s < 0 ? -offset_s : offset_s;
  out.push_back(offset_s < 0 ? '-' : '+');
  out += fmt::format("{:02}", size_s / 3600);
  if (form.size() == 2) {
    return;
  }
  const bool colons = form[2] == ':';
  out += fmt::format("{}{:02}", colons ? ":" : "", size_s / 60 % 60);
  if (form.size() > 5) {
    out += fmt::format("{}{:02}", colons ? ":" : "", size_s % 60);
  }
}

struct Fields {
  int year = 0;
  int month = 1;
  int day = 1;
  int year_day = -1;
  bool has_month = false;
  bool has_day = false;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int32_t nanos = 0;
  bool pm_set = false;
  bool pm = false;
  std::optional<std::int32_t> offset_s;
};

/// Reads the value of one element after another from the front of a text.
class ValueReader {
 public:
  explicit ValueReader(std::string_view text) : text(text) {}

  /// Exactly `size` digits.
  std::optional<int> digits(std::size_t size) {
    if (text.size() < size) {
      return std::nullopt;
    }
    int value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (!is_digit(text, i)) {
        return std::nullopt;
      }
      value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(size);
    return value;
  }
  /// One or two digits.
  std::optional<int> short_number() { return is_digit(text, 1) ? digits(2) : digits(1); }

  template <std::size_t N>
  std::optional<int> name(const std::array<std::string_view, N>& names, std::size_t size) {
    for (std::size_t i = 0; i < N; ++i) {
      const std::string_view wanted = size == 0 ? names[i] : names[i].substr(0, size);
      if (text.size() >= wanted.size() &&
          std::equal(wanted.begin(), wanted.end(), text.begin(), [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) ==
                   std::tolower(static_cast<unsigned char>(b));
          })) {
        text.remove_prefix(wanted.size());
        return static_cast<int>(i);
      }
    }
    return std::nullopt;
  }

  bool take(char c) {
    if (!text.starts_with(c)) {
      return false;
    }
    text.remove_prefix(1);
    return true;
  }

  std::string_view text;
};

bool read_zone(ValueReader& reader, std::string_view spelling, Fields& fields) {
  if (spelling[0] == 'Z' && reader.take('Z')) {
    fields.offset_s = 0;
    return true;
  }
  const bool negative = reader.text.starts_with('-');
  if (!reader.take('-') && !reader.take('+')) {
    return false;
  }
  const std::string_view form = spelling.substr(1);
  const bool colons = form.size() > 2 && form[2] == ':';
  const std::size_t parts = form.size() == 2 ? 1 : form.size() > 5 ? 3 : 2;
  std::int32_t total = 0;
  std::int32_t unit = 3600;
  for (std::size_t i = 0; i < parts; ++i, unit /= 60) {
    if (i > 0 && colons && !reader.take(':')) {
      return false;
    }
    const std::optional<int> part = reader.digits(2);
    if (!part || *part > (i == 0 ? 24 : 59)) {
      return false;
    }
    total += *part * unit;
  }
  fields.offset_s = negative ? -total : total;
  return true;
}

/// Digits after a point as nanoseconds.
bool read_fraction(ValueReader& reader, std::size_t digits, Fields& fields) {
  if (reader.text.size() < digits + 1 || (reader.text[0] != '.' && reader.text[0] != ',')) {
    return false;
  }
  std::int64_t nanos = 0;
  for (std::size_t i = 1; i <= digits; ++i) {
    if (!is_digit(reader.text, i)) {
      return false;
    }
    if (i <= 9) {
      nanos = nanos * 10 + (reader.text[i] - '0');
    }
  }
  for (std::size_t i = digits; i < 9; ++i) {
    nanos *= 10;
  }
  fields.nanos = static_cast<std::int32_t>(nanos);
  reader.text.remove_prefix(digits + 1);
  return true;
}

bool store(std::optional<int> value, int& into) {
  into = value.value_or(into);
  return value.has_value();
}

/// False when the text does not fit the element.
bool read_element(ValueReader& reader, const Piece& piece, Fields& fields) {
  switch (piece.element) {
    case Element::kNone:
      return true;
    case Element::kLongYear:
      return store(reader.digits(4), fields.year);
    case Element::kYear: {
      if (!store(reader.digits(2), fields.year)) {
        return false;
      }
      fields.year += fields.year >= 69 ? 1900 : 2000;
      return true;
    }
    case Element::kLongMonth:
    case Element::kMonth: {
      const std::optional<int> month =
          reader.name(kMonths, piece.element == Element::kMonth ? 3 : 0);
      fields.month = month.value_or(0) + 1;
      fields.has_month = true;
      return month.has_value();
    }
    case Element::kNumMonth:
      fields.has_month = true;
      return store(reader.short_number(), fields.month);
    case Element::kZeroMonth:
      fields.has_month = true;
      return store(reader.digits(2), fields.month);
    case Element::kLongWeekday:
      return reader.name(kWeekdays, 0).has_value();
    case Element::kWeekday:
      return reader.name(kWeekdays, 3).has_value();
    case Element::kSpaceDay:
      reader.take(' ');
      fields.has_day = true;
      return store(reader.short_number(), fields.day);
    case Element::kDay:
      fields.has_day = true;
      return store(reader.short_number(), fields.day);
    case Element::kZeroDay:
      fields.has_day = true;
      return store(reader.digits(2), fields.day);
    case Element::kSpaceYearDay:
      for (int i = 0; i < 2; ++i) {
        reader.take(' ');
      }
      return store(is_digit(reader.text, 2) ? reader.digits(3) : reader.short_number(),
                   fields.year_day);
    case Element::kZeroYearDay:
      return store(reader.digits(3), fields.year_day);
    case Element::kHour:
    case Element::kZeroHour12:
      return store(reader.digits(2), fields.hour);
    case Element::kHour12:
      return store(reader.short_number(), fields.hour);
    case Element::kMinute:
      return store(reader.short_number(), fields.minute);
    case Element::kZeroMinute:
      return store(reader.digits(2), fields.minute);
    case Element::kSecond:
    case Element::kZeroSecond: {
      if (!store(piece.element == Element::kSecond ? reader.short_number() : reader.digits(2),
                 fields.second)) {
        return false;
      }
      // A fraction may follow the seconds although the layout has none.
      if (!reader.text.empty() && (reader.text[0] == '.' || reader.text[0] == ',') &&
          is_digit(reader.text, 1)) {
        const Element next = next_piece(piece.after).element;
        if (next != Element::kFractionZeros && next != Element::kFractionNines) {
          std::size_t digits = 0;
          while (is_digit(reader.text, digits + 1)) {
            ++digits;
          }
          return read_fraction(reader, digits, fields);
        }
      }
      return true;
    }
    case Element::kFractionZeros:
      return read_fraction(reader, piece.text.size() - 1, fields);
    case Element::kFractionNines: {
      if (reader.text.empty() || (reader.text[0] != '.' && reader.text[0] != ',') ||
          !is_digit(reader.text, 1)) {
        return true;
      }
      std::size_t digits = 0;
      while (is_digit(reader.text, digits + 1)) {
        ++digits;
      }
      return read_fraction(reader, digits, fields);
    }
    case Element::kUpperPm:
    case Element::kLowerPm: {
      const bool upper = piece.element == Element::kUpperPm;
      fields.pm_set = true;
      fields.pm = reader.text.starts_with(upper ? "PM" : "pm");
      if (!fields.pm && !reader.text.starts_with(upper ? "AM" : "am")) {
        return false;
      }
      reader.text.remove_prefix(2);
      return true;
    }
    case Element::kZoneName: {
      std::size_t size = 0;
      while (size < reader.text.size() && size < 5 &&
             std::isupper(static_cast<unsigned char>(reader.text[size])) != 0) {
        ++size;
      }
      if (size < 3) {
        return false;
      }
      reader.text.remove_prefix(size);
      return true;
    }
    case Element::kZone:
      return read_zone(reader, piece.text, fields);
  }
  return false;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

std::string format_go_time(std::int64_t unix_s, std::int32_t nanos, const ZoneOffset& zone,
                           std::string_view layout) {
  // NOLINTNEXTLINE(google-build-using-namespace): this function is calendar arithmetic
  using namespace std::chrono;
  const sys_seconds local{seconds{unix_s + zone.offset_s}};
  const sys_days today = floor<days>(local);
  const year_month_day date{today};
  const hh_mm_ss<seconds> clock{local - today};
  const int year = static_cast<int>(date.year());
  const unsigned month = static_cast<unsigned>(date.month());
  const unsigned day = static_cast<unsigned>(date.day());
  const auto hour = clock.hours().count();
  const auto hour12 = hour % 12 == 0 ? 12 : hour % 12;
  const auto year_day = (today - sys_days{date.year() / January / 1}).count() + 1;
  const std::string_view weekday_name = kWeekdays[weekday{today}.c_encoding()];
  const std::string_view month_name = kMonths[month - 1];

  std::string out;
  while (true) {
    const Piece piece = next_piece(layout);
    out.append(piece.before);
    switch (piece.element) {
      case Element::kNone:
        return out;
      case Element::kLongYear:
        out += fmt::format("{:04}", year);
        break;
      case Element::kYear:
        out += fmt::format("{:02}", (year % 100 + 100) % 100);
        break;
      case Element::kLongMonth:
        out += month_name;
        break;
      case Element::kMonth:
        out += month_name.substr(0, 3);
        break;
      case Element::kNumMonth:
        out += fmt::format("{}", month);
        break;
      case Element::kZeroMonth:
        out += fmt::format("{:02}", month);
        break;
      case Element::kLongWeekday:
        out += weekday_name;
        break;
      case Element::kWeekday:
        out += weekday_name.substr(0, 3);
        break;
      case Element::kDay:
        out += fmt::format("{}", day);
        break;
      case Element::kSpaceDay:
        out += fmt::format("{:2}", day);
        break;
      case Element::kZeroDay:
        out += fmt::format("{:02}", day);
        break;
      case Element::kSpaceYearDay:
        out += fmt::format("{:3}", year_day);
        break;
      case Element::kZeroYearDay:
        out += fmt::format("{:03}", year_day);
        break;
      case Element::kHour:
        out += fmt::format("{:02}", hour);
        break;
      case Element::kHour12:
        out += fmt::format("{}", hour12);
        break;
      case Element::kZeroHour12:
        out += fmt::format("{:02}", hour12);
        break;
      case Element::kMinute:
        out += fmt::format("{}", clock.minutes().count());
        break;
      case Element::kZeroMinute:
        out += fmt::format("{:02}", clock.minutes().count());
        break;
      case Element::kSecond:
        out += fmt::format("{}", clock.seconds().count());
        break;
      case Element::kZeroSecond:
        out += fmt::format("{:02}", clock.seconds().count());
        break;
      case Element::kUpperPm:
        out += hour >= 12 ? "PM" : "AM";
        break;
      case Element::kLowerPm:
        out += hour >= 12 ? "pm" : "am";
        break;
      case Element::kZoneName:
        out += zone.abbreviation;
        break;
      case Element::kZone:
        append_zone(out, piece.text, zone.offset_s);
        break;
      case Element::kFractionZeros:
      case Element::kFractionNines: {
        std::string digits = fmt::format("{:09}", nanos);
        digits.resize(std::min<std::size_t>(piece.text.size() - 1, 9), '0');
        if (piece.element == Element::kFractionNines) {
          digits.erase(digits.find_last_not_of('0') + 1);
          if (digits.empty()) {
            break;
          }
        }
        out.push_back(piece.text[0]);
        out += digits;
        break;
      }
    }
    layout = piece.after;
  }
}

Result<ParsedTime> parse_go_time(std::string_view layout, std::string_view text) {
  const std::string_view whole_layout = layout;
  const auto fail = [&](std::string_view reason) {
    return Error::with_message(kInvalid, fmt::format("parsing time {}{}", quote(text), reason));
  };
  const auto cannot = [&](std::string_view rest, std::string_view element) {
    return Error::with_message(
        kInvalid, fmt::format("parsing time {} as {}: cannot parse {} as {}", quote(text),
                              quote(whole_layout), quote(rest), quote(element)));
  };
  Fields fields;
  ValueReader reader(text);
  while (true) {
    const Piece piece = next_piece(layout);
    if (!reader.text.starts_with(piece.before)) {
      return cannot(reader.text, piece.before);
    }
    reader.text.remove_prefix(piece.before.size());
    if (piece.element == Element::kNone) {
      break;
    }
    const std::string_view before = reader.text;
    if (!read_element(reader, piece, fields)) {
      return cannot(before, piece.text);
    }
    layout = piece.after;
  }
  if (!reader.text.empty()) {
    return fail(": extra text: " + quote(reader.text));
  }
  if (fields.pm_set) {
    fields.hour = fields.hour % 12 + (fields.pm ? 12 : 0);
  }
  if (fields.hour > 23) {
    return fail(": hour out of range");
  }
  if (fields.minute > 59) {
    return fail(": minute out of range");
  }
  if (fields.second > 59) {
    return fail(": second out of range");
  }
  if (fields.month < 1 || fields.month > 12) {
    return fail(": month out of range");
  }
  // NOLINTNEXTLINE(google-build-using-namespace): this function is calendar arithmetic
  using namespace std::chrono;
  const year in_year{fields.year};
  sys_days date;
  if (fields.year_day >= 0) {
    if (fields.year_day < 1 || fields.year_day > (in_year.is_leap() ? 366 : 365)) {
      return fail(": day-of-year out of range");
    }
    date = sys_days{in_year / January / 1} + days{fields.year_day - 1};
  } else {
    const year_month_day given = in_year / month{static_cast<unsigned>(fields.month)} /
                                 day{static_cast<unsigned>(fields.day)};
    if (!given.ok()) {
      return fail(": day out of range");
    }
    date = given;
  }
  ParsedTime parsed;
  parsed.unix_s = duration_cast<seconds>(date.time_since_epoch()).count() + fields.hour * 3600 +
                  fields.minute * 60 + fields.second - fields.offset_s.value_or(0);
  parsed.nanos = fields.nanos;
  return parsed;
}

}  // namespace tarn::actions::lua
