#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "http/message.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The server's side of AWS's signatures: Version 4 in a header and in the query of a presigned
/// URL, and Version 2 for old clients. Use:
///
///     parse_authorization(request)  ->  secret of authorization.access_key_id
///     verify(authorization, request, secret, now)  ->  decode_payload (aws/payload.h)
///
/// The text of each error is the message S3 gives with the code named beside it.
namespace tarn::aws {

/// MissingFields, 400: no signature, or one in no form that we know.
inline constexpr ErrorId kMissingFields{ErrorKind::kInvalid, "Missing fields in request."};
/// AccessDenied, but 400: a Version 4 signature without a date.
inline constexpr ErrorId kMissingDate{
    ErrorKind::kInvalid, "AWS authentication requires a valid Date or x-amz-date header"};
/// MalformedDate, 400.
inline constexpr ErrorId kMalformedDate{ErrorKind::kInvalid,
                                        "Invalid date format header, expected to be in ISO8601, "
                                        "RFC1123 or RFC1123Z time format."};
/// AuthorizationHeaderMalformed, 400: the day of the credential is not the day of the request.
inline constexpr ErrorId kAuthorizationHeaderMalformed{
    ErrorKind::kInvalid,
    "The authorization header is malformed; Invalid credential date. Date is not the same as "
    "X-Amz-Date."};
/// AuthorizationQueryParametersError, 400; each has its own message.
inline constexpr ErrorId kAuthorizationQueryParameters{
    ErrorKind::kInvalid, "Error parsing the authorization query parameters."};
/// InvalidRequest, 400: a presigned URL with an empty credential.
inline constexpr ErrorId kMissingCredential{ErrorKind::kInvalid,
                                            "Missing Credential field for this request."};
/// InvalidURI, 400: an escape in path or query that cannot be decoded.
inline constexpr ErrorId kInvalidUri{ErrorKind::kInvalid, "Couldn't parse the specified URI."};
/// SignatureDoesNotMatch, 403; also for a chunk of a signed body.
inline constexpr ErrorId kSignatureDoesNotMatch{
    ErrorKind::kForbidden,
    "The request signature we calculated does not match the signature you provided. Check your key "
    "and signing method."};
/// AccessDenied, 403: Host or an x-amz- header is not covered by the signature.
inline constexpr ErrorId kHeadersNotSigned{
    ErrorKind::kForbidden, "There were headers present in the request which were not signed"};
/// RequestTimeTooSkewed, 403.
inline constexpr ErrorId kRequestTimeTooSkewed{
    ErrorKind::kForbidden,
    "The difference between the request time and the server's time is too large."};
/// AccessDenied, 403.
inline constexpr ErrorId kRequestNotYetValid{ErrorKind::kForbidden, "Request is not valid yet"};
/// AccessDenied, 403: a presigned URL after its end.
inline constexpr ErrorId kRequestExpired{ErrorKind::kForbidden, "Request has expired"};

/// How far a client's clock may be off, in either direction.
inline constexpr std::chrono::minutes kClockSkewMax{15};
/// The longest life of a presigned URL.
inline constexpr std::chrono::seconds kPresignExpiresMax{7 * 24 * 60 * 60};

/// The signature that came with a request; nothing of it is proven yet.
struct Authorization {
  enum class Form : std::uint8_t {
    kV4Header,
    kV4Query,
    kV2Header,
    /// S3's presigned URLs of Version 2: AWSAccessKeyId, Signature, Expires.
    kV2Query,
    /// The query form of other AWS services, which old Java clients use.
    kJavaV2Query,
  };
  Form form = Form::kV4Header;
  std::string access_key_id;
  /// As sent: lower-case hex (Version 4) or base64 (Version 2).
  std::string signature;

  // Version 4 only.
  /// `YYYYMMDD`, or what stands in its place.
  std::string scope_date;
  std::string region;
  std::string service;
  /// As sent, joined with `;`.
  std::string signed_headers;
  /// Presigned URLs only.
  std::optional<std::chrono::seconds> expires_in;

  bool is_v4() const { return form == Form::kV4Header || form == Form::kV4Query; }
  bool is_presigned() const { return form == Form::kV4Query || form == Form::kV2Query; }
};

/// Errors: kMissingFields, kAuthorizationQueryParameters, kMissingCredential, kInvalidUri.
Result<Authorization> parse_authorization(const http::Request& request);

/// A signature that held, as far as a body signed in chunks continues from it (aws/payload.h).
/// All empty for Version 2.
struct VerifiedSignature {
  Secret signing_key;
  /// `20261123T030122Z`.
  std::string amz_date;
  /// `20261123/us-east-1/s3/aws4_request`.
  std::string scope;
  /// Lower-case hex.
  std::string signature;
};

/// Checks that `authorization`, parsed from this very request, was made with `secret`, and that it
/// holds at `now`; compares in constant time. A presigned URL holds until it expires, all else for
/// kClockSkewMax. `host_bucket` is the bucket in the host name (virtual-host style), or empty: the
/// resource of Version 2 has it.
/// Errors: kMissingFields (Version 2 without a date), kMissingDate, kMalformedDate,
/// kAuthorizationQueryParameters, kAuthorizationHeaderMalformed, kInvalidUri,
/// kSignatureDoesNotMatch, kHeadersNotSigned, kRequestTimeTooSkewed, kRequestNotYetValid,
/// kRequestExpired.
Result<VerifiedSignature> verify(const Authorization& authorization, const http::Request& request,
                                 const Secret& secret, WallTime now,
                                 std::string_view host_bucket = {});

}  // namespace tarn::aws
