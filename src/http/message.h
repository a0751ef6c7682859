#pragma once

#include "base/bytes.h"
#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tarn::http {

/// Header fields in order of arrival; names compare without case. Values are trimmed and hold no
/// CR, LF or NUL.
class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
  };

  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  /// The first field of that name, or empty.
  std::string_view get(std::string_view name) const {
    return find(name).value_or(std::string_view());
  }
  bool contains(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const;
  /// Adds a field even if the name is there already.
  void add(std::string name, std::string value);
  /// Replaces all fields of that name by one.
  void set(std::string_view name, std::string value);
  void erase(std::string_view name);
  void reserve(std::size_t fields) { fields_.reserve(fields); }

  bool empty() const { return fields_.empty(); }
  std::size_t size() const { return fields_.size(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

/// ASCII comparison without case.
bool equals_ignore_case(std::string_view a, std::string_view b);

/// Whether a comma-separated field value holds `token`, compared without case.
bool has_list_token(std::string_view list, std::string_view token);

/// Decoded `name=value` pairs of a query string in order of arrival.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
/// Splits at `&` and decodes each part once, `+` as a space. Errors kInvalid for a bad escape.
Result<QueryPairs> parse_query(std::string_view query);

/// One request as a server hands it to a handler, or a client sends it.
struct Request {
  /// Upper-case token, e.g. `GET`.
  std::string method;
  /// The request target as on the wire: path and query, still encoded. `path` and `query` are parts
  /// of it.
  std::string target;
  Headers headers;
  /// Peer's address without port (servers only).
  std::string peer_address;
  /// True when the connection is TLS (servers only).
  bool tls = false;
  /// Absent with chunked transfer coding; 0 without a body.
  std::optional<std::uint64_t> content_length = 0;
  /// Never null in a server. The server reads what a handler leaves unread up to a limit, then
  /// closes the connection.
  std::unique_ptr<ByteSource> body;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  /// Without the `?`; empty if there is none.
  std::string_view query() const {
    const std::size_t at = target.find('?');
    return at == std::string::npos ? std::string_view() : std::string_view(target).substr(at + 1);
  }
};

struct Response {
  unsigned status = 200;
  Headers headers;
  /// Small bodies as bytes, objects as a stream.
  std::variant<Bytes, std::unique_ptr<ByteSource>> body;
  /// Sent as Content-Length. Default: the size of `body` when that is known, else chunked. Set it
  /// for HEAD.
  std::optional<std::uint64_t> content_length;
  /// Closes the connection after this response.
  bool close = false;
};

/// `OK`, `Not Found`, …; empty for unknown codes.
std::string_view reason_phrase(unsigned status);

}  // namespace tarn::http
