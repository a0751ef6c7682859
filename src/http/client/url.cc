#include "http/client/url.h"

#include "http/message.h"

#include <charconv>

namespace tarn::http {

Result<Origin> parse_base_url(std::string_view url) {
  const auto bad = [&] {
    return Error::with_message(kInvalid, "'" + std::string(url) + "' is not http(s)://host[:port]");
  };
  Origin origin;
  std::string_view rest = url;
  if (equals_ignore_case(rest.substr(0, 8), "https://")) {
    origin.tls = true;
    rest.remove_prefix(8);
  } else if (equals_ignore_case(rest.substr(0, 7), "http://")) {
    rest.remove_prefix(7);
  } else {
    return bad();
  }
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '/' || c == '?' || c == '#' ||
        c == '@') {
      return bad();
    }
  }
  std::string_view port_text;
  std::string_view host = rest;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) {
      return bad();
    }
    host = rest.substr(1, close - 1);
    port_text = rest.substr(close + 1);
  } else if (const std::size_t colon = rest.find(':'); colon != std::string_view::npos) {
    host = rest.substr(0, colon);
    port_text = rest.substr(colon);
  }
  if (host.empty()) {
    return bad();
  }
  const std::uint16_t usual = origin.tls ? 443 : 80;
  origin.port = usual;
  if (!port_text.empty()) {
    const char* end = port_text.data() + port_text.size();
    const auto [at, failure] = std::from_chars(port_text.data() + 1, end, origin.port);
    if (port_text[0] != ':' || failure != std::errc() || at != end || origin.port == 0) {
      return bad();
    }
  }
  origin.host = host;
  const bool bracketed = host.find(':') != std::string_view::npos;
  origin.authority = bracketed ? "[" + origin.host + "]" : origin.host;
  if (origin.port != usual) {
    origin.authority += ":" + std::to_string(origin.port);
  }
  return origin;
}

}  // namespace tarn::http
