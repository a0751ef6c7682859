#pragma once

#include "base/bytes.h"
#include "http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The start of an HTTP/1.1 message: start line, fields, empty line (RFC 9112 sections 2 to 6).
/// Strict where leniency lets two parsers see two different messages: only CRLF ends a line, no
/// folded lines, no blank before the colon, no control bytes, one body length.
namespace tarn::http::wire {

/// How the end of a body is found.
enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

struct BodyFraming {
  Framing kind = Framing::kNone;
  /// For kLength.
  std::uint64_t length = 0;
};

/// What a message says about its connection and body, besides its fields.
struct HeadFacts {
  /// 0 or 1: HTTP/1.<minor>.
  int minor_version = 1;
  BodyFraming framing;
  bool keep_alive = true;
  bool expect_continue = false;
};

/// Why a head was refused: the status a server answers, and a text for people.
struct HeadRefusal {
  unsigned status = 400;
  std::string_view why;
};

inline constexpr std::size_t kHeadMalformed = static_cast<std::size_t>(-1);

/// Size of the head at the start of `buffer` including its empty line; 0 if it is not complete;
/// kHeadMalformed if a line ends without CR (its end would never come).
/// `scanned` remembers how far earlier calls looked; start with 0.
std::size_t find_head_end(std::string_view buffer, std::size_t& scanned);

/// Reads a complete head into method, target and fields. An absolute-form target is split into
/// its authority (which replaces Host) and the rest.
std::optional<HeadRefusal> parse_request_head(std::string_view head, Request& request,
                                              HeadFacts& facts);

/// The first line of an answer.
struct StatusLine {
  unsigned code = 0;
  /// As sent; may be empty.
  std::string reason;
};

/// Reads the head of an answer to a request with `method`.
std::optional<HeadRefusal> parse_response_head(std::string_view head, std::string_view method,
                                               StatusLine& status, Headers& headers,
                                               HeadFacts& facts);

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text);

/// Appends `name: value\r\n`.
void append_field(std::string& out, std::string_view name, std::string_view value);
void append_field(std::string& out, std::string_view name, std::uint64_t value);
/// Appends the fields, leaving out those of `Content-Length`, `Transfer-Encoding` and `Connection`,
/// which the sender owns, and any whose name is not a token (it could have been a user's).
void append_fields(std::string& out, const Headers& headers);

}  // namespace tarn::http::wire
