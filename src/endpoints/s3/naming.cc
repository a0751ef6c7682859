#include "endpoints/s3/naming.h"

#include "base/text.h"
#include "endpoints/s3/config.h"

#include <algorithm>
#include <cctype>

namespace tarn::endpoints::s3 {
namespace {

/// The host of `host[:port]`; an IPv6 address keeps its brackets.
std::string_view without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return host;
  }
  return host.substr(0, colon);
}

bool ends_with_ignore_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         http::equals_ignore_case(text.substr(text.size() - end.size()), end);
}

/// Cuts at the first `/` and leaves what is behind it in `rest`.
std::string take_part(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  std::string part(rest.substr(0, slash));
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return part;
}

bool has_parameter(std::string_view query, std::string_view name) {
  // Names of these parameters are never escaped by who signs.
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (pair.size() > name.size() + 1 && pair.starts_with(name) && pair[name.size()] == '=') {
      return true;
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return false;
}

}  // namespace

Result<std::vector<std::string>> parse_domains(const std::vector<std::string>& names) {
  std::vector<std::string> domains;
  for (const std::string& name : names) {
    std::string_view text = name;
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
      text.remove_prefix(1);
    }
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
      text.remove_suffix(1);
    }
    text = without_port(text);
    if (!text.empty()) {
      domains.emplace_back(text);
    }
  }
  for (const std::string& a : domains) {
    for (const std::string& b : domains) {
      if (&a != &b && ends_with_ignore_case(a, "." + b)) {
        return Error::with_message(kInvalid,
                                   "bad configuration: domain names are prefixes: " + b + ", " + a);
      }
    }
  }
  return domains;
}

Address parse_address(std::string_view host, std::string_view path,
                      const std::vector<std::string>& domains) {
  Address address;
  host = without_port(host);
  for (const std::string& domain : domains) {
    if (http::equals_ignore_case(host, domain)) {
      address.matched_host = true;
    } else if (ends_with_ignore_case(host, "." + domain)) {
      address.matched_host = true;
      address.virtual_host = true;
      address.repository = ascii_lower(host.substr(0, host.size() - domain.size() - 1));
    }
  }
  if (path.starts_with('/')) {
    path.remove_prefix(1);
  }
  if (!address.virtual_host) {
    address.repository = take_part(path);
  }
  address.ref = take_part(path);
  address.path = path;
  return address;
}

std::optional<Key> parse_key(std::string_view text) {
  Key key;
  if (text.empty()) {
    return key;
  }
  if (text.starts_with('/')) {
    text.remove_prefix(1);
  }
  const std::size_t slash = text.find('/');
  if (text.empty() || slash == 0) {
    return std::nullopt;
  }
  key.ref = text.substr(0, slash);
  key.with_path = slash != std::string_view::npos;
  if (key.with_path) {
    key.path = text.substr(slash + 1);
  }
  return key;
}

std::string join_key(std::string_view ref, std::string_view path) {
  return std::string(ref).append("/").append(path);
}

bool looks_signed(const http::Request& request) {
  const std::string_view authorization = request.headers.get("Authorization");
  return !request.headers.get("X-Amz-Signature").empty() || authorization.starts_with("AWS4") ||
         authorization.starts_with("AWS ") || has_parameter(request.query(), "AWSAccessKeyId") ||
         has_parameter(request.query(), "X-Amz-Credential");
}

bool is_gateway_request(const http::Request& request, const std::vector<std::string>& domains) {
  const std::string_view host = without_port(request.headers.get("Host"));
  for (const std::string& domain : domains) {
    if (host == domain) {
      return true;
    }
    const std::size_t dot = host.find('.');
    if (dot != 0 && dot != std::string_view::npos && host.substr(dot + 1) == domain) {
      return true;
    }
  }
  return looks_signed(request);
}

}  // namespace tarn::endpoints::s3
