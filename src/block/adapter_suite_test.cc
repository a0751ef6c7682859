// Binds the driver suite to the drivers. S3 runs against the imposter, and, where the variables
// TARN_TEST_S3_… name one, against a store that speaks S3 (tests/e2e/test_s3_driver.py).
#include "block/testing/adapter_suite.h"

#include "aws/testing/s3_bench.h"
#include "base/encoding.h"
#include "block/local/open.h"
#include "block/mem/open.h"
#include "block/s3/adapter.h"
#include "block/testing/prefixed_adapter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace tarn::block::testing {
namespace {

struct MemSupport {
  SystemClock clock;
  SeededRng rng{7};
};

Subject mem_subject() {
  auto support = std::make_shared<MemSupport>();
  Subject subject;
  subject.adapter = mem::make_adapter(support->clock, support->rng);
  subject.support = std::move(support);
  return subject;
}

struct LocalSupport {
  SystemRng rng;
  BlockingPool pool{"fs", 4, 1000};
  std::string root =
      (std::filesystem::temp_directory_path() / ("tarn-block-" + hex_encode(rng.bytes(8))))
          .string();
  ~LocalSupport() { std::filesystem::remove_all(root); }
};

Subject local_subject() {
  auto support = std::make_shared<LocalSupport>();
  auto files = local::open_file_system(support->root + "/deeper/root");
  EXPECT_TRUE(files) << files.error().message();
  auto adapter = local::make_adapter(*std::move(files), support->pool, support->rng);
  EXPECT_TRUE(adapter) << adapter.error().message();
  Subject subject;
  subject.adapter = *std::move(adapter);
  subject.support = std::move(support);
  subject.keys_may_nest = false;
  subject.keeps_attributes = false;
  return subject;
}

Subject s3_subject() {
  auto support = std::make_shared<aws::testing::S3Bench>();
  Subject subject;
  subject.adapter = s3::make_adapter({}, support->client(), nullptr, support->clock);
  subject.support = std::move(support);
  return subject;
}

std::string driver_name(const ::testing::TestParamInfo<SubjectFactory>& info) {
  constexpr const char* kNames[] = {"Mem", "Local", "S3"};
  return kNames[info.index];
}

INSTANTIATE_TEST_SUITE_P(Drivers, AdapterSuite,
                         ::testing::Values(SubjectFactory(mem_subject),
                                           SubjectFactory(local_subject),
                                           SubjectFactory(s3_subject)),
                         driver_name);

std::string variable(const char* name, const char* fallback) {
  const char* value = std::getenv(name);  // tidy: environment how a test is told of a store
  return value == nullptr ? fallback : value;
}

struct RemoteSupport {
  SystemClock clock;
  SystemRng rng;
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
};

/// Each test has a prefix of its own in TARN_TEST_S3_BUCKET, below TARN_TEST_S3_PREFIX (the gateway
/// wants a branch there). TARN_TEST_S3_LACKS lists what the store cannot do.
Subject remote_subject() {
  auto support = std::make_shared<RemoteSupport>();
  aws::S3Config config;
  config.endpoint.base_url = variable("TARN_TEST_S3_ENDPOINT", "");
  config.endpoint.custom = true;
  config.region = variable("TARN_TEST_S3_REGION", "us-east-1");
  aws::Credentials keys;
  keys.access_key_id = variable("TARN_TEST_S3_ACCESS_KEY_ID", "");
  keys.secret_access_key = Secret(variable("TARN_TEST_S3_SECRET_ACCESS_KEY", ""));
  const aws::Services services{*support->http, support->clock, support->rng};
  auto client = std::make_unique<aws::S3Client>(std::move(config),
                                                aws::static_credentials(std::move(keys)), services);
  Subject subject;
  subject.adapter = prefixed_adapter(
      s3::make_adapter({}, std::move(client), nullptr, support->clock),
      variable("TARN_TEST_S3_BUCKET", "bucket"),
      variable("TARN_TEST_S3_PREFIX", "") + hex_encode(support->rng.bytes(8)) + "/");
  subject.support = std::move(support);
  const std::string lacks = variable("TARN_TEST_S3_LACKS", "");
  subject.keys_may_hold_newlines = lacks.find("newline-keys") == std::string::npos;
  subject.completes_once = lacks.find("single-completion") == std::string::npos;
  subject.tells_unknown_uploads = lacks.find("unknown-uploads") == std::string::npos;
  return subject;
}

std::vector<SubjectFactory> remote_subjects() {
  std::vector<SubjectFactory> out;
  if (!variable("TARN_TEST_S3_ENDPOINT", "").empty()) {
    out.emplace_back(remote_subject);
  }
  return out;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AdapterSuite);
INSTANTIATE_TEST_SUITE_P(Remote, AdapterSuite, ::testing::ValuesIn(remote_subjects()));

}  // namespace
}  // namespace tarn::block::testing
