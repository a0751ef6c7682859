#include "base/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace tarn {

void append_number(std::string& out, double value, double exponent_from) {
  const double size = std::fabs(value);
  const bool fixed = size == 0 || (size >= 1e-6 && size < exponent_from);
  // The longest is -1.7976931348623157e+308 in full.
  std::array<char, 400> buffer;
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                  fixed ? std::chars_format::fixed : std::chars_format::scientific)
                        .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  // std::to_chars has two digits at least, also in `1e-07`.
  if (const std::size_t exponent = text.find("e-0"); exponent != std::string_view::npos) {
    out.append(text.substr(0, exponent + 2)).append(text.substr(exponent + 3));
  } else {
    out.append(text);
  }
}

}  // namespace tarn
