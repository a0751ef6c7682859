#include "http/wire/head.h"

#include <array>
#include <charconv>
#include <cstring>

namespace tarn::http::wire {
namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) {
    table[static_cast<std::size_t>(c)] = true;
  }
  for (int c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = true;
    table[static_cast<std::size_t>(c - 'a' + 'A')] = true;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kTokenTable = make_token_table();

/// Field values: visible bytes, blanks and everything above ASCII (RFC 9110 5.5 obs-text).
bool is_value_byte(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }
/// Targets: as values, without blanks. Bytes above ASCII are not valid URI characters, but real
/// clients send them and nothing downstream gives them a meaning of their own.
bool is_target_byte(unsigned char c) { return c > 0x20 && c != 0x7f; }

bool is_host(std::string_view host) {
  for (const char c : host) {
    const auto u = static_cast<unsigned char>(c);
    if (!kTokenTable[u] && c != ':' && c != '[' && c != ']' && c != '(' && c != ')' && c != ',' &&
        c != ';' && c != '=') {
      return false;
    }
  }
  return true;
}

constexpr HeadRefusal kBadStartLine{.status = 400, .why = "malformed start line"};
constexpr HeadRefusal kBadField{.status = 400, .why = "malformed header field"};
constexpr HeadRefusal kBadLength{.status = 400, .why = "bad Content-Length"};
constexpr HeadRefusal kBadCoding{.status = 400, .why = "bad Transfer-Encoding"};
constexpr HeadRefusal kUnknownCoding{.status = 501, .why = "unsupported transfer coding"};
constexpr HeadRefusal kTwoLengths{.status = 400,
                                  .why = "both Transfer-Encoding and Content-Length"};
constexpr HeadRefusal kBadHost{.status = 400, .why = "missing or malformed Host"};
constexpr HeadRefusal kBadVersion{.status = 505, .why = "unsupported protocol version"};
constexpr HeadRefusal kBadExpect{.status = 417, .why = "unknown expectation"};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// What the fields say about body and connection, gathered while they are read.
struct FieldFacts {
  std::optional<std::uint64_t> content_length;
  std::size_t coding_fields = 0;
  bool chunked = false;
  bool other_coding = false;
  std::size_t hosts = 0;
  bool close = false;
  bool keep_alive = false;
  bool expect_continue = false;
  bool expect_other = false;
};

/// The next line without its CRLF; false if there is none or it is broken.
bool take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r') {
    return false;
  }
  line = rest.substr(0, end - 1);
  rest.remove_prefix(end + 1);
  return true;
}

std::optional<HeadRefusal> note_field(std::string_view name, std::string_view value,
                                      FieldFacts& facts) {
  switch (name.size()) {
    case 4:
      if (equals_ignore_case(name, "Host")) {
        ++facts.hosts;
        if (!is_host(value)) {
          return kBadHost;
        }
      }
      break;
    case 6:
      if (equals_ignore_case(name, "Expect")) {
        facts.expect_continue = equals_ignore_case(value, "100-continue");
        facts.expect_other = !facts.expect_continue;
      }
      break;
    case 10:
      if (equals_ignore_case(name, "Connection")) {
        facts.close = facts.close || has_list_token(value, "close");
        facts.keep_alive = facts.keep_alive || has_list_token(value, "keep-alive");
      }
      break;
    case 14:
      if (equals_ignore_case(name, "Content-Length")) {
        std::uint64_t length = 0;
        const char* end = value.data() + value.size();
        const auto [at, failure] = std::from_chars(value.data(), end, length);
        // from_chars takes no sign for unsigned types, so only digits pass.
        if (value.empty() || failure != std::errc() || at != end) {
          return kBadLength;
        }
        if (facts.content_length && *facts.content_length != length) {
          return kBadLength;
        }
        facts.content_length = length;
      }
      break;
    case 17:
      if (equals_ignore_case(name, "Transfer-Encoding")) {
        ++facts.coding_fields;
        if (equals_ignore_case(value, "chunked")) {
          facts.chunked = true;
        } else {
          facts.other_coding = true;
        }
      }
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<HeadRefusal> parse_fields(std::string_view rest, Headers& headers,
                                        FieldFacts& facts) {
  headers.reserve(12);
  for (;;) {
    std::string_view line;
    if (!take_line(rest, line)) {
      return kBadField;
    }
    if (line.empty()) {
      return rest.empty() ? std::nullopt : std::optional(kBadField);
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return kBadField;
    }
    const std::string_view name = line.substr(0, colon);
    if (!is_token(name)) {  // also catches folded lines and a blank before the colon
      return kBadField;
    }
    const std::string_view value = trim(line.substr(colon + 1));
    for (const char c : value) {
      if (!is_value_byte(static_cast<unsigned char>(c))) {
        return kBadField;
      }
    }
    if (std::optional<HeadRefusal> refusal = note_field(name, value, facts)) {
      return refusal;
    }
    headers.add(std::string(name), std::string(value));
  }
}

/// `HTTP/1.0` or `HTTP/1.1`.
std::optional<HeadRefusal> parse_version(std::string_view text, int& minor) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.') {
    return kBadStartLine;
  }
  const char major = text[5];
  const char last = text[7];
  if (major < '0' || major > '9' || last < '0' || last > '9') {
    return kBadStartLine;
  }
  if (major != '1') {
    return kBadVersion;
  }
  minor = last == '0' ? 0 : 1;
  return std::nullopt;
}

void apply_connection(const FieldFacts& fields, HeadFacts& facts) {
  facts.keep_alive = !fields.close && (facts.minor_version >= 1 || fields.keep_alive);
}

