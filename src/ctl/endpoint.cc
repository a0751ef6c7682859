#include "ctl/endpoint.h"

#include "api/operation.h"
#include "base/text.h"

#include <cctype>

namespace tarn::ctl {
namespace {

bool is_scheme(std::string_view text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text[0])) == 0) {
    return false;
  }
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.') {
      return false;
    }
  }
  return true;
}

}  // namespace

Url split_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  Url out;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && is_scheme(text.substr(0, colon))) {
    out.scheme = ascii_lower(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t end = text.find_first_of("/?");
    std::string_view authority = text.substr(0, end);
    authority.remove_prefix(
        authority.rfind('@') == std::string_view::npos ? 0 : authority.rfind('@') + 1);
    out.authority = authority;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
  if (!text.empty() && text[0] != '/') {
    out.target = "/";
  }
  out.target.append(text);
  return out;
}

Url resolve_url(const Url& from, std::string_view location) {
  location = location.substr(0, location.find('#'));
  Url out = split_url(location);
  if (!out.scheme.empty()) {
    if (out.target.empty()) {
      out.target = "/";
    }
    return out;
  }
  out.scheme = from.scheme;
  if (!out.authority.empty()) {
    return out;
  }
  out.authority = from.authority;
  const std::string path = from.target.substr(0, from.target.find('?'));
  if (location.empty()) {
    out.target = from.target;
  } else if (location[0] == '?') {
    out.target = path + std::string(location);
  } else if (location[0] != '/') {
    out.target = path.substr(0, path.rfind('/') + 1) + std::string(location);
  }
  return out;
}

Url api_endpoint(std::string_view endpoint_url) {
  Url out = split_url(endpoint_url);
  out.target = out.target.substr(0, out.target.find('?'));
  if (out.target.find_first_not_of('/') == std::string::npos) {
    out.target = api::kBasePath;
  }
  return out;
}

}  // namespace tarn::ctl
