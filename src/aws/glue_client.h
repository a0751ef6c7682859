#pragma once

#include "aws/config.h"
#include "aws/errors.h"
#include "base/json.h"
#include "base/metrics.h"
#include "runtime/context.h"
#include "runtime/retry.h"
#include "runtime/task.h"

#include <chrono>
#include <memory>
#include <string>

namespace tarn::aws {

struct GlueConfig {
  Endpoint endpoint;
  std::string region = "us-east-1";
  RetryPolicy retry;
  std::chrono::milliseconds try_timeout{30000};
};

/// AWS Glue's Data Catalog over AWS JSON 1.1
/// (https://docs.aws.amazon.com/glue/latest/webapi/WebAPI_Welcome.html). Thread-safe.
class GlueClient {
 public:
  /// `metrics` may be null.
  GlueClient(GlueConfig config, std::shared_ptr<CredentialsProvider> credentials, Services services,
             Metrics* metrics = nullptr);
  ~GlueClient();
  GlueClient(const GlueClient&) = delete;
  GlueClient& operator=(const GlueClient&) = delete;

  /// Calls `operation` (`CreateTable`, `GetTable`, `BatchCreatePartition`, …) with a JSON object
  /// and gives the answer's. Throttling, server failures and lost connections are retried; so a
  /// `Create…` may find what a try without an answer has made (kAlreadyExists), and a `Delete…`
  /// nothing any more (kNotFound). The error of a refused
  /// call has the message `operation error Glue: <operation>, https response error StatusCode:
  /// <n>, RequestID: <id>, <Code>: <text>`. Errors: kNotFound (EntityNotFoundException),
  /// kAlreadyExists, kConflict, kInvalidRequest, kAccessDenied, kNoCredentials, kSlowDown,
  /// kServiceFailed, kUnknownOutcome (of calls that are no Get, List or Search), kTimeout,
  /// kCancelled.
  Task<Result<Json>> call(Context ctx, std::string operation, Json input);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::aws
