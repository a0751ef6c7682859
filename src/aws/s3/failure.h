#pragma once

#include "base/error.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace tarn::aws {

/// What S3 said when it refused.
struct S3Failure {
  unsigned status = 0;
  std::string code;
  std::string message;
  /// Where the bucket is, when S3 told.
  std::string region;
};

/// From an answer's status, headers and body (empty for HEAD, or no XML at all). Where the body
/// names no code, the status does.
S3Failure read_failure(unsigned status, const http::Headers& headers, std::string_view body);

/// An id of aws/errors.h with the message `<Code>: <text>`. http::kConnectionLost where a proxy
/// between us and the service lost the answer.
Error to_error(const S3Failure& failure);

}  // namespace tarn::aws
