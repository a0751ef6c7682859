#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tarn {

/// ASCII letters in lower case, every other byte as it is.
std::string ascii_lower(std::string_view text);

/// Without the bytes of `blanks` at both ends.
std::string_view trim(std::string_view text, std::string_view blanks = " \t");

/// Levenshtein distance of two short words, for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace tarn
