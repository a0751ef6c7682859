#pragma once

#include "base/metrics.h"
#include "http/server.h"

#include <string>

namespace tarn::server {

/// Sends each request to the protocol it speaks. Thread-safe.
class FrontDoor final : public http::Handler {
 public:
  struct Endpoints {
    http::Handler& rest;
    const Metrics& metrics;
  };
  FrontDoor(Endpoints endpoints, std::string installation_id)
      : endpoints_(endpoints), health_text_("alive! " + std::move(installation_id)) {}

  Task<http::Response> handle(Context ctx, http::Request request) override;

 private:
  Endpoints endpoints_;
  const std::string health_text_;
};

}  // namespace tarn::server
