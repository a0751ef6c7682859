#include "aws/config.h"

#include "runtime/testing/temp_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tarn::aws {
namespace {

std::string endpoint(Environment::Map variables, std::string_view service, std::string_view region,
                     std::string_view explicit_endpoint = "") {
  const Result<Endpoint> got =
      resolve_endpoint(Environment(std::move(variables)), service, region, explicit_endpoint);
  return got ? got->base_url + (got->custom ? " custom" : "") : "error: " + got.error().message();
}

TEST(ResolveEndpoint, IsAwsOwnByRegion) {
  EXPECT_EQ(endpoint({}, "s3", "us-east-1"), "https://s3.us-east-1.amazonaws.com");
  EXPECT_EQ(endpoint({}, "glue", "eu-central-1"), "https://glue.eu-central-1.amazonaws.com");
  EXPECT_EQ(endpoint({}, "sts", "cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(endpoint({}, "s3", "us-gov-west-1"), "https://s3.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(endpoint({}, "s3", "evil/x"), "error: \"evil/x\" is not an AWS region");
}

TEST(ResolveEndpoint, TheNearestWordCounts) {
  const Environment::Map both = {{"AWS_ENDPOINT_URL", "http://all:1"},
                                 {"AWS_ENDPOINT_URL_S3", "http://s3:2/"},
                                 {"AWS_ENDPOINT_URL_GLUE", ""}};
  EXPECT_EQ(endpoint(both, "s3", "r"), "http://s3:2 custom");
  EXPECT_EQ(endpoint(both, "glue", "r"), "http://all:1 custom");
  EXPECT_EQ(endpoint(both, "s3", "r", "HTTPS://me"), "https://me custom");
  Environment::Map ignored = both;
  ignored["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "True";
  EXPECT_EQ(endpoint(ignored, "s3", "r"), "https://s3.r.amazonaws.com");
  EXPECT_EQ(endpoint(ignored, "s3", "r", "http://me"), "http://me custom");
}

TEST(ResolveEndpoint, RefusesWhatIsNoOrigin) {
  EXPECT_EQ(endpoint({}, "s3", "r", "http://[::1]:9000"), "http://[::1]:9000 custom");
  for (const char* bad :
       {"localhost:9000", "ftp://h", "http://", "http://h/path", "http://h:0", "http://h:99999",
        "http://h:x", "http://u:p@h", "http://h?x", "http://[::1", "http://a b", "://h"}) {
    EXPECT_EQ(endpoint({}, "s3", "r", bad),
              "error: endpoint of s3: \"" + std::string(bad) + "\" is not http(s)://host[:port]");
  }
  EXPECT_EQ(endpoint({{"AWS_ENDPOINT_URL_S3", "nowhere"}}, "s3", "r"),
            "error: AWS_ENDPOINT_URL_S3: \"nowhere\" is not http(s)://host[:port]");
}

TEST(ResolveRegion, TheNearestWordCounts) {
  const tarn::testing::TempFolder folder;
  const std::string file = folder.path() / "config";
  std::ofstream(file) << "[default]\nregion = from-default\n[profile p]\nregion = from-p\n";
  Environment::Map variables = {{"AWS_CONFIG_FILE", file}, {"HOME", folder.path()}};
  const auto region = [&](std::string_view given = "") {
    return resolve_region(Environment(variables), given);
  };
  EXPECT_EQ(region(), "from-default");
  variables["AWS_PROFILE"] = "p";
  EXPECT_EQ(region(), "from-p");
  EXPECT_EQ(resolve_region(Environment(variables), "", {.profile = "default"}), "from-default")
      << "a profile that is named wins over the variable";
  variables["AWS_PROFILE"] = "missing";
  EXPECT_EQ(region(), "us-east-1");
  variables["AWS_DEFAULT_REGION"] = "from-old-variable";
  EXPECT_EQ(region(), "from-old-variable");
  variables["AWS_REGION"] = "from-variable";
  EXPECT_EQ(region(), "from-variable");
  EXPECT_EQ(region("mine"), "mine");
  EXPECT_EQ(resolve_region(Environment(), ""), "us-east-1");
}

}  // namespace
}  // namespace tarn::aws
