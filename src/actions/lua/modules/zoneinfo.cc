#include "actions/lua/modules/zoneinfo.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>

namespace tarn::actions::lua {
namespace {

constexpr std::array<const char*, 3> kDirectories = {"/usr/share/zoneinfo/", "/usr/lib/zoneinfo/",
                                                     "/usr/share/lib/zoneinfo/"};
/// The greatest real files have about 4 KiB.
constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

Error unknown_zone(const std::string& name) {
  return Error::with_message(kInvalid, "unknown time zone " + name);
}

Error malformed() { return Error::with_message(kInvalid, "malformed time zone information"); }

/// Big-endian numbers; out of bounds sets `bad` and gives zeros.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) {
      bad = true;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  std::int64_t number(std::size_t size) {
    const std::string_view bytes = take(size);
    std::uint64_t value = 0;
    for (const char c : bytes) {
      value = (value << 8) | static_cast<unsigned char>(c);
    }
    return size == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
  }
  std::size_t count() { return static_cast<std::size_t>(static_cast<std::uint32_t>(number(4))); }
  std::string_view rest() const { return bytes_; }

  bool bad = false;

 private:
  std::string_view bytes_;
};

struct Header {
  char version = 0;
  std::size_t utc_count = 0;
  std::size_t standard_count = 0;
  std::size_t leap_count = 0;
  std::size_t transition_count = 0;
  std::size_t type_count = 0;
  std::size_t text_bytes = 0;

  std::size_t body_bytes(std::size_t time_size) const {
    return transition_count * (time_size + 1) + type_count * 6 + text_bytes +
           leap_count * (time_size + 4) + standard_count + utc_count;
  }
};

bool read_header(Reader& reader, Header& header) {
  if (reader.take(4) != "TZif") {
    return false;
  }
  const std::string_view version = reader.take(1);
  header.version = version.empty() ? '\0' : version[0];
  reader.take(15);
  header.utc_count = reader.count();
  header.standard_count = reader.count();
  header.leap_count = reader.count();
  header.transition_count = reader.count();
  header.type_count = reader.count();
  header.text_bytes = reader.count();
  return !reader.bad && header.type_count > 0;
}

int year_of(std::int64_t unix_s) {
  // NOLINTNEXTLINE(google-build-using-namespace): this function is calendar arithmetic
  using namespace std::chrono;
  const sys_seconds time{seconds{unix_s}};
  return static_cast<int>(year_month_day{floor<days>(time)}.year());
}

/// A decimal number at the front of `text`.
std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  std::size_t at = 0;
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0 && at < 6) {
    value = value * 10 + (text[at] - '0');
    ++at;
  }
  text.remove_prefix(at);
  return at == 0 ? std::nullopt : std::optional(value);
}

bool take_char(std::string_view& text, char c) {
  if (!text.starts_with(c)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// `[+-]hh[:mm[:ss]]` in seconds.
std::optional<std::int32_t> take_clock(std::string_view& text) {
  const bool negative = take_char(text, '-');
  if (!negative) {
    take_char(text, '+');
  }
  std::int32_t total = 0;
  std::int32_t unit = 3600;
  do {
    const std::optional<int> part = take_number(text);
    if (!part) {
      return std::nullopt;
    }
    total += *part * unit;
    unit /= 60;
  } while (unit > 0 && take_char(text, ':'));
  return negative ? -total : total;
}

bool take_name(std::string_view& text, std::string& name) {
  std::size_t size = 0;
  if (take_char(text, '<')) {
    size = text.find('>');
    if (size == std::string_view::npos) {
      return false;
    }
    name = text.substr(0, size);
    text.remove_prefix(size + 1);
    return true;
  }
  while (size < text.size() && std::isalpha(static_cast<unsigned char>(text[size])) != 0) {
    ++size;
  }
  name = text.substr(0, size);
  text.remove_prefix(size);
  return size >= 3;
}

}  // namespace

Result<TimeZone> TimeZone::load(const std::string& name) {
  if (name.empty() || name == "UTC") {
    return TimeZone();
  }
  // The name becomes a path: nothing that leaves the directory.
  if (name[0] == '/' || name[0] == '.' || name.find("..") != std::string::npos ||
      name.find_first_of(std::string_view("\\\0", 2)) != std::string::npos || name.size() > 128) {
    return unknown_zone(name);
  }
  for (const char* directory : kDirectories) {
    std::ifstream file(directory + name, std::ios::binary);
    if (!file) {
      continue;
    }
    std::string bytes;
    std::array<char, 4096> chunk;
    while (file.read(chunk.data(), chunk.size()) || file.gcount() > 0) {
      bytes.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
      if (bytes.size() > kFileBytesMax) {
        return unknown_zone(name);
      }
    }
    if (Result<TimeZone> zone = parse(bytes)) {
      return zone;
    }
    return unknown_zone(name);
  }
  return unknown_zone(name);
}

Result<TimeZone> TimeZone::parse(std::string_view bytes) {
  Reader reader(bytes);
  Header header;
  if (!read_header(reader, header)) {
    return malformed();
  }
  std::size_t time_size = 4;
  if (header.version >= '2') {
    // The same again with 64-bit times, and a rule for the future behind it.
    reader.take(header.body_bytes(4));
    if (!read_header(reader, header)) {
      return malformed();
    }
    time_size = 8;
  }
  if (header.body_bytes(time_size) > reader.rest().size()) {
    return malformed();
  }
  TimeZone zone;
  zone.types_.clear();
  for (std::size_t i = 0; i < header.transition_count; ++i) {
    zone.transitions_.push_back({reader.number(time_size), 0});
  }
  for (Transition& transition : zone.transitions_) {
    transition.type = static_cast<unsigned char>(reader.take(1)[0]);
    if (transition.type >= header.type_count) {
      return malformed();
    }
  }
  std::vector<std::size_t> names;
  for (std::size_t i = 0; i < header.type_count; ++i) {
    ZoneOffset type;
    type.offset_s = static_cast<std::int32_t>(reader.number(4));
    reader.take(1);
    names.push_back(static_cast<unsigned char>(reader.take(1)[0]));
    zone.types_.push_back(type);
  }
  const std::string_view texts = reader.take(header.text_bytes);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] >= texts.size()) {
      return malformed();
    }
    const std::string_view text = texts.substr(names[i]);
    zone.types_[i].abbreviation = text.substr(0, text.find('\0'));
  }
  reader.take(header.leap_count * (time_size + 4) + header.standard_count + header.utc_count);
  if (time_size == 8 && reader.rest().starts_with('\n')) {
    std::string_view rule = reader.rest().substr(1);
    rule = rule.substr(0, rule.find('\n'));
    zone.has_rule_ = !rule.empty() && parse_rule(rule, zone.rule_);
  }
  return zone;
}

