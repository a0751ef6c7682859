#pragma once

#include <string>
#include <string_view>

namespace tarn::ctl {

/// Where an URL points, in the parts that a request needs.
struct Url {
  /// Lower case; empty if there is none.
  std::string scheme;
  /// `host[:port]`, without user information.
  std::string authority;
  /// Path, and query if there is one; starts with `/` unless empty.
  std::string target;

  /// `scheme://authority`.
  std::string base() const { return scheme + "://" + authority; }
  std::string str() const { return scheme.empty() && authority.empty() ? target : base() + target; }
};

/// Splits without checking; what is no URL shows when it is used. A fragment is dropped.
Url split_url(std::string_view text);
/// Where `location` leads to from `from` (RFC 3986 section 5.2, without dot segments).
Url resolve_url(const Url& from, std::string_view location);

/// `server.endpoint_url` as a base for API calls: `/api/v1` is added to an empty path, any other
/// path is kept.
Url api_endpoint(std::string_view endpoint_url);

}  // namespace tarn::ctl
