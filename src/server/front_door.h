#pragma once

#include "base/metrics.h"
#include "http/server.h"

#include <string>
#include <vector>

namespace tarn::server {

/// Sends each request to the protocol it speaks. Thread-safe.
class FrontDoor final : public http::Handler {
 public:
  struct Endpoints {
    http::Handler& rest;
    http::Handler& s3;
    const Metrics& metrics;
  };
  /// `s3_domains`: host names of the S3 gateway, without ports; they outlive the door.
  FrontDoor(Endpoints endpoints, const std::vector<std::string>& s3_domains,
            std::string installation_id)
      : endpoints_(endpoints),
        s3_domains_(s3_domains),
        health_text_("alive! " + std::move(installation_id)) {}

  Task<http::Response> handle(Context ctx, http::Request request) override;

 private:
  Endpoints endpoints_;
  const std::vector<std::string>& s3_domains_;
  const std::string health_text_;
};

}  // namespace tarn::server