bool TimeZone::parse_rule_day(std::string_view& text, RuleDay& day) {
  const auto number = [&text](int& out) {
    const std::optional<int> value = take_number(text);
    out = value.value_or(0);
    return value.has_value();
  };
  if (take_char(text, 'M')) {
    day.kind = RuleDay::Kind::kMonthWeekDay;
    if (!number(day.month) || !take_char(text, '.') || !number(day.week) || !take_char(text, '.') ||
        !number(day.day) || day.month < 1 || day.month > 12 || day.week < 1 || day.week > 5 ||
        day.day > 6) {
      return false;
    }
  } else {
    day.kind = take_char(text, 'J') ? RuleDay::Kind::kJulian : RuleDay::Kind::kZeroBased;
    if (!number(day.day) || day.day > 366) {
      return false;
    }
  }
  if (take_char(text, '/')) {
    const std::optional<std::int32_t> time = take_clock(text);
    if (!time) {
      return false;
    }
    day.time_s = *time;
  }
  return true;
}

bool TimeZone::parse_rule(std::string_view text, Rule& rule) {
  if (!take_name(text, rule.standard.abbreviation)) {
    return false;
  }
  const std::optional<std::int32_t> west = take_clock(text);
  if (!west) {
    return false;
  }
  rule.standard.offset_s = -*west;
  if (text.empty()) {
    return true;
  }
  rule.has_summer = true;
  if (!take_name(text, rule.summer.abbreviation)) {
    return false;
  }
  rule.summer.offset_s = rule.standard.offset_s + 3600;
  if (!text.starts_with(',')) {
    const std::optional<std::int32_t> summer_west = take_clock(text);
    if (!summer_west) {
      return false;
    }
    rule.summer.offset_s = -*summer_west;
  }
  return take_char(text, ',') && parse_rule_day(text, rule.start) && take_char(text, ',') &&
         parse_rule_day(text, rule.end) && text.empty();
}

std::int64_t TimeZone::rule_moment(const RuleDay& day, int year_number) {
  // NOLINTNEXTLINE(google-build-using-namespace): this function is calendar arithmetic
  using namespace std::chrono;
  const year in_year{year_number};
  sys_days date = sys_days{in_year / January / 1};
  switch (day.kind) {
    case RuleDay::Kind::kJulian:  // February 29 is never counted
      date += days{day.day - 1 + (in_year.is_leap() && day.day > 59 ? 1 : 0)};
      break;
    case RuleDay::Kind::kZeroBased:
      date += days{day.day};
      break;
    case RuleDay::Kind::kMonthWeekDay: {
      const weekday wanted{static_cast<unsigned>(day.day)};
      const month in_month{static_cast<unsigned>(day.month)};
      date = day.week == 5 ? sys_days{in_year / in_month / wanted[last]}
                           : sys_days{in_year / in_month / wanted[static_cast<unsigned>(day.week)]};
      break;
    }
  }
  return duration_cast<seconds>(date.time_since_epoch()).count() + day.time_s;
}

ZoneOffset TimeZone::by_rule(std::int64_t unix_s) const {
  if (!rule_.has_summer) {
    return rule_.standard;
  }
  const int year = year_of(unix_s + rule_.standard.offset_s);
  // Each rule is told in the local time before the change.
  const std::int64_t start = rule_moment(rule_.start, year) - rule_.standard.offset_s;
  const std::int64_t end = rule_moment(rule_.end, year) - rule_.summer.offset_s;
  const bool summer = start < end ? unix_s >= start && unix_s < end
                                  : unix_s >= start || unix_s < end;  // south of the equator
  return summer ? rule_.summer : rule_.standard;
}

ZoneOffset TimeZone::at(std::int64_t unix_s) const {
  const auto after = std::upper_bound(
      transitions_.begin(), transitions_.end(), unix_s,
      [](std::int64_t moment, const Transition& transition) { return moment < transition.at_s; });
  if (after == transitions_.end() && has_rule_) {
    return by_rule(unix_s);
  }
  return after == transitions_.begin() ? types_[0] : types_[std::prev(after)->type];
}

ZoneOffset TimeZone::at_local(std::int64_t local_s) const {
  const ZoneOffset first = at(local_s);
  const ZoneOffset second = at(local_s - first.offset_s);
  return second.offset_s == first.offset_s ? first : at(local_s - second.offset_s);
}

}  // namespace tarn::actions::lua
