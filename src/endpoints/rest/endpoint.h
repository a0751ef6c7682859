#pragma once

#include "endpoints/rest/services.h"
#include "http/server.h"

#include <string>
#include <string_view>

namespace tarn::endpoints::rest {

/// The path below which everything is the REST API.
inline constexpr std::string_view kBasePath = "/api/v1";

/// Answers `/api/v1/…`: match, bind, authenticate, call the handler, encode. Thread-safe.
class Endpoint final : public http::Handler {
 public:
  explicit Endpoint(Services services) : services_(services) {}
  Task<http::Response> handle(Context ctx, http::Request request) override;

 private:
  Services services_;
};

}  // namespace tarn::endpoints::rest
