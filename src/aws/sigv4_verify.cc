#include "aws/sigv4_verify.h"

#include "aws/signature/canonical.h"
#include "aws/signature/v2.h"
#include "aws/sigv4.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace tarn::aws {
namespace {

using detail::CanonicalRequest;
using detail::Scope;

constexpr std::size_t kAccessKeyBytesMin = 3;
constexpr std::size_t kAccessKeyBytesMax = 20;
constexpr std::size_t kSignatureHexBytes = 64;

/// Headers that need not be in the list of signed ones: the first is a line of its own in what is
/// signed, the others come from proxies between the client and us.
constexpr std::array<std::string_view, 2> kMayBeUnsigned = {"x-amz-content-sha256", "x-amz-cf-id"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_scope_char(char c) { return is_alnum(c) || c == '_' || c == '-'; }
bool is_name_char(char c) {
  return is_alnum(c) || std::string_view("_-;.#!$%&'*+^`|~").find(c) != std::string_view::npos;
}
bool is_hex_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

/// Not empty, and nothing but such characters.
template <class Predicate>
bool all_are(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

/// `<access key>/<8 digits>/<region>/<service>/aws4_request`. The access key may hold slashes, so
/// this reads from the end.
bool parse_credential(std::string_view text, Authorization& out) {
  std::array<std::string_view, 4> parts;  // from the last
  for (std::string_view& part : parts) {
    const std::size_t slash = text.rfind('/');
    if (slash == std::string_view::npos) {
      return false;
    }
    part = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  const auto& [end, service, region, date] = parts;
  if (end != detail::kScopeEnd || !all_are(service, is_scope_char) ||
      !all_are(region, is_scope_char) || date.size() != 8 || !all_are(date, is_digit) ||
      text.size() < kAccessKeyBytesMin || text.size() > kAccessKeyBytesMax) {
    return false;
  }
  out.access_key_id = text;
  out.scope_date = date;
  out.region = region;
  out.service = service;
  return true;
}

bool is_signature(std::string_view text) {
  return text.size() == kSignatureHexBytes && all_are(text, is_hex_char);
}

std::optional<Authorization> parse_v4_header(std::string_view field) {
  if (!field.starts_with(detail::kAlgorithm)) {
    return std::nullopt;
  }
  field.remove_prefix(detail::kAlgorithm.size());
  Authorization out;
  out.form = Authorization::Form::kV4Header;
  for (const std::string& part : detail::split(field, ',')) {
    const std::string_view item = trim(part);
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string_view name = item.substr(0, equals);
    const std::string_view value = equals < item.size() ? item.substr(equals + 1) : "";
    if (name == "Credential" && out.access_key_id.empty()) {
      if (!parse_credential(value, out)) {
        return std::nullopt;
      }
    } else if (name == "SignedHeaders" && out.signed_headers.empty()) {
      out.signed_headers = value;
    } else if (name == "Signature" && out.signature.empty()) {
      out.signature = value;
    } else {
      return std::nullopt;
    }
  }
  if (out.access_key_id.empty() || !all_are(out.signed_headers, is_name_char) ||
      !is_signature(out.signature)) {
    return std::nullopt;
  }
  return out;
}

const std::string* find(const http::QueryPairs& query, std::string_view name) {
  const auto at = std::find_if(query.begin(), query.end(),
                               [&](const auto& pair) { return pair.first == name; });
  return at == query.end() ? nullptr : &at->second;
}

Error query_error(std::string_view message) {
  return Error::with_message(kAuthorizationQueryParameters, std::string(message));
}

Result<std::chrono::seconds> parse_expires(std::string_view text) {
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return query_error("X-Amz-Expires should be a number");
  }
  if (seconds < 0) {
    return query_error("X-Amz-Expires must be non-negative");
  }
  if (seconds > kPresignExpiresMax.count()) {
    return query_error(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
        "must be less than 604800 seconds");
  }
  return std::chrono::seconds(seconds);
}

/// `query` has an X-Amz-Algorithm.
Result<Authorization> parse_v4_query(const http::QueryPairs& query, std::string_view algorithm) {
  if (!http::equals_ignore_case(algorithm, detail::kAlgorithm)) {
    return query_error("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\".");
  }
  const std::string* credential = find(query, "X-Amz-Credential");
  const std::string* signature = find(query, "X-Amz-Signature");
  const std::string* names = find(query, "X-Amz-SignedHeaders");
  const std::string* expires = find(query, "X-Amz-Expires");
  if (credential == nullptr || signature == nullptr || names == nullptr || expires == nullptr ||
      find(query, "X-Amz-Date") == nullptr) {
    return Error(kMissingFields);
  }
  if (credential->empty()) {
    return Error(kMissingCredential);
  }
  Authorization out;
  out.form = Authorization::Form::kV4Query;
  if (!parse_credential(*credential, out)) {
    return query_error(
        "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  }
  TARN_TRY(out.expires_in, parse_expires(*expires));
  // Neither can be of a signature that holds. A line break in the list would also end its line in
  // what is signed.
  if (!is_signature(*signature) || !all_are(*names, is_name_char)) {
    return Error(kSignatureDoesNotMatch);
  }
  out.signature = *signature;
  out.signed_headers = *names;
  return out;
}

Result<void> check_all_signed(const std::vector<std::string>& names, const http::Headers& headers) {
  const auto is_signed = [&](std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view signed_name) {
      return http::equals_ignore_case(signed_name, name);
    });
  };
  std::string missing = is_signed("host") ? "" : "host";
  for (const http::Headers::Field& field : headers) {
    const std::string name = ascii_lower(field.name);
    const bool must_be =
        name.starts_with("x-amz-") &&
        std::find(kMayBeUnsigned.begin(), kMayBeUnsigned.end(), name) == kMayBeUnsigned.end();
    if (must_be && !is_signed(name)) {
      missing.append(missing.empty() ? "" : ", ").append(name);
    }
  }
  if (!missing.empty()) {
    return Error::with_message(kHeadersNotSigned,
                               fmt::format("{}: {}", kHeadersNotSigned.text, missing));
  }
  return {};
}

Result<void> check_time(const Authorization& authorization, WallTime time, WallTime now) {
  if (!authorization.expires_in) {
    return detail::check_skew(time, now);
  }
  // A presigned URL is made to be used later: only the future is bounded by the skew.
  if (time > now + kClockSkewMax) {
    return Error(kRequestNotYetValid);
  }
  if (now > time + *authorization.expires_in) {
    return Error(kRequestExpired);
  }
  return {};
}

Result<WallTime> check_dates(const Authorization& authorization, std::string_view amz_date) {
  if (amz_date.empty()) {
    return Error(kMissingDate);
  }
  const Result<WallTime> time = parse_iso8601_basic(amz_date);
  if (!time) {
    return Error(kMalformedDate);
  }
  if (!parse_iso8601_basic(authorization.scope_date + "T000000Z")) {
    // The `%s` is what clients have always been sent.
    return query_error(
        "Error parsing the X-Amz-Credential parameter; incorrect date format \"%s\". This date in "
        "the credential must be in the format \"yyyyMMdd\".");
  }
  if (authorization.scope_date != amz_date.substr(0, 8)) {
    return Error(kAuthorizationHeaderMalformed);
  }
  return time;
}

Result<VerifiedSignature> verify_v4(const Authorization& authorization,
                                    const http::Request& request, const Secret& secret,
                                    WallTime now) {
  const http::Headers& headers = request.headers;
  const Result<http::QueryPairs> pairs = http::parse_query(request.query());
  const Result<std::string> path = detail::canonical_path_s3(request.path());
  const Result<std::string> query = detail::canonical_query(
      request.query(), authorization.is_presigned() ? "X-Amz-Signature" : "");
  if (!pairs || !path || !query) {
    return Error(kInvalidUri);
  }
  const std::string* query_date = find(*pairs, "X-Amz-Date");
  const std::string_view header_date = headers.find("x-amz-date").value_or(headers.get("Date"));
  std::string amz_date(query_date != nullptr ? std::string_view(*query_date) : header_date);
  TARN_TRY(const WallTime time, check_dates(authorization, amz_date));

  const std::vector<std::string> names = detail::split(authorization.signed_headers, ';');
  CanonicalRequest canonical{
      .method = request.method,
      .path = *path,
      .query = *query,
      .signed_headers = names,
      .payload_hash = headers.find("x-amz-content-sha256").value_or(kUnsignedPayload)};
  std::sort(canonical.signed_headers.begin(), canonical.signed_headers.end());
  const Scope scope{.date = authorization.scope_date,
                    .region = authorization.region,
                    .service = authorization.service};
  Secret key = detail::signing_key(secret, scope);
  const std::string expected = detail::v4_signature(
      key, amz_date, scope,
      detail::canonical_request(canonical, headers, authorization.signed_headers));
  if (!equal_constant_time(expected, authorization.signature)) {
    return Error(kSignatureDoesNotMatch);
  }
  TARN_CHECK_OK(check_all_signed(names, headers));
  TARN_CHECK_OK(check_time(authorization, time, now));
  return VerifiedSignature{.signing_key = std::move(key),
                           .amz_date = std::move(amz_date),
                           .scope = scope.text(),
                           .signature = expected};
}

}  // namespace

Result<Authorization> parse_authorization(const http::Request& request) {
  if (const auto field = request.headers.find("Authorization")) {
    std::optional<Authorization> found = parse_v4_header(*field);
    if (!found) {
      found = detail::parse_v2_header(*field);
    }
    if (!found) {
      return Error(kMissingFields);
    }
    return *std::move(found);
  }
  const Result<http::QueryPairs> query = http::parse_query(request.query());
  if (!query) {
    return Error(kInvalidUri);
  }
  if (const std::string* algorithm = find(*query, "X-Amz-Algorithm")) {
    return parse_v4_query(*query, *algorithm);
  }
  std::optional<Authorization> found = detail::parse_v2_query(*query);
  if (!found) {
    return Error(kMissingFields);
  }
  return *std::move(found);
}

Result<VerifiedSignature> verify(const Authorization& authorization, const http::Request& request,
                                 const Secret& secret, WallTime now, std::string_view host_bucket) {
  if (authorization.is_v4()) {
    return verify_v4(authorization, request, secret, now);
  }
  TARN_CHECK_OK(detail::verify_v2(authorization, request, secret, now, host_bucket));
  return VerifiedSignature{};
}

}  // namespace tarn::aws