/// Turns `http://host/path` into its host and `/path`. False if it is no such thing.
bool split_absolute_form(std::string_view target, std::string_view& host, std::string& path) {
  std::string_view rest = target;
  if (equals_ignore_case(rest.substr(0, 7), "http://")) {
    rest.remove_prefix(7);
  } else if (equals_ignore_case(rest.substr(0, 8), "https://")) {
    rest.remove_prefix(8);
  } else {
    return false;
  }
  const std::size_t end = rest.find_first_of("/?");
  host = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  path = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return !host.empty() && is_host(host);
}

}  // namespace

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!kTokenTable[static_cast<unsigned char>(c)]) {
      return false;
    }
  }
  return !text.empty();
}

std::size_t find_head_end(std::string_view buffer, std::size_t& scanned) {
  // The end may straddle what came before and what came now.
  const std::size_t from = scanned > 3 ? scanned - 3 : 0;
  const std::size_t at = buffer.find("\r\n\r\n", from);
  if (at != std::string_view::npos) {
    return at + 4;
  }
  for (std::size_t lf = buffer.find('\n', scanned); lf != std::string_view::npos;
       lf = buffer.find('\n', lf + 1)) {
    if (lf == 0 || buffer[lf - 1] != '\r') {
      return kHeadMalformed;
    }
  }
  scanned = buffer.size();
  return 0;
}

std::optional<HeadRefusal> parse_request_head(std::string_view head, Request& request,
                                              HeadFacts& facts) {
  std::string_view line;
  if (!take_line(head, line)) {
    return kBadStartLine;
  }
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return kBadStartLine;
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || target.empty()) {
    return kBadStartLine;
  }
  for (const char c : target) {
    if (!is_target_byte(static_cast<unsigned char>(c))) {
      return kBadStartLine;
    }
  }
  if (std::optional<HeadRefusal> bad = parse_version(line.substr(last + 1), facts.minor_version)) {
    return bad;
  }
  FieldFacts fields;
  if (std::optional<HeadRefusal> bad = parse_fields(head, request.headers, fields)) {
    return bad;
  }
  if (fields.hosts > 1 || (fields.hosts == 0 && facts.minor_version >= 1)) {
    return kBadHost;
  }
  request.method = method;
  std::string_view authority;
  if (target.front() == '/' || (target == "*" && method == "OPTIONS")) {
    request.target = target;
  } else if (split_absolute_form(target, authority, request.target)) {
    request.headers.set("Host", std::string(authority));
  } else {
    return kBadStartLine;
  }

  // RFC 9112 6.3: a request with both, or with a coding whose end is unknown, is an attack or a
  // bug.
  if (fields.coding_fields > 0) {
    if (fields.content_length) {
      return kTwoLengths;
    }
    if (facts.minor_version == 0 || fields.coding_fields > 1) {
      return kBadCoding;
    }
    if (fields.other_coding) {
      return kUnknownCoding;
    }
    facts.framing.kind = Framing::kChunked;
    request.content_length = std::nullopt;
  } else {
    request.content_length = fields.content_length.value_or(0);
    facts.framing.length = *request.content_length;
    facts.framing.kind = facts.framing.length > 0 ? Framing::kLength : Framing::kNone;
  }
  if (fields.expect_other) {
    return kBadExpect;
  }
  facts.expect_continue = fields.expect_continue && facts.minor_version >= 1;
  apply_connection(fields, facts);
  return std::nullopt;
}

std::optional<HeadRefusal> parse_response_head(std::string_view head, std::string_view method,
                                               StatusLine& status, Headers& headers,
                                               HeadFacts& facts) {
  std::string_view line;
  if (!take_line(head, line) || line.size() < 12 || line[8] != ' ') {
    return kBadStartLine;
  }
  if (std::optional<HeadRefusal> bad = parse_version(line.substr(0, 8), facts.minor_version)) {
    return bad;
  }
  const std::string_view code = line.substr(9, 3);
  const auto [at, failure] = std::from_chars(code.data(), code.data() + 3, status.code);
  if (failure != std::errc() || at != code.data() + 3 || status.code < 100 ||
      (line.size() > 12 && line[12] != ' ')) {
    return kBadStartLine;
  }
  status.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  FieldFacts fields;
  if (std::optional<HeadRefusal> bad = parse_fields(head, headers, fields)) {
    return bad;
  }
  apply_connection(fields, facts);
  if (method == "HEAD" || status.code < 200 || status.code == 204 || status.code == 304) {
    facts.framing.kind = Framing::kNone;
  } else if (fields.coding_fields > 0) {
    if (fields.other_coding || fields.coding_fields > 1) {
      return kUnknownCoding;
    }
    facts.framing.kind = Framing::kChunked;
    if (fields.content_length) {
      // The coding wins, but who sends both is not to be trusted with the next message.
      facts.keep_alive = false;
    }
  } else if (fields.content_length) {
    facts.framing.length = *fields.content_length;
    facts.framing.kind = facts.framing.length > 0 ? Framing::kLength : Framing::kNone;
  } else {
    facts.framing.kind = Framing::kUntilClose;
    facts.keep_alive = false;
  }
  return std::nullopt;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
  char digits[20];
  const auto [end, failure] = std::to_chars(digits, digits + sizeof digits, value);
  append_field(out, name, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

void append_fields(std::string& out, const Headers& headers) {
  for (const Headers::Field& field : headers) {
    const std::size_t size = field.name.size();
    if ((size == 14 && equals_ignore_case(field.name, "Content-Length")) ||
        (size == 17 && equals_ignore_case(field.name, "Transfer-Encoding")) ||
        (size == 10 && equals_ignore_case(field.name, "Connection")) || !is_token(field.name)) {
      continue;
    }
    append_field(out, field.name, field.value);
  }
}

}  // namespace tarn::http::wire
