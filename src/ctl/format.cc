#include "ctl/format.h"

#include "base/text.h"

#include <fmt/format.h>

#include <clocale>
#include <ctime>
#include <cwchar>

namespace tarn::ctl {
namespace {

std::string format_date(std::int64_t unix_seconds, std::string_view fraction) {
  const std::time_t seconds = unix_seconds;
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) {
    return fmt::format("{}", unix_seconds);
  }
  char date[64];
  char zone[64];
  std::strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &local);
  std::strftime(zone, sizeof(zone), "%z %Z", &local);
  return fmt::format("{}{} {}", date, fraction, zone);
}

locale_t utf8_locale() {
  static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

}  // namespace

std::string format_date(std::int64_t unix_seconds) { return format_date(unix_seconds, ""); }

std::string format_date(WallTime time) {
  const std::int64_t seconds = unix_seconds(time);
  const auto nanos = (time - from_unix_seconds(seconds)).count();
  std::string fraction;
  if (nanos != 0) {
    fraction = fmt::format(".{:09}", nanos);
    fraction.erase(fraction.find_last_not_of('0') + 1);
  }
  return format_date(seconds, fraction);
}

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1000) {
    return fmt::format("{} B", bytes);
  }
  constexpr std::string_view units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (value /= 1000; value >= 999.95 && unit + 1 < std::size(units); value /= 1000) {
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string pad(std::string_view text, std::size_t width) {
  std::string out(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
  if (out.size() < width) {
    out.append(width - out.size(), ' ');
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  const locale_t before = ::uselocale(utf8_locale());
  std::mbstate_t state{};
  std::size_t width = 0;
  while (!text.empty()) {
    if (text.starts_with("\x1b[")) {
      const std::size_t end = text.find('m');
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      continue;
    }
    wchar_t letter = 0;
    std::size_t bytes = std::mbrtowc(&letter, text.data(), text.size(), &state);
    int columns = 1;
    if (bytes == 0 || bytes > text.size()) {  // a NUL, or no UTF-8
      bytes = 1;
      state = {};
    } else {
      columns = ::wcwidth(letter);
    }
    width += columns > 0 ? static_cast<std::size_t>(columns) : 0;
    text.remove_prefix(bytes);
  }
  ::uselocale(before);
  return width;
}

std::string_view base_name(std::string_view path) {
  if (path.empty()) {
    return ".";
  }
  const std::size_t end = path.find_last_not_of('/');
  if (end == std::string_view::npos) {
    return "/";
  }
  path = path.substr(0, end + 1);
  return path.substr(path.rfind('/') + 1);
}

std::string_view trim(std::string_view text) { return tarn::trim(text, " \t\r\n\v\f"); }

}  // namespace tarn::ctl
