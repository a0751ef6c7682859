#pragma once

#include "base/error.h"
#include "base/secret.h"

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace tarn::api {

/// How a type that overrides.yaml puts in place of a string is read and written. The names of
/// `names` fit as they are; other types get a specialisation here.
template <class T>
struct TextCodec;

template <class T>
  requires requires(std::string text, const T& value) {
    { T::parse(std::move(text)) } -> std::same_as<Result<T>>;
    { value.str() } -> std::convertible_to<std::string_view>;
  }
struct TextCodec<T> {
  static Result<T> parse(std::string text) { return T::parse(std::move(text)); }
  static std::string_view text(const T& value) { return value.str(); }
};

template <>
struct TextCodec<Secret> {
  static Result<Secret> parse(std::string text) { return Secret(std::move(text)); }
  static std::string_view text(const Secret& value) { return value.reveal(); }
};

template <class T>
concept TextValue = !std::same_as<T, std::string> && requires(std::string text, const T& value) {
  { TextCodec<T>::parse(std::move(text)) } -> std::same_as<Result<T>>;
  { TextCodec<T>::text(value) } -> std::same_as<std::string_view>;
};

}  // namespace tarn::api
