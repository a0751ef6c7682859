#include "aws/sigv4.h"

#include "aws/signature/canonical.h"
#include "base/assert.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace tarn::aws {
namespace {

using detail::CanonicalRequest;
using detail::Scope;

/// What connections and proxies own; the list of AWS's SDKs, plus our own header.
constexpr std::array<std::string_view, 15> kUnsignedHeaders = {
    "authorization",       "baggage", "connection",  "expect",     "keep-alive",
    "proxy-authenticate",  "te",      "traceparent", "trailer",    "transfer-encoding",
    "proxy-authorization", "upgrade", "tracestate",  "user-agent", "x-amzn-trace-id"};

std::vector<std::string> names_to_sign(const http::Headers& headers) {
  std::vector<std::string> names;
  names.reserve(headers.size());
  for (const http::Headers::Field& field : headers) {
    std::string name = ascii_lower(field.name);
    if (std::find(kUnsignedHeaders.begin(), kUnsignedHeaders.end(), name) ==
        kUnsignedHeaders.end()) {
      names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// A target that no server could decode is signed as it is: the server's refusal says why.
std::string path_to_sign(std::string_view path, std::string_view service) {
  return service == "s3" ? detail::canonical_path_s3(path).value_or(std::string(path))
                         : detail::canonical_path_other(path);
}

std::string query_to_sign(std::string_view query) {
  return detail::canonical_query(query).value_or(std::string(query));
}

}  // namespace

void sign(http::Request& request, const Credentials& credentials, const SigningScope& scope,
          WallTime now, std::string_view payload_hash) {
  http::Headers& headers = request.headers;
  TARN_ASSERT(headers.contains("Host"), "what is signed has its Host");
  const std::string amz_date = format_iso8601_basic(now);
  headers.set("X-Amz-Date", amz_date);
  headers.erase("X-Amz-Security-Token");
  if (!credentials.session_token.empty()) {
    headers.set("X-Amz-Security-Token", credentials.session_token.reveal());
  }
  if (scope.service == "s3") {
    headers.set("X-Amz-Content-Sha256", std::string(payload_hash));
  }

  const std::string path = path_to_sign(request.path(), scope.service);
  const std::string query = query_to_sign(request.query());
  const CanonicalRequest canonical{.method = request.method,
                                   .path = path,
                                   .query = query,
                                   .signed_headers = names_to_sign(headers),
                                   .payload_hash = payload_hash};
  const std::string names = detail::join(canonical.signed_headers, ';');
  const Scope full{.date = std::string_view(amz_date).substr(0, 8),
                   .region = scope.region,
                   .service = scope.service};
  const Secret key = detail::signing_key(credentials.secret_access_key, full);
  const std::string signature = detail::v4_signature(
      key, amz_date, full, detail::canonical_request(canonical, headers, names));
  headers.set("Authorization",
              fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", detail::kAlgorithm,
                          credentials.access_key_id, full.text(), names, signature));
}

std::string presign(std::string_view method, std::string_view host, std::string_view target,
                    const Credentials& credentials, const SigningScope& scope, WallTime now,
                    std::chrono::seconds expires_in) {
  const std::string amz_date = format_iso8601_basic(now);
  const Scope full{.date = std::string_view(amz_date).substr(0, 8),
                   .region = scope.region,
                   .service = scope.service};
  std::string signed_target(target);
  signed_target.push_back(target.find('?') == std::string_view::npos ? '?' : '&');
  signed_target += fmt::format(
      "X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}&X-Amz-SignedHeaders="
      "host",
      detail::kAlgorithm, percent_encode(credentials.access_key_id + "/" + full.text()), amz_date,
      expires_in.count());
  if (!credentials.session_token.empty()) {
    signed_target += "&X-Amz-Security-Token=" + percent_encode(credentials.session_token.reveal());
  }

  http::Headers headers;
  headers.add("host", std::string(host));
  const std::string_view whole(signed_target);
  const std::size_t mark = whole.find('?');
  const std::string path = path_to_sign(whole.substr(0, mark), scope.service);
  const std::string query = query_to_sign(whole.substr(mark + 1));
  const CanonicalRequest canonical{
      .method = method,
      .path = path,
      .query = query,
      .signed_headers = {"host"},
      .payload_hash = scope.service == "s3" ? kUnsignedPayload : detail::kEmptyHash};
  const Secret key = detail::signing_key(credentials.secret_access_key, full);
  const std::string signature = detail::v4_signature(
      key, amz_date, full, detail::canonical_request(canonical, headers, "host"));
  return signed_target + "&X-Amz-Signature=" + signature;
}

}  // namespace tarn::aws
