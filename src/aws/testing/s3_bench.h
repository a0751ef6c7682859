#pragma once

#include "aws/s3_client.h"
#include "aws/testing/s3_imposter.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "http/client.h"

#include <memory>

namespace tarn::aws::testing {

/// An S3Client in front of an S3Imposter, with short waits.
struct S3Bench {
  explicit S3Bench(S3Imposter::Options options = {}) : s3(std::move(options)) {}

  S3Config config() const {
    S3Config out;
    out.endpoint.base_url = s3.base_url();
    out.endpoint.custom = true;
    out.retry.tries_max = 4;
    out.retry.first_delay = std::chrono::milliseconds(1);
    return out;
  }
  Services services() { return Services{*http, clock, rng}; }
  std::unique_ptr<S3Client> client(const S3Config& with) {
    return std::make_unique<S3Client>(with, credentials, services(), &metrics);
  }
  std::unique_ptr<S3Client> client() { return client(config()); }

  S3Imposter s3;
  SystemClock clock;
  SeededRng rng{5};
  Metrics metrics;
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  std::shared_ptr<CredentialsProvider> credentials = static_credentials(S3Imposter::credentials());
};

}  // namespace tarn::aws::testing
