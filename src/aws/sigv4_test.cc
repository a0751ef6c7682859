// The published examples of S3's documentation and those of our own facts; the comparison with
// botocore is in botocore_test.cc.
#include "aws/sigv4.h"

#include "aws/testing/examples.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::aws {
namespace {

using namespace std::chrono_literals;

using testing::example_keys;
using testing::example_scope;
using testing::example_time;

const std::string_view kEmpty = testing::kEmptyHash;
constexpr const char* kBucketHost = testing::kExampleHost;

http::Request request(std::string method, std::string target, std::string host) {
  return testing::make_request(std::move(method), std::move(target), std::move(host));
}

std::string signature_of(const http::Request& signed_request) {
  const std::string_view field = signed_request.headers.get("Authorization");
  return std::string(field.substr(field.size() - 64));
}

std::string sign_example(http::Request what, std::string_view hash = kEmpty) {
  sign(what, example_keys(), example_scope(), example_time(), hash);
  return signature_of(what);
}

TEST(Sign, GivesThePublishedSignatureOfARangeRead) {
  http::Request what = request("GET", "/test.txt", kBucketHost);
  what.headers.add("Range", "bytes=0-9");
  sign(what, example_keys(), example_scope(), example_time(), kEmpty);
  EXPECT_EQ(what.headers.get("Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(what.headers.get("X-Amz-Date"), "20130524T000000Z");
  EXPECT_EQ(what.headers.get("X-Amz-Content-Sha256"), kEmpty);
}

TEST(Sign, GivesThePublishedSignatureOfAPut) {
  http::Request what = request("PUT", "/test$file.text", kBucketHost);
  what.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  what.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  EXPECT_EQ(sign_example(std::move(what),
                         "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(Sign, GivesThePublishedSignaturesOfQueries) {
  EXPECT_EQ(sign_example(request("GET", "/?lifecycle", kBucketHost)),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(sign_example(request("GET", "/?prefix=J&max-keys=2", kBucketHost)),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  EXPECT_EQ(sign_example(request("GET", "/repo1?list-type=2&prefix=main/a%20b%2B&delimiter=%2F",
                                 "s3.tarn.test")),
            "c0e9e97f14c1a9207d11a172e4f95c485bd3224830a82f2f5a3380687a947aba");
}

TEST(Sign, SortsQueriesByNameBeforeValue) {
  EXPECT_EQ(sign_example(request("POST", "/repo1/main/x?select-type=2&select", "s3.tarn.test")),
            "42da8f943c7f1b7b9a5ffc6f5fd2ece76653dbda538740f04b998ae00d9c843b");
}

TEST(Sign, EncodesAnS3PathOnceHoweverItCame) {
  const std::string_view expected =
      "bb5be8de9f1f8f82735307e2efdf807c3280152f9bc4ebac9a37ec8bd6906220";
  EXPECT_EQ(sign_example(
                request("GET", "/repo1/main/%C3%A9%20%2B%26~%2A%27%28%29%21.txt", "s3.tarn.test")),
            expected);
  EXPECT_EQ(sign_example(request("GET", "/repo1/main/%c3%a9%20+&~*'()!.txt", "s3.tarn.test")),
            expected);
}

TEST(Sign, SigningAgainReplacesTheFirstSignature) {
  http::Request what = request("GET", "/test.txt", kBucketHost);
  what.headers.add("Range", "bytes=0-9");
  Credentials temporary = example_keys();
  temporary.session_token = Secret("token");
  sign(what, temporary, example_scope(), example_time() + 5s, kUnsignedPayload);
  EXPECT_EQ(what.headers.get("X-Amz-Security-Token"), "token");
  EXPECT_NE(what.headers.get("Authorization").find("x-amz-security-token"), std::string::npos);
  EXPECT_EQ(sign_example(std::move(what)),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Sign, LeavesOutWhatProxiesChange) {
  http::Request what = request("GET", "/test.txt", kBucketHost);
  what.headers.add("Range", "bytes=0-9");
  what.headers.add("User-Agent", "tarn");
  what.headers.add("Connection", "keep-alive");
  what.headers.add("Expect", "100-continue");
  EXPECT_EQ(sign_example(std::move(what)),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Sign, OtherServicesGetNoPayloadHeader) {
  http::Request what = request("POST", "/", "glue.us-east-1.amazonaws.com");
  sign(what, example_keys(), {.region = "us-east-1", .service = "glue"}, example_time(), kEmpty);
  EXPECT_FALSE(what.headers.contains("X-Amz-Content-Sha256"));
  EXPECT_NE(what.headers.get("Authorization").find("/us-east-1/glue/aws4_request"),
            std::string::npos);
}

TEST(Presign, GivesThePublishedUrl) {
  EXPECT_EQ(presign("GET", kBucketHost, "/test.txt", example_keys(), example_scope(),
                    example_time(), 24h),
            "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE"
            "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
            "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(StaticCredentials, GivesWhatItWasGiven) {
  const auto provider = static_credentials(example_keys());
  const Result<CredentialsPtr> got = tarn::testing::run(provider->credentials({}));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ((*got)->access_key_id, "AKIAIOSFODNN7EXAMPLE");
}

}  // namespace
}  // namespace tarn::aws
