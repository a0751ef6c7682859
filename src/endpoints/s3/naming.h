#pragma once

#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Bucket = repository, object key = `<ref>/<path>`; and which requests are for the gateway at all.
namespace tarn::endpoints::s3 {

/// What a request is about; parts that it does not name are empty.
struct Address {
  std::string repository;
  std::string ref;
  std::string path;
  /// The host is one of the gateway's names or below one.
  bool matched_host = false;
  /// The repository came from the host name.
  bool virtual_host = false;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Splits host (with or without port) and decoded URL path.
Address parse_address(std::string_view host, std::string_view path,
                      const std::vector<std::string>& domains);

/// A key, or the beginning of one, as parameters and bodies name it.
struct Key {
  std::string ref;
  std::string path;
  /// A `/` followed the ref.
  bool with_path = false;

  friend bool operator==(const Key&, const Key&) = default;
};

/// `[/]ref[/path]`; absent if malformed (`/`, `//x`). The empty text is an empty key.
std::optional<Key> parse_key(std::string_view text);

/// `<ref>/<path>`.
std::string join_key(std::string_view ref, std::string_view path);

/// Carries an AWS signature, or looks like it.
bool looks_signed(const http::Request& request);

/// The host is one of `domains` or exactly one label below one, or the request is signed. All other
/// requests are for the REST API and the UI.
bool is_gateway_request(const http::Request& request, const std::vector<std::string>& domains);

}  // namespace tarn::endpoints::s3
