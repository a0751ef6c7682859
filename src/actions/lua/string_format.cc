#include "actions/lua/libraries.h"

#include <fmt/format.h>

#include <array>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

namespace tarn::actions::lua {
namespace {

constexpr std::string_view kConversions = "cdiuoxXeEfgGqs";

struct Spec {
  std::string text;  // `%`, flags, width, precision
  bool has_precision = false;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads from behind the `%` up to the conversion letter, where `at` is left.
Spec read_spec(Call& call, std::string_view format, std::size_t& at) {
  Spec spec{.text = "%"};
  const auto digits = [&] {
    for (int count = 0; at < format.size() && is_digit(format[at]); ++count) {
      if (count == 2) {
        call.fail("invalid format (width or precision too long)");
      }
      spec.text.push_back(format[at++]);
    }
  };
  while (at < format.size() &&
         std::string_view("-+ #0").find(format[at]) != std::string_view::npos) {
    if (spec.text.size() > 5) {
      call.fail("invalid format (repeated flags)");
    }
    spec.text.push_back(format[at++]);
  }
  digits();
  if (at < format.size() && format[at] == '.') {
    spec.has_precision = true;
    spec.text.push_back(format[at++]);
    digits();
  }
  if (at >= format.size() || kConversions.find(format[at]) == std::string_view::npos) {
    if (at < format.size()) {
      spec.text.push_back(format[at]);
    }
    call.fail(fmt::format("invalid option '{}' to 'format'", spec.text));
  }
  return spec;
}

/// The longest is `%99.99f` of the greatest double: 309 digits, point, 99 digits, sign.
constexpr std::size_t kItemBytesMax = 512;

template <class T>
void print_into(Buffer& out, const std::string& spec, T value) {
  std::array<char, kItemBytesMax> item;
  const int size = std::snprintf(item.data(), item.size(), spec.c_str(), value);
  out.append({item.data(), static_cast<std::size_t>(size)});
}

void append_float(Buffer& out, std::string spec, char letter, double value) {
  if (std::isfinite(value)) {
    print_into(out, spec.append(1, letter), value);
    return;
  }
  // Width and `-` still apply; zeros do not pad a word.
  std::string width = spec.substr(0, spec.find('.'));
  std::erase_if(width, [](char c) { return c == '#' || c == '+' || c == ' '; });
  const std::size_t zero = width.find_first_not_of("%-");
  if (zero != std::string::npos && width[zero] == '0') {
    width.erase(zero, 1);
  }
  print_into(out, width.append("s"), std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
}

void append_quoted(Buffer& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '\n') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      const bool digit_follows = at + 1 < text.size() && is_digit(text[at + 1]);
      print_into(out, digit_follows ? "\\%03d" : "\\%d", static_cast<int>(byte));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_string(Call& call, Buffer& out, Spec& spec, int argument) {
  const std::string_view text = push_text(call, argument);
  if (spec.text.size() == 1 || (!spec.has_precision && text.size() >= 100)) {
    out.append(text);
  } else {
    // At most 99 bytes are wanted, so a cut copy gives the same.
    const std::string cut(text.substr(0, 100));
    print_into(out, spec.text.append("s"), cut.c_str());
  }
  lua_pop(call.lua(), 1);
}

}  // namespace

int string_format(Call& call) {
  const std::string_view format = call.string(1);
  Buffer out(call.engine());
  int argument = 1;
  for (std::size_t at = 0; at < format.size(); ++at) {
    const std::size_t percent = std::min(format.find('%', at), format.size());
    out.append(format.substr(at, percent - at));
    at = percent;
    if (at == format.size()) {
      break;
    }
    ++at;
    if (at < format.size() && format[at] == '%') {
      out.push_back('%');
      continue;
    }
    Spec spec = read_spec(call, format, at);
    const char letter = format[at];
    if (++argument > call.count()) {
      call.argument_error(argument, "no value");
    }
    const auto unsigned_integer = [&] {
      return static_cast<std::uint64_t>(call.whole_number(argument));
    };
    call.engine().charge(4);
    switch (letter) {
      case 'c': {
        const auto c = static_cast<char>(call.integer(argument));
        if (spec.text.size() == 1) {
          out.push_back(c);  // snprintf would lose a zero byte
        } else {
          print_into(out, spec.text.append("c"), static_cast<int>(c));
        }
        break;
      }
      case 'd':
      case 'i':
        print_into(out, spec.text.append(PRId64), call.whole_number(argument));
        break;
      case 'u':
        print_into(out, spec.text.append(PRIu64), unsigned_integer());
        break;
      case 'o':
        print_into(out, spec.text.append(PRIo64), unsigned_integer());
        break;
      case 'x':
        print_into(out, spec.text.append(PRIx64), unsigned_integer());
        break;
      case 'X':
        print_into(out, spec.text.append(PRIX64), unsigned_integer());
        break;
      case 'q':
        append_quoted(out, call.string(argument));
        break;
      case 's':
        append_string(call, out, spec, argument);
        break;
      default:
        append_float(out, spec.text, letter, call.number(argument));
    }
  }
  call.push(out.text());
  return 1;
}

}  // namespace tarn::actions::lua
