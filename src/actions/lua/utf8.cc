#include "actions/lua/utf8.h"

#include "base/encoding.h"

namespace tarn::actions::lua {

Utf8Character decode_utf8(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) {
    return {first, 1, true};
  }
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (text.size() < size || !is_valid_utf8(text.substr(0, size))) {
    return {};
  }
  char32_t value = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  return {value, size, true};
}

void append_utf8(std::string& out, char32_t value) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
    return;
  }
  if (value < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (value >> 6)));
  } else {
    if (value < 0x10000) {
      out.push_back(static_cast<char>(0xe0 | (value >> 12)));
    } else {
      out.push_back(static_cast<char>(0xf0 | (value >> 18)));
      out.push_back(static_cast<char>(0x80 | ((value >> 12) & 0x3f)));
    }
    out.push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3f)));
  }
  out.push_back(static_cast<char>(0x80 | (value & 0x3f)));
}

}  // namespace tarn::actions::lua
