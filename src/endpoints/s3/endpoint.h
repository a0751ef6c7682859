#pragma once

#include "base/metrics.h"
#include "endpoints/s3/operation.h"
#include "endpoints/s3/services.h"
#include "http/server.h"

#include <array>

namespace tarn::endpoints::s3 {

/// Answers the S3 protocol: who asks, which repository, may they, the operation, framing.
/// Thread-safe.
class Endpoint final : public http::Handler {
 public:
  /// `metrics` outlives the endpoint.
  Endpoint(Services services, Metrics& metrics);
  Task<http::Response> handle(Context ctx, http::Request request) override;

 private:
  Task<http::Response> answer(Context ctx, http::Request request, Operation* operation);
  void count(Operation operation, unsigned status, double seconds);

  Services services_;
  Metrics& metrics_;
  std::array<Histogram, kOperationCount> durations_;
  /// By hundreds of the status.
  std::array<Counter, 6> responses_;
};

}  // namespace tarn::endpoints::s3
