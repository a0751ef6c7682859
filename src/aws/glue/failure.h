#pragma once

#include "base/error.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace tarn::aws {

/// An error answer of AWS JSON 1.1
/// (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization).
struct GlueFailure {
  unsigned status = 0;
  /// E.g. `EntityNotFoundException`: header X-Amzn-ErrorType, else `__type`, else `code` of the
  /// body, without namespace and URL; `UnknownError` where none is there.
  std::string code;
  std::string message;
  std::string request_id;
};

GlueFailure read_glue_failure(unsigned status, const http::Headers& headers, std::string_view body);

/// As GlueClient::call promises it. http::kConnectionLost where a proxy lost the answer.
Error to_error(const GlueFailure& failure, std::string_view operation);

}  // namespace tarn::aws
