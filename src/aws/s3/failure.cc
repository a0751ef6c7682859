#include "aws/s3/failure.h"

#include "aws/errors.h"
#include "aws/xml.h"
#include "http/client.h"

#include <fmt/format.h>

namespace tarn::aws {
namespace {

struct CodeRow {
  std::string_view code;
  const ErrorId& id;
};

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const CodeRow kCodes[] = {
    {"NoSuchKey", kNotFound},
    {"NoSuchVersion", kNotFound},
    {"NoSuchBucket", kNoSuchBucket},
    {"NoSuchUpload", kNoSuchUpload},
    {"BucketAlreadyExists", kAlreadyExists},
    {"BucketAlreadyOwnedByYou", kAlreadyExists},
    {"PreconditionFailed", kPreconditionFailed},
    {"ConditionalRequestConflict", kConflict},
    {"OperationAborted", kConflict},
    {"InvalidRange", kInvalidRange},
    {"InvalidPart", kInvalidPart},
    {"InvalidPartOrder", kInvalidPart},
    {"EntityTooSmall", kInvalidPart},
    {"AccessDenied", kAccessDenied},
    {"AllAccessDisabled", kAccessDenied},
    {"InvalidAccessKeyId", kAccessDenied},
    {"SignatureDoesNotMatch", kAccessDenied},
    {"ExpiredToken", kAccessDenied},
    {"InvalidToken", kAccessDenied},
    {"RequestTimeTooSkewed", kAccessDenied},
    {"SlowDown", kSlowDown},
    {"Throttling", kSlowDown},
    {"ThrottlingException", kSlowDown},
    {"RequestLimitExceeded", kSlowDown},
    {"BandwidthLimitExceeded", kSlowDown},
    {"TooManyRequests", kSlowDown},
    {"InternalError", kServiceFailed},
    {"ServiceUnavailable", kServiceFailed},
    // With status 400: the connection was too slow for the service, which has dropped the request.
    {"RequestTimeout", kServiceFailed},
};

struct StatusRow {
  unsigned status;
  std::string_view code;
  const ErrorId& id;
};

/// For HEAD, whose errors have no body, and for proxies.
const StatusRow kStatuses[] = {
    {301, "PermanentRedirect", kInvalidRequest},
    {307, "TemporaryRedirect", kServiceFailed},
    {400, "BadRequest", kInvalidRequest},
    {401, "Unauthorized", kAccessDenied},
    {403, "Forbidden", kAccessDenied},
    {404, "NotFound", kNotFound},
    {408, "RequestTimeout", kServiceFailed},
    {409, "Conflict", kConflict},
    {412, "PreconditionFailed", kPreconditionFailed},
    {416, "InvalidRange", kInvalidRange},
    {429, "TooManyRequests", kSlowDown},
    {500, "InternalError", kServiceFailed},
    {502, "BadGateway", http::kConnectionLost},
    {503, "SlowDown", kSlowDown},
    {504, "GatewayTimeout", http::kConnectionLost},
};

const ErrorId& id_of(const S3Failure& failure) {
  for (const CodeRow& row : kCodes) {
    if (row.code == failure.code) {
      return row.id;
    }
  }
  for (const StatusRow& row : kStatuses) {
    if (row.status == failure.status) {
      return row.id;
    }
  }
  return failure.status >= 500 && failure.status != 501 ? kServiceFailed : kInvalidRequest;
}

}  // namespace

S3Failure read_failure(unsigned status, const http::Headers& headers, std::string_view body) {
  S3Failure failure;
  failure.status = status;
  failure.region = headers.get("x-amz-bucket-region");
  const Result<XmlDocument> document = parse_xml(body);
  if (document) {
    XmlElement error = document->root();
    if (error.name() == "ErrorResponse") {  // other services' envelope, which some stores use
      error = error.child("Error");
    }
    failure.code = error.child_text("Code");
    failure.message = error.child_text("Message");
    if (failure.region.empty()) {
      failure.region = error.child_text("Region");
    }
  }
  if (failure.code.empty()) {
    failure.code = fmt::format("HTTP{}", status);
    for (const StatusRow& row : kStatuses) {
      if (row.status == status) {
        failure.code = row.code;
      }
    }
  }
  if (failure.message.empty()) {
    failure.message = fmt::format("status {} {}", status, http::reason_phrase(status));
  }
  return failure;
}

Error to_error(const S3Failure& failure) {
  return Error::with_message(id_of(failure), failure.code + ": " + failure.message);
}

}  // namespace tarn::aws
