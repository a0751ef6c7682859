#include "aws/signature/canonical.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "base/lru.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::aws::detail {
namespace {

constexpr std::size_t kSigningKeysKept = 4096;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void append_trimmed(std::string& out, std::string_view value) {
  bool pending = false;
  bool started = false;
  for (const char c : value) {
    if (is_blank(c)) {
      pending = started;
      continue;
    }
    if (pending) {
      out.push_back(' ');
    }
    out.push_back(c);
    started = true;
    pending = false;
  }
}

}  // namespace

std::string join(const std::vector<std::string>& names, char separator) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) {
      out.push_back(separator);
    }
    out += name;
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(at + 1);
  }
}

Result<std::string> canonical_path_s3(std::string_view path) {
  TARN_TRY(const std::string decoded, percent_decode(path));
  return decoded.empty() ? "/" : percent_encode(decoded, "/");
}

std::string canonical_path_other(std::string_view path) {
  std::vector<std::string> kept;
  for (std::string& segment : split(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) {
        kept.pop_back();
      }
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(std::move(segment));
    }
  }
  std::string plain = "/" + join(kept, '/');
  if (!kept.empty() && path.ends_with('/')) {
    plain.push_back('/');
  }
  return percent_encode(plain, "/");
}

Result<std::string> canonical_query(std::string_view query, std::string_view without) {
  TARN_TRY(http::QueryPairs pairs, http::parse_query(query));
  std::erase_if(pairs, [&](const auto& pair) { return !without.empty() && pair.first == without; });
  for (auto& [name, value] : pairs) {
    name = percent_encode(name);
    value = percent_encode(value);
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  out.reserve(query.size() + pairs.size());
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) {
      out.push_back('&');
    }
    out.append(name).append("=").append(value);
  }
  return out;
}

std::string canonical_value(const http::Headers& headers, std::string_view name) {
  std::string out;
  bool first = true;
  for (const http::Headers::Field& field : headers) {
    if (http::equals_ignore_case(field.name, name)) {
      if (!std::exchange(first, false)) {
        out.push_back(',');
      }
      append_trimmed(out, field.value);
    }
  }
  return out;
}

std::string canonical_request(const CanonicalRequest& request, const http::Headers& headers,
                              std::string_view signed_list) {
  std::string out;
  out.reserve(512);
  out.append(request.method).push_back('\n');
  out.append(request.path).push_back('\n');
  out.append(request.query).push_back('\n');
  for (const std::string& name : request.signed_headers) {
    out.append(name).push_back(':');
    out.append(canonical_value(headers, name)).push_back('\n');
  }
  out.push_back('\n');
  out.append(signed_list).push_back('\n');
  out.append(request.payload_hash);
  return out;
}

std::string Scope::text() const {
  return fmt::format("{}/{}/{}/{}", date, region, service, kScopeEnd);
}

Secret signing_key(const Secret& secret, const Scope& scope) {
  // A memo of a pure function, so one for the process. Its keys are digests: the secret itself is
  // kept nowhere.
  static Lru<std::string, Secret> known(kSigningKeysKept);
  const Secret start("AWS4" + secret.reveal());
  const std::string digest = sha256(sha256(start.reveal()) + scope.text());
  if (std::optional<Secret> found = known.get(digest)) {
    return *std::move(found);
  }
  const Secret day(hmac_sha256(start.reveal(), scope.date));
  const Secret region(hmac_sha256(day.reveal(), scope.region));
  const Secret service(hmac_sha256(region.reveal(), scope.service));
  Secret key(hmac_sha256(service.reveal(), kScopeEnd));
  known.put(digest, key);
  return key;
}

std::string v4_signature(const Secret& key, std::string_view amz_date, const Scope& scope,
                         std::string_view canonical_request) {
  const std::string text = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, amz_date, scope.text(),
                                       hex_encode(sha256(canonical_request)));
  return hex_encode(hmac_sha256(key.reveal(), text));
}

}  // namespace tarn::aws::detail
