#pragma once

#include "base/metrics.h"
#include "endpoints/rest/services.h"
#include "http/server.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::endpoints::rest {

/// The path below which everything is the REST API.
inline constexpr std::string_view kBasePath = "/api/v1";

/// Answers `/api/v1/…`: match, bind, authenticate, call the handler, encode. Thread-safe.
class Endpoint final : public http::Handler {
 public:
  /// `metrics` outlives the endpoint.
  Endpoint(Services services, Metrics& metrics);
  Task<http::Response> handle(Context ctx, http::Request request) override;

 private:
  Task<http::Response> answer(Context ctx, http::Request request, std::size_t& operation);

  Services services_;
  /// Seconds by operation; the last for requests that match none.
  std::vector<Histogram> durations_;
  /// By hundreds of the status.
  std::array<Counter, 6> responses_;
};

}  // namespace tarn::endpoints::rest
