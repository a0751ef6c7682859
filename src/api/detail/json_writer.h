#pragma once

#include "api/enums.h"
#include "api/text_codec.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/time_text.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What generated writers stand on: each appends compact JSON to a string.

namespace tarn::api::detail {

inline void write(std::string& out, const std::string& value) { append_json_string(out, value); }
inline void write(std::string& out, const std::int64_t& value) { append_json_int(out, value); }
inline void write(std::string& out, const double& value) { append_json_double(out, value); }
inline void write(std::string& out, const bool& value) { out.append(value ? "true" : "false"); }
inline void write(std::string& out, const WallTime& value) {
  append_json_string(out, format_rfc3339(value));
}
inline void write(std::string& out, const Json& value) { value.append_to(out); }

template <WordEnum E>
void write(std::string& out, const E& value) {
  append_json_string(out, to_string(value));
}
template <TextValue T>
void write(std::string& out, const T& value) {
  append_json_string(out, TextCodec<T>::text(value));
}

template <class T>
void write(std::string& out, const std::vector<T>& value);
template <class T>
void write(std::string& out, const std::map<std::string, T>& value);

template <class T>
void write(std::string& out, const std::vector<T>& value) {
  out.push_back('[');
  bool first = true;
  for (const T& item : value) {
    if (!first) {
      out.push_back(',');
    }
    first = false;
    write(out, item);
  }
  out.push_back(']');
}

template <class T>
void write(std::string& out, const std::map<std::string, T>& value) {
  out.push_back('{');
  bool first = true;
  for (const auto& [key, item] : value) {
    if (!first) {
      out.push_back(',');
    }
    first = false;
    append_json_string(out, key);
    out.push_back(':');
    write(out, item);
  }
  out.push_back('}');
}

/// Appends one member; `key` is `,"name":`. The comma of the first member becomes the brace in
/// end_object().
template <class T>
void write_field(std::string& out, std::string_view key, const T& value) {
  out.append(key);
  write(out, value);
}
template <class T>
void write_field(std::string& out, std::string_view key, const std::optional<T>& value) {
  if (value) {
    write_field(out, key, *value);
  }
}

/// Closes the object whose first member was appended at `start`.
inline void end_object(std::string& out, std::size_t start) {
  if (out.size() == start) {
    out.append("{}");
    return;
  }
  out[start] = '{';
  out.push_back('}');
}

}  // namespace tarn::api::detail
