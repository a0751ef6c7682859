#pragma once

#include "aws/sigv4_verify.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "http/message.h"

#include <optional>
#include <string_view>

/// Signature Version 2
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html), which old clients
/// still make. S3's own form signs
///
///     method \n Content-MD5 \n Content-Type \n Date \n (x-amz-name:value \n)* resource
///
/// with HMAC-SHA1; `Date` is empty where x-amz-date is sent (some clients repeat the Date header
/// even then, and are let in), and the decimal Expires in a presigned URL. The resource is the path
/// as sent, behind `/bucket` for virtual hosts, and then `?` and the known sub-resources, sorted.
///
/// The query form of AWS's other services signs with HMAC-SHA256
///
///     POST \n host \n path \n all parameters but Signature, form-encoded and sorted by name
namespace tarn::aws::detail {

/// `AWS <access key>:<base64>`; nothing for any other text.
std::optional<Authorization> parse_v2_header(std::string_view field);
/// Either query form; nothing if the parameters are of neither.
std::optional<Authorization> parse_v2_query(const http::QueryPairs& query);

/// Errors: kMissingFields without a date, kMalformedDate, kInvalidUri, kSignatureDoesNotMatch,
/// kRequestTimeTooSkewed, kRequestNotYetValid, kRequestExpired.
Result<void> verify_v2(const Authorization& authorization, const http::Request& request,
                       const Secret& secret, WallTime now, std::string_view host_bucket);

/// Errors kRequestTimeTooSkewed, kRequestNotYetValid.
Result<void> check_skew(WallTime time, WallTime now);

}  // namespace tarn::aws::detail
