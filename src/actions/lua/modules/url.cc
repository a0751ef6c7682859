#include "actions/lua/modules/modules.h"
#include "base/encoding.h"

#include <fmt/format.h>

#include <optional>

namespace tarn::actions::lua {
namespace {

/// Bytes that stand for themselves in a whole path, besides the unreserved ones (RFC 3986 pchar and
/// `/`).
constexpr std::string_view kPathKeep = "$&+,/:;=@";
/// The same within one segment.
constexpr std::string_view kSegmentKeep = "$&+=:@";

/// The first `%` that does not start an escape, with what follows it, as error messages quote it.
std::optional<std::string> bad_escape(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    const std::string_view escape = text.substr(at, 3);
    if (escape.size() < 3 || !hex_decode(escape.substr(1))) {
      return std::string(escape);
    }
  }
  return std::nullopt;
}

std::string unescape(Call& call, std::string_view text, bool plus_is_space,
                     std::string_view context) {
  if (const std::optional<std::string> bad = bad_escape(text)) {
    call.fail(fmt::format("{}invalid URL escape \"{}\"", context, *bad));
  }
  return call.unwrap(percent_decode(text, plus_is_space));
}

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The scheme of a URL, taken off its front; empty when there is none.
std::string take_scheme(Call& call, std::string_view& rest, std::string_view context) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (is_alpha(c)) {
      continue;
    }
    if ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.') {
      if (i == 0) {
        return {};
      }
      continue;
    }
    if (c != ':') {
      return {};
    }
    if (i == 0) {
      call.fail(fmt::format("{}missing protocol scheme", context));
    }
    std::string scheme(rest.substr(0, i));
    for (char& letter : scheme) {
      letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    }
    rest.remove_prefix(i + 1);
    return scheme;
  }
  return {};
}

int url_parse(Call& call) {
  std::string_view rest = call.string(1);
  call.charge_bytes(rest.size());
  call.engine().require_room(4 * rest.size());
  const std::string context = fmt::format("parse \"{}\": ", rest);
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      call.fail(context + "net/url: invalid control character in URL");
    }
  }
  std::string fragment;
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    fragment = unescape(call, rest.substr(hash + 1), false, context);
    rest = rest.substr(0, hash);
  }
  const std::string scheme = take_scheme(call, rest, context);
  std::string_view query;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  std::string host;
  std::string path;
  if (!rest.starts_with('/') && !scheme.empty()) {
    rest = {};  // an opaque URL ("mailto:x") has neither host nor path
  } else if (!rest.starts_with('/') &&
             rest.substr(0, rest.find('/')).find(':') != std::string_view::npos) {
    call.fail(context + "first path segment in URL cannot contain colon");
  } else if (rest.starts_with("//") && !(scheme.empty() && rest.starts_with("///"))) {
    rest.remove_prefix(2);
    std::string_view authority = rest.substr(0, rest.find('/'));
    rest.remove_prefix(authority.size());
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      authority.remove_prefix(at + 1);
    }
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos &&
        authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) {
      call.fail(fmt::format("{}invalid port \"{}\" after host", context, authority.substr(colon)));
    }
    if (authority.find(' ') != std::string_view::npos) {
      call.fail(context + "invalid character \" \" in host name");
    }
    host = unescape(call, authority, false, context);
  }
  path = unescape(call, rest, false, context);

  call.push_table(0, 5);
  call.push(scheme);
  call.set_field("scheme");
  call.push(host);
  call.set_field("host");
  call.push(path);
  call.set_field("path");
  call.push(query);
  call.set_field("query");
  call.push(fragment);
  call.set_field("fragment");
  return 1;
}

int url_query_unescape(Call& call) {
  call.charge_bytes(call.string(1).size());
  call.push(unescape(call, call.string(1), true, ""));
  return 1;
}

std::string escape(Call& call, std::string_view text, std::string_view keep) {
  call.charge_bytes(text.size());
  call.engine().require_room(3 * text.size());
  return percent_encode(text, keep);
}

int url_path_escape(Call& call) {
  call.push(escape(call, call.string(1), kSegmentKeep));
  return 1;
}

int url_build_url(Call& call) {
  const std::string_view scheme = call.string(1);
  const std::string_view host = call.string(2);
  const std::string path = escape(call, call.string_or(3, ""), kPathKeep);
  const std::string_view query = call.string_or(4, "");
  const std::string fragment = escape(call, call.string_or(5, ""), "$&+,/:;=@?!()*'");
  std::string out;
  if (!scheme.empty()) {
    out.append(scheme).append(":");
  }
  if (!scheme.empty() || !host.empty()) {
    out.append("//").append(escape(call, host, "$&+,:;=[]<>\"!()*'@"));
  }
  if (!path.empty() && path[0] != '/' && !host.empty()) {
    out.push_back('/');
  }
  out.append(path);
  if (!query.empty()) {
    out.append("?").append(query);
  }
  if (!fragment.empty()) {
    out.append("#").append(fragment);
  }
  call.push(out);
  return 1;
}

}  // namespace

const Module& url_module() {
  static const Module kModule = {"net/url",
                                 {{"parse", url_parse},
                                  {"query_unescape", url_query_unescape},
                                  {"path_escape", url_path_escape},
                                  {"build_url", url_build_url}}};
  return kModule;
}

}  // namespace tarn::actions::lua
