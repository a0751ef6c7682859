#include "http/message.h"

#include "base/encoding.h"

#include <algorithm>

namespace tarn::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// A value that can stand in a field: a line break smuggled in by a user must not start a new
/// field.
std::string clean(std::string value) {
  for (char& c : value) {
    if (c == '\r' || c == '\n' || c == '\0') {
      c = ' ';
    }
  }
  std::size_t end = value.size();
  while (end > 0 && is_blank(value[end - 1])) {
    --end;
  }
  std::size_t begin = 0;
  while (begin < end && is_blank(value[begin])) {
    ++begin;
  }
  if (begin > 0 || end < value.size()) {
    return value.substr(begin, end - begin);
  }
  return value;
}

}  // namespace

bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) {
      return false;
    }
  }
  return true;
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (equals_ignore_case(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [&](const Field& field) { return equals_ignore_case(field.name, name); }));
}

void Headers::add(std::string name, std::string value) {
  fields_.push_back(Field{.name = std::move(name), .value = clean(std::move(value))});
}

void Headers::set(std::string_view name, std::string value) {
  const auto is_it = [&](const Field& field) { return equals_ignore_case(field.name, name); };
  const auto at = std::find_if(fields_.begin(), fields_.end(), is_it);
  if (at == fields_.end()) {
    add(std::string(name), std::move(value));
    return;
  }
  at->value = clean(std::move(value));
  fields_.erase(std::remove_if(at + 1, fields_.end(), is_it), fields_.end());
}

void Headers::erase(std::string_view name) {
  std::erase_if(fields_, [&](const Field& field) { return equals_ignore_case(field.name, name); });
}

bool has_list_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && is_blank(item.front())) {
      item.remove_prefix(1);
    }
    while (!item.empty() && is_blank(item.back())) {
      item.remove_suffix(1);
    }
    if (equals_ignore_case(item, token)) {
      return true;
    }
    if (comma == std::string_view::npos) {
      break;
    }
    list.remove_prefix(comma + 1);
  }
  return false;
}

Result<QueryPairs> parse_query(std::string_view query) {
  QueryPairs pairs;
  while (!query.empty()) {
    const std::size_t amp = query.find('&');
    const std::string_view part = query.substr(0, amp);
    query = amp == std::string_view::npos ? std::string_view() : query.substr(amp + 1);
    if (part.empty()) {
      continue;
    }
    const std::size_t equals = part.find('=');
    const std::string_view raw_value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    TARN_TRY(std::string name, percent_decode(part.substr(0, equals), /*plus_is_space=*/true));
    TARN_TRY(std::string value, percent_decode(raw_value, /*plus_is_space=*/true));
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 418:
      return "I'm a teapot";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 424:
      return "Failed Dependency";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    case 511:
      return "Network Authentication Required";
    default:
      return "";
  }
}

}  // namespace tarn::http
