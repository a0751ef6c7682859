#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace tarn::api {

/// Specialised by the generator for each enum: `static std::span<const std::string_view> values()`,
/// indexed by the enumerators. Each enum ends in kUnknown, which only a client ever holds: a newer
/// server's word.
template <class E>
struct EnumWords;

template <class E>
concept WordEnum = requires {
  { EnumWords<E>::values() } -> std::same_as<std::span<const std::string_view>>;
};

/// The word on the wire.
template <WordEnum E>
std::string_view to_string(E value) {
  const auto words = EnumWords<E>::values();
  const auto index = static_cast<std::size_t>(value);
  return index < words.size() ? words[index] : "unknown";
}

template <WordEnum E>
std::optional<E> parse_enum(std::string_view word) {
  const auto words = EnumWords<E>::values();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) {
      return static_cast<E>(i);
    }
  }
  return std::nullopt;
}

}  // namespace tarn::api
