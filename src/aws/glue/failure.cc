#include "aws/glue/failure.h"

#include "aws/errors.h"
#include "base/json.h"
#include "http/client.h"

#include <fmt/format.h>

namespace tarn::aws {
namespace {

struct CodeRow {
  std::string_view code;
  const ErrorId& id;
};

// https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
const CodeRow kCodes[] = {
    {"EntityNotFoundException", kNotFound},
    {"AlreadyExistsException", kAlreadyExists},
    {"ConcurrentModificationException", kConflict},
    {"ResourceNotReadyException", kConflict},
    {"VersionMismatchException", kConflict},
    {"AccessDeniedException", kAccessDenied},
    {"UnrecognizedClientException", kAccessDenied},
    {"InvalidClientTokenId", kAccessDenied},
    {"InvalidSignatureException", kAccessDenied},
    {"SignatureDoesNotMatch", kAccessDenied},
    {"IncompleteSignature", kAccessDenied},
    {"MissingAuthenticationToken", kAccessDenied},
    {"MissingAuthenticationTokenException", kAccessDenied},
    {"ExpiredTokenException", kAccessDenied},
    {"OptInRequired", kAccessDenied},
    {"ThrottlingException", kSlowDown},
    {"Throttling", kSlowDown},
    {"TooManyRequestsException", kSlowDown},
    {"RequestLimitExceeded", kSlowDown},
    {"ProvisionedThroughputExceededException", kSlowDown},
    {"InternalServiceException", kServiceFailed},
    {"InternalFailure", kServiceFailed},
    {"OperationTimeoutException", kServiceFailed},
    {"ServiceUnavailable", kServiceFailed},
    {"ServiceUnavailableException", kServiceFailed},
    {"FederationSourceRetryableException", kServiceFailed},
};

const ErrorId& id_of(const GlueFailure& failure) {
  for (const CodeRow& row : kCodes) {
    if (http::equals_ignore_case(row.code, failure.code)) {
      return row.id;
    }
  }
  switch (failure.status) {
    case 401:
    case 403:
      return kAccessDenied;
    case 404:
      return kNotFound;
    case 408:
      return kServiceFailed;
    case 429:
      return kSlowDown;
    case 502:
    case 504:
      return http::kConnectionLost;
    default:
      return failure.status >= 500 && failure.status != 501 ? kServiceFailed : kInvalidRequest;
  }
}

/// `<namespace>#<Name>:<URL>` without its surroundings. A URL may hold a `#` of its own.
std::string error_type(std::string_view type) {
  type = type.substr(0, type.find(':'));
  const std::size_t hash = type.find('#');
  return std::string(hash == std::string_view::npos ? type : type.substr(hash + 1));
}

std::string text_member(const Json& json, std::string_view name) {
  for (const Json::Member& member : json.members()) {
    const std::string* text = member.value.as_string();
    if (text != nullptr && http::equals_ignore_case(member.key, name)) {
      return *text;
    }
  }
  return "";
}

}  // namespace

GlueFailure read_glue_failure(unsigned status, const http::Headers& headers,
                              std::string_view body) {
  GlueFailure failure;
  failure.status = status;
  failure.request_id = headers.get("x-amzn-RequestId");
  failure.code = error_type(headers.get("X-Amzn-ErrorType"));
  const Result<Json> json = parse_json(body);
  if (json) {
    for (const std::string_view name : {"__type", "code"}) {
      if (failure.code.empty()) {
        failure.code = error_type(text_member(*json, name));
      }
    }
    failure.message = text_member(*json, "message");
  }
  if (failure.code.empty()) {
    failure.code = "UnknownError";
  }
  if (failure.message.empty() && !json) {
    failure.message = http::reason_phrase(status);
  }
  return failure;
}

Error to_error(const GlueFailure& failure, std::string_view operation) {
  return Error::with_message(
      id_of(failure),
      fmt::format("operation error Glue: {}, https response error StatusCode: {}, RequestID: {}, "
                  "{}: {}",
                  operation, failure.status, failure.request_id, failure.code, failure.message));
}

}  // namespace tarn::aws
