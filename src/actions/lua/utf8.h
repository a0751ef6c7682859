#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tarn::actions::lua {

struct Utf8Character {
  char32_t value = 0xfffd;
  std::size_t size = 1;
  bool valid = false;
};

/// The first character of a text that is not empty; a byte that starts no well-formed character is
/// one invalid character by itself.
Utf8Character decode_utf8(std::string_view text);

void append_utf8(std::string& out, char32_t value);

}  // namespace tarn::actions::lua
