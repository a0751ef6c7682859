#include "http/fields.h"

#include "base/encoding.h"
#include "base/text.h"
#include "http/wire/head.h"

#include <algorithm>

namespace tarn::http {
namespace {

Error malformed(std::string_view why) {
  return Error::with_message(kInvalid, "malformed field value: " + std::string(why));
}

/// Takes a quoted string off `rest`, which starts with its quote.
Result<std::string> take_quoted(std::string_view& rest) {
  std::string out;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return out;
    }
    // Browsers escape only quotes; old ones sent `C:\path` unescaped. So a backslash is an escape
    // only where it can be one.
    if (rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\')) {
      ++at;
    }
    out.push_back(rest[at]);
  }
  return malformed("a quote is not closed");
}

}  // namespace

std::optional<std::string_view> ParameterizedValue::find(std::string_view name) const {
  for (const auto& [key, text] : parameters) {
    if (key == name) {
      return text;
    }
  }
  return std::nullopt;
}

Result<ParameterizedValue> parse_parameterized(std::string_view field) {
  ParameterizedValue out;
  std::size_t end = field.find(';');
  out.value = ascii_lower(trim(field.substr(0, end)));
  std::string_view rest = end == std::string_view::npos ? "" : field.substr(end);
  while (!rest.empty()) {
    if (rest.front() != ';') {
      return malformed("no ';' between parameters");
    }
    rest = trim(rest.substr(1));
    if (rest.empty() || rest.front() == ';') {
      continue;
    }
    const std::size_t equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos || rest[equals] == ';') {
      return malformed("a parameter has no value");
    }
    std::string name = ascii_lower(trim(rest.substr(0, equals)));
    if (!wire::is_token(name)) {
      return malformed("a parameter has no name");
    }
    rest = trim(rest.substr(equals + 1));
    std::string text;
    if (rest.starts_with('"')) {
      TARN_TRY(text, take_quoted(rest));
      rest = trim(rest);
    } else {
      end = rest.find(';');
      text = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? "" : rest.substr(end);
    }
    if (out.find(name)) {
      return malformed("parameter " + name + " is given twice");
    }
    out.parameters.emplace_back(std::move(name), std::move(text));
  }
  return out;
}

std::string content_disposition(std::string_view type, std::string_view filename) {
  std::string out(type);
  if (filename.empty()) {
    return out;
  }
  bool ascii = true;
  out.append("; filename=\"");
  for (const char c : filename) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u >= 0x7f) {
      ascii = false;
      out.push_back('_');
    } else {
      if (c == '"' || c == '\\') {
        out.push_back('\\');
      }
      out.push_back(c);
    }
  }
  out.push_back('"');
  if (!ascii) {
    out.append("; filename*=UTF-8''").append(percent_encode(filename));
  }
  return out;
}

std::optional<std::string> disposition_filename(const ParameterizedValue& disposition) {
  if (const auto extended = disposition.find("filename*")) {
    const std::size_t charset = extended->find('\'');
    const std::size_t language =
        charset == std::string_view::npos ? charset : extended->find('\'', charset + 1);
    if (language != std::string_view::npos &&
        equals_ignore_case(extended->substr(0, charset), "UTF-8")) {
      Result<std::string> name = percent_decode(extended->substr(language + 1));
      if (name && is_valid_utf8(*name)) {
        return *std::move(name);
      }
    }
  }
  const auto plain = disposition.find("filename");
  return plain ? std::optional(std::string(*plain)) : std::nullopt;
}

std::vector<std::pair<std::string, std::string>> parse_cookies(const Headers& headers) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Headers::Field& field : headers) {
    if (!equals_ignore_case(field.name, "Cookie")) {
      continue;
    }
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      const std::string_view pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || !wire::is_token(trim(pair.substr(0, equals)))) {
        continue;
      }
      std::string_view value = trim(pair.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
      }
      out.emplace_back(trim(pair.substr(0, equals)), value);
    }
  }
  return out;
}

std::optional<std::string> find_cookie(const Headers& headers, std::string_view name) {
  for (auto& [key, value] : parse_cookies(headers)) {
    if (key == name) {
      return std::move(value);
    }
  }
  return std::nullopt;
}

}  // namespace tarn::http
