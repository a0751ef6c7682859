#include "block/link_signature.h"

#include "base/encoding.h"
#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace tarn::block {
namespace {

constexpr std::chrono::hours kLinkLifetime{24};

/// JSON text as Go writes it: `<`, `>`, `&`, U+2028 and U+2029 are escaped, other UTF-8 is not.
void append_go_json(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
    } else if (c == '\b' || c == '\f') {
      out.append(c == '\b' ? "\\b" : "\\f");
    } else if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else if (text.substr(at).starts_with("\xe2\x80\xa8") ||
               text.substr(at).starts_with("\xe2\x80\xa9")) {
      out.append(text[at + 2] == '\xa8' ? "\\u2028" : "\\u2029");
      at += 2;
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

std::string signature_of(const Secret& key, const LinkTarget& target, std::string_view relative) {
  std::string json = "{\"Repository\":";
  append_go_json(json, target.repository);
  json.append(",\"Branch\":");
  append_go_json(json, target.branch);
  json.append(",\"Path\":");
  append_go_json(json, target.path);
  json.append(",\"PhysicalAddress\":");
  append_go_json(json, relative);
  json.push_back('}');
  return hmac_sha256(key.reveal(), json);
}

/// Seconds of the xid that names the object.
std::optional<std::int64_t> time_of(std::string_view relative) {
  const std::string_view name = relative.substr(relative.rfind('/') + 1);
  if (name.size() < 7) {
    return std::nullopt;
  }
  std::uint64_t bits = 0;
  for (const char c : name.substr(0, 7)) {  // 35 bits, of which 32 are the seconds
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
    if (digit < 0) {
      return std::nullopt;
    }
    bits = bits << 5 | static_cast<std::uint64_t>(digit);
  }
  return static_cast<std::int64_t>(bits >> 3);
}

/// `data/p/name` and `.csv.gz`.
std::pair<std::string_view, std::string_view> split_extension(std::string_view relative) {
  const std::size_t name = relative.rfind('/') + 1;
  const std::size_t dot = std::min(relative.find('.', name), relative.size());
  return {relative.substr(0, dot), relative.substr(dot)};
}

}  // namespace

std::string sign_link(const Secret& key, const LinkTarget& target, std::string_view relative) {
  const auto [stem, extension] = split_extension(relative);
  const std::string signature = base64url_encode(signature_of(key, target, relative));
  return fmt::format("{},{}{}", stem, signature, extension);
}

Result<void> verify_link(const Secret& key, const LinkTarget& target,
                         std::string_view signed_relative, WallTime now) {
  const auto [stem, extension] = split_extension(signed_relative);
  const std::size_t comma = stem.rfind(',');
  if (comma == std::string_view::npos) {
    return Error(kLinkNotSigned);
  }
  const std::string relative = fmt::format("{}{}", stem.substr(0, comma), extension);
  const Result<std::string> given = base64url_decode(stem.substr(comma + 1));
  if (!given) {
    return Error(kLinkInvalid);
  }
  if (!equal_constant_time(*given, signature_of(key, target, relative))) {
    return Error(kLinkSignatureWrong);
  }
  const std::optional<std::int64_t> made = time_of(relative);
  if (!made || unix_seconds(now) - *made > std::chrono::seconds(kLinkLifetime).count()) {
    return Error(kLinkExpired);
  }
  return {};
}

}  // namespace tarn::block
