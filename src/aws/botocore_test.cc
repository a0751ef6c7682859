// Goal: we sign like botocore and take what botocore signs and sends.
// Method: the requests of tools/botocore_vectors.py, whose odd keys, queries and headers are the
// point; tests/compat checks that the file is what the installed botocore gives.
#include "aws/payload.h"
#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/time_text.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tarn::aws {
namespace {

struct Vector {
  bool is_query = false;
  SigningScope scope;
  Credentials credentials;
  WallTime time;
  std::string method;
  std::string target;
  http::Headers headers;
  std::string payload_hash;
  std::chrono::seconds expires_in{0};
  bool signs_headers = false;
  std::string expected;
};

Json load_json(const std::string& name) {
  const std::ifstream file(TARN_TEST_DATA "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  const Result<Json> json = parse_json(text.str());
  EXPECT_TRUE(json.has_value()) << name;
  return json.value_or(Json());
}

std::vector<Vector> load() {
  const Json json = load_json("botocore_vectors.json");
  std::vector<Vector> vectors;
  for (const Json& item : json.items()) {
    const auto word = [&](const char* key) { return item.string_or(key, ""); };
    Vector vector{.is_query = word("kind") == "query",
                  .scope = {.region = word("region"), .service = word("service")},
                  .credentials = {.access_key_id = word("access_key"),
                                  .secret_access_key = Secret(word("secret")),
                                  .session_token = Secret(word("token"))},
                  .time = parse_iso8601_basic(word("time")).value(),
                  .method = word("method"),
                  .target = word("target"),
                  .headers = {},
                  .payload_hash = word("payload_hash"),
                  .expires_in = std::chrono::seconds(item.int_or("expires_s", 0)),
                  .signs_headers = item.bool_or("signs_headers", false),
                  .expected = word("expected")};
    for (const Json& field : item.find("headers")->items()) {
      vector.headers.add(*field.items()[0].as_string(), *field.items()[1].as_string());
    }
    vectors.push_back(std::move(vector));
  }
  EXPECT_GE(vectors.size(), 300U);
  return vectors;
}

http::Request request_of(const Vector& vector) {
  http::Request request;
  request.method = vector.method;
  request.target = vector.target;
  request.headers = vector.headers;
  return request;
}

/// The request as a server gets it.
http::Request sent(const Vector& vector) {
  http::Request request = request_of(vector);
  if (vector.is_query) {
    request.target = vector.expected;
    return request;
  }
  request.headers.set("X-Amz-Date", format_iso8601_basic(vector.time));
  request.headers.set("X-Amz-Content-Sha256", vector.payload_hash);
  if (!vector.credentials.session_token.empty()) {
    request.headers.set("X-Amz-Security-Token", vector.credentials.session_token.reveal());
  }
  request.headers.set("Authorization", vector.expected);
  return request;
}

TEST(Botocore, WeSignAlike) {
  for (const Vector& vector : load()) {
    if (vector.is_query) {
      continue;
    }
    http::Request request = request_of(vector);
    sign(request, vector.credentials, vector.scope, vector.time, vector.payload_hash);
    EXPECT_EQ(request.headers.get("Authorization"), vector.expected)
        << vector.method << " " << vector.target;
  }
}

TEST(Botocore, WePresignAlike) {
  std::size_t compared = 0;
  for (const Vector& vector : load()) {
    if (!vector.is_query || vector.signs_headers) {
      continue;
    }
    EXPECT_EQ(presign(vector.method, vector.headers.get("Host"), vector.target, vector.credentials,
                      vector.scope, vector.time, vector.expires_in),
              vector.expected);
    ++compared;
  }
  EXPECT_GE(compared, 80U);
}

TEST(Botocore, ItsRequestsVerify) {
  std::size_t verified = 0;
  for (const Vector& vector : load()) {
    if (vector.scope.service != "s3") {
      continue;
    }
    const http::Request request = sent(vector);
    const Result<Authorization> parsed = parse_authorization(request);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message() << ": " << vector.expected;
    EXPECT_EQ(parsed->access_key_id, vector.credentials.access_key_id);
    EXPECT_EQ(parsed->region, vector.scope.region);
    EXPECT_EQ(parsed->is_presigned(), vector.is_query);
    const WallTime end = vector.time + vector.expires_in;
    const Result<VerifiedSignature> outcome =
        verify(*parsed, request, vector.credentials.secret_access_key, end);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message() << ": " << vector.expected;
    const Result<VerifiedSignature> with_other_key = verify(*parsed, request, Secret("other"), end);
    ASSERT_FALSE(with_other_key.has_value());
    EXPECT_TRUE(with_other_key.error().is(kSignatureDoesNotMatch));
    ++verified;
  }
  EXPECT_GE(verified, 250U);
}

Task<Result<Bytes>> decode(http::Headers headers, Bytes body) {
  TARN_CO_TRY(const std::unique_ptr<ByteSource> source,
              decode_payload({}, headers, memory_source(std::move(body))));
  Context ctx;
  co_return co_await read_all(ctx, *source, kMiB);
}

TEST(Botocore, ItsChunkedBodiesDecode) {
  const Json json = load_json("botocore_chunked.json");
  EXPECT_GE(json.size(), 15U);
  for (const Json& item : json.items()) {
    const Bytes content = base64_decode(item.string_or("content", "")).value();
    Bytes body = base64_decode(item.string_or("body", "")).value();
    http::Headers headers;
    headers.add("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    headers.add("x-amz-trailer", item.string_or("trailer", ""));
    headers.add("x-amz-decoded-content-length", std::to_string(content.size()));
    const Result<Bytes> decoded = tarn::testing::run(decode(headers, body));
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
    EXPECT_TRUE(*decoded == content) << item.string_or("trailer", "") << " " << content.size();

    // The checksum is the last text of the body.
    body[body.rfind(':') + 1] ^= 1;
    const Result<Bytes> damaged = tarn::testing::run(decode(headers, body));
    EXPECT_FALSE(damaged.has_value());
  }
}

}  // namespace
}  // namespace tarn::aws
