// What becomes of settings: seen in the requests that arrive at an imposter.
#include "block/s3/open.h"

#include "aws/testing/s3_bench.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tarn::block::s3 {
namespace {

using aws::testing::S3Bench;
using tarn::testing::run;

/// The region that a request of a driver with these settings is signed for.
std::string signed_region(S3Config config, Environment::Map variables) {
  S3Bench bench;
  BlockingPool pool("fs", 1, 10);
  variables.emplace("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
  variables.emplace("AWS_SECRET_ACCESS_KEY", "secret");
  const Environment environment(std::move(variables));
  config.endpoint = bench.s3.base_url();
  config.max_retries = 0;
  config.discover_bucket_region = false;
  const Result<std::unique_ptr<Adapter>> adapter =
      open(config, Services{pool, bench.clock, bench.rng, *bench.http, environment, bench.metrics});
  if (!adapter) {
    return adapter.error().message();
  }
  // Whatever it answers: the request has been signed.
  static_cast<void>(run((*adapter)->stat(Context(), Location{"bucket", "key"})));
  if (bench.s3.requests().empty()) {
    return "no request";
  }
  // AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/s3/aws4_request, …
  const std::string authorization(bench.s3.requests()[0].headers.get("authorization"));
  const std::size_t end = authorization.find("/s3/aws4_request");
  const std::size_t begin = authorization.rfind('/', end - 1) + 1;
  return end == std::string::npos ? authorization : authorization.substr(begin, end - begin);
}

TEST(OpenS3, TakesTheRegionFromTheEnvironmentUnlessItIsGiven) {
  S3Config given;
  given.region = "eu-south-2";
  EXPECT_EQ(signed_region(given, {{"AWS_REGION", "eu-west-1"}}), "eu-south-2");
  EXPECT_EQ(signed_region({}, {{"AWS_REGION", "eu-west-1"}}), "eu-west-1");
  EXPECT_EQ(signed_region({}, {{"AWS_DEFAULT_REGION", "eu-west-2"}}), "eu-west-2");
  EXPECT_EQ(signed_region({}, {}), "us-east-1");
}

TEST(OpenS3, TakesTheRegionOfItsProfile) {
  const tarn::testing::TempFolder folder;
  const std::string config_file = folder.path() / "config";
  std::ofstream(config_file)
      << "[profile lake]\nregion = eu-north-1\naws_access_key_id = AKIALAKE\n"
         "aws_secret_access_key = secret\n";
  S3Config config;
  config.profile = "lake";
  EXPECT_EQ(signed_region(config, {{"AWS_CONFIG_FILE", config_file}, {"HOME", folder.path()}}),
            "eu-north-1");
}

}  // namespace
}  // namespace tarn::block::s3
