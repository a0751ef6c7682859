#include "aws/signature/v2.h"

#include "aws/signature/canonical.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tarn::aws::detail {
namespace {

constexpr std::size_t kAccessKeyBytesMin = 3;
constexpr std::size_t kAccessKeyBytesMax = 20;
constexpr std::size_t kRfc1123Bytes = 26;  // `Mon, 02 Jan 2006 15:04:05 `

/// In order.
constexpr std::array<std::string_view, 37> kSubResources = {
    "accelerate",
    "acl",
    "analytics",
    "copy-source",
    "cors",
    "defaultObjectAcl",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
    // Later than the published list; clients sign them all the same.
    "object-lock",
    "encryption",
};

const std::string* find(const http::QueryPairs& query, std::string_view name) {
  const auto at = std::find_if(query.begin(), query.end(),
                               [&](const auto& pair) { return pair.first == name; });
  return at == query.end() ? nullptr : &at->second;
}

bool has_text(const http::QueryPairs& query, std::string_view name) {
  const std::string* value = find(query, name);
  return value != nullptr && !value->empty();
}

bool is(const http::QueryPairs& query, std::string_view name, std::string_view expected) {
  const std::string* value = find(query, name);
  return value != nullptr && *value == expected;
}

Result<WallTime> parse_date(std::string_view text) {
  Result<WallTime> iso = parse_iso8601_basic(text);
  if (iso) {
    return iso;
  }
  const Error bad(kMalformedDate);
  if (text.size() <= kRfc1123Bytes) {
    return bad;
  }
  const std::string_view zone = text.substr(kRfc1123Bytes);
  Result<WallTime> time = parse_http_date(std::string(text.substr(0, kRfc1123Bytes)) + "GMT");
  if (!time) {
    return bad;
  }
  const auto all = [](std::string_view digits, char low, char high) {
    return std::all_of(digits.begin(), digits.end(), [&](char c) { return c >= low && c <= high; });
  };
  if (zone.size() == 5 && (zone[0] == '+' || zone[0] == '-') && all(zone.substr(1), '0', '9')) {
    const auto digit = [&](std::size_t at) { return zone[at] - '0'; };
    const std::chrono::minutes offset(((digit(1) * 10) + digit(2)) * 60 + (digit(3) * 10) +
                                      digit(4));
    return zone[0] == '+' ? *time - offset : *time + offset;
  }
  // Names of zones are not unique, so they all count as UTC; clients send GMT or UTC.
  if (zone.size() >= 3 && zone.size() <= 4 && all(zone, 'A', 'Z')) {
    return time;
  }
  return bad;
}

std::string amz_header_lines(const http::Headers& headers) {
  std::map<std::string, std::string> values;
  for (const http::Headers::Field& field : headers) {
    std::string name = ascii_lower(field.name);
    if (!name.starts_with("x-amz-")) {
      continue;
    }
    const auto [at, fresh] = values.emplace(std::move(name), field.value);
    if (!fresh) {
      at->second.append(",").append(field.value);
    }
  }
  std::string out;
  for (const auto& [name, value] : values) {
    out.append(name).append(":").append(value).append("\n");
  }
  return out;
}

std::string path_of(const http::Request& request, std::string_view host_bucket) {
  std::string out;
  if (!host_bucket.empty()) {
    out.append("/").append(host_bucket);
  }
  return out.append(request.path());
}

std::string resource(const http::Request& request, const http::QueryPairs& query,
                     std::string_view host_bucket) {
  std::map<std::string_view, std::string> present;
  for (const auto& [name, value] : query) {
    const auto known = std::find(kSubResources.begin(), kSubResources.end(), name);
    if (known == kSubResources.end()) {
      continue;
    }
    const auto [at, fresh] = present.emplace(*known, value);
    if (!fresh) {
      at->second.append(",").append(value);
    }
  }
  std::string out = path_of(request, host_bucket);
  char separator = '?';
  for (const auto& [name, value] : present) {
    out.push_back(std::exchange(separator, '&'));
    out.append(name);
    if (!value.empty()) {
      out.append("=").append(value);
    }
  }
  return out;
}

/// What HMAC-SHA1 signs, with `date` in its line.
std::string s3_text(const http::Request& request, std::string_view date, std::string_view lines,
                    std::string_view resource) {
  return fmt::format("{}\n{}\n{}\n{}\n{}{}", request.method, request.headers.get("Content-MD5"),
                     request.headers.get("Content-Type"), date, lines, resource);
}

bool made_with_sha1(const Authorization& authorization, const Secret& secret,
                    std::string_view text) {
  return equal_constant_time(base64_encode(hmac_sha1(secret.reveal(), text)),
                             authorization.signature);
}

Result<void> verify_header(const Authorization& authorization, const http::Request& request,
                           const http::QueryPairs& query, const Secret& secret, WallTime now,
                           std::string_view host_bucket) {
  const http::Headers& headers = request.headers;
  const bool has_amz_date = headers.contains("x-amz-date");
  const std::string_view date = headers.get("Date");
  const std::string_view sent = has_amz_date ? headers.get("x-amz-date") : date;
  if (sent.empty()) {
    return Error(kMissingFields);
  }
  TARN_TRY(const WallTime time, parse_date(sent));
  const std::string lines = amz_header_lines(headers);
  const std::string what = resource(request, query, host_bucket);
  const std::string text = s3_text(request, has_amz_date ? "" : date, lines, what);
  const bool matches =
      made_with_sha1(authorization, secret, text) ||
      (has_amz_date && made_with_sha1(authorization, secret, s3_text(request, date, lines, what)));
  if (!matches) {
    return Error(kSignatureDoesNotMatch);
  }
  return check_skew(time, now);
}

Result<void> verify_presigned(const Authorization& authorization, const http::Request& request,
                              const http::QueryPairs& query, const Secret& secret, WallTime now,
                              std::string_view host_bucket) {
  const std::string* expires = find(query, "Expires");
  std::int64_t seconds = 0;
  const char* end = expires == nullptr ? nullptr : expires->data() + expires->size();
  if (expires == nullptr) {
    return Error(kMissingFields);
  }
  const auto parsed = std::from_chars(expires->data(), end, seconds);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return Error(kMalformedDate);
  }
  const std::string text = s3_text(request, *expires, amz_header_lines(request.headers),
                                   resource(request, query, host_bucket));
  if (!made_with_sha1(authorization, secret, text)) {
    return Error(kSignatureDoesNotMatch);
  }
  if (unix_seconds(now) > seconds) {
    return Error(kRequestExpired);
  }
  return {};
}

