#pragma once

#include "aws/credentials.h"
#include "aws/sigv4.h"
#include "base/time_text.h"
#include "http/message.h"

#include <string>
#include <string_view>
#include <utility>

/// The keys, the day and the scope of the examples in S3's documentation.
namespace tarn::aws::testing {

inline Credentials example_keys() {
  return {.access_key_id = "AKIAIOSFODNN7EXAMPLE",
          .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
}
inline Secret example_secret() { return example_keys().secret_access_key; }
inline SigningScope example_scope() { return {.region = "us-east-1", .service = "s3"}; }
inline constexpr const char* kExampleDate = "20130524T000000Z";
inline WallTime example_time() { return parse_iso8601_basic(kExampleDate).value(); }

inline constexpr const char* kExampleHost = "examplebucket.s3.amazonaws.com";
inline constexpr const char* kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

inline http::Request make_request(std::string method, std::string target,
                                  std::string host = kExampleHost) {
  http::Request out;
  out.method = std::move(method);
  out.target = std::move(target);
  out.headers.add("Host", std::move(host));
  return out;
}

/// Signed as an example.
inline http::Request signed_request(http::Request request, std::string_view hash = kEmptyHash) {
  sign(request, example_keys(), example_scope(), example_time(), hash);
  return request;
}

/// With the Authorization of an example: these names, this signature.
inline http::Request with_signature(http::Request request, std::string_view names,
                                    std::string_view signature) {
  request.headers.set("Authorization",
                      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                      "aws4_request,SignedHeaders=" +
                          std::string(names) + ",Signature=" + std::string(signature));
  return request;
}

}  // namespace tarn::aws::testing
