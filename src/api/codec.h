#pragma once

#include "api/detail/json_reader.h"
#include "api/detail/json_writer.h"
#include "api/errors.h"

#include <string>
#include <string_view>
#include <utility>

// JSON text of the generated models in "api/models.h", and of vectors and maps of them.

namespace tarn::api {

/// Appends compact JSON without a newline at the end. Optional members that are absent, and members
/// that hold the default of the interface description, are left out.
template <class T>
void encode_to(std::string& out, const T& value) {
  using detail::write;
  write(out, value);
}

template <class T>
std::string encode(const T& value) {
  std::string out;
  encode_to(out, value);
  return out;
}

namespace detail {
template <class T>
bool read_text(std::string_view json, Strictness strictness, T& out, Error& error) {
  JsonDocument document;
  Result<JsonNode> root = document.parse(json);
  if (!root) {
    error = std::move(root).error();
    return false;
  }
  JsonReader reader(strictness);
  if (!read(reader, *root, out)) {
    error = Error::with_message(kInvalid, reader.complaint());
    return false;
  }
  return true;
}
}  // namespace detail

/// Reads text that must obey the interface description, e.g. a stored request. Errors kInvalid with
/// the reason as in an answer to a bad request.
template <class T>
Result<T> decode(std::string_view json) {
  T out{};
  Error error(kInvalid);
  if (!detail::read_text(json, detail::Strictness::kStrict, out, error)) {
    return error;
  }
  return out;
}

/// Reads a server's answer: tolerates what other releases add or leave out. Errors kBadResponse.
template <class T>
Result<T> decode_response(std::string_view json) {
  T out{};
  Error error(kInvalid);
  if (!detail::read_text(json, detail::Strictness::kLenient, out, error)) {
    return Error::with_message(kBadResponse, error.message());
  }
  return out;
}

}  // namespace tarn::api