std::string form_encode(std::string_view text) {
  std::string encoded = percent_encode(text, " ");
  std::replace(encoded.begin(), encoded.end(), ' ', '+');
  return encoded;
}

Result<void> verify_java(const Authorization& authorization, const http::Request& request,
                         http::QueryPairs query, const Secret& secret, WallTime now,
                         std::string_view host_bucket) {
  const std::string* timestamp = find(query, "Timestamp");
  if (timestamp == nullptr || timestamp->empty()) {
    return Error(kMissingFields);
  }
  const Result<WallTime> time = parse_rfc3339(*timestamp);
  if (!time || !timestamp->ends_with('Z')) {
    return Error(kMalformedDate);
  }
  std::erase_if(query,
                [](const auto& pair) { return http::equals_ignore_case(pair.first, "Signature"); });
  for (auto& [name, value] : query) {
    name = form_encode(name);
    value = form_encode(value);
  }
  std::sort(query.begin(), query.end());
  std::string text =
      fmt::format("POST\n{}\n{}\n", request.headers.get("Host"), path_of(request, host_bucket));
  char separator = '\0';
  for (const auto& [name, value] : query) {
    if (std::exchange(separator, '&') != '\0') {
      text.push_back('&');
    }
    text.append(name).append("=").append(value);
  }
  if (!equal_constant_time(base64_encode(hmac_sha256(secret.reveal(), text)),
                           authorization.signature)) {
    return Error(kSignatureDoesNotMatch);
  }
  return check_skew(*time, now);
}

}  // namespace

Result<void> check_skew(WallTime time, WallTime now) {
  if (time < now - kClockSkewMax) {
    return Error(kRequestTimeTooSkewed);
  }
  if (time > now + kClockSkewMax) {
    return Error(kRequestNotYetValid);
  }
  return {};
}

std::optional<Authorization> parse_v2_header(std::string_view field) {
  constexpr std::string_view kPrefix = "AWS ";
  if (!field.starts_with(kPrefix)) {
    return std::nullopt;
  }
  field.remove_prefix(kPrefix.size());
  const std::size_t colon = field.rfind(':');
  if (colon == std::string_view::npos || colon < kAccessKeyBytesMin || colon > kAccessKeyBytesMax ||
      !base64_decode(field.substr(colon + 1))) {
    return std::nullopt;
  }
  Authorization out;
  out.form = Authorization::Form::kV2Header;
  out.access_key_id = field.substr(0, colon);
  out.signature = field.substr(colon + 1);
  return out;
}

std::optional<Authorization> parse_v2_query(const http::QueryPairs& query) {
  if (!has_text(query, "AWSAccessKeyId") || !has_text(query, "Signature")) {
    return std::nullopt;
  }
  Authorization out;
  if (is(query, "SignatureMethod", "HmacSHA256") && is(query, "SignatureVersion", "2")) {
    out.form = Authorization::Form::kJavaV2Query;
  } else if (has_text(query, "Expires")) {
    out.form = Authorization::Form::kV2Query;
  } else {
    return std::nullopt;
  }
  out.access_key_id = *find(query, "AWSAccessKeyId");
  out.signature = *find(query, "Signature");
  return out;
}

Result<void> verify_v2(const Authorization& authorization, const http::Request& request,
                       const Secret& secret, WallTime now, std::string_view host_bucket) {
  Result<http::QueryPairs> query = http::parse_query(request.query());
  if (!query) {
    return Error(kInvalidUri);
  }
  switch (authorization.form) {
    case Authorization::Form::kV2Query:
      return verify_presigned(authorization, request, *query, secret, now, host_bucket);
    case Authorization::Form::kJavaV2Query:
      return verify_java(authorization, request, *std::move(query), secret, now, host_bucket);
    default:
      return verify_header(authorization, request, *query, secret, now, host_bucket);
  }
}

}  // namespace tarn::aws::detail
