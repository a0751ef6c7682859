// The published examples of Signature Version 2, and those of our own facts.
#include "aws/sigv4_verify.h"
#include "aws/testing/examples.h"
#include "base/encoding.h"
#include "base/hash.h"

#include <gtest/gtest.h>

#include <vector>

namespace tarn::aws {
namespace {

using namespace std::chrono_literals;
using testing::example_secret;
using testing::make_request;

struct Example {
  std::string method;
  std::string target;
  std::string date;
  std::string signature;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string host_bucket = {};
};

http::Request request_of(const Example& example) {
  http::Request request = make_request(example.method, example.target, "s3.amazonaws.com");
  if (!example.date.empty()) {
    request.headers.add("Date", example.date);
  }
  for (const auto& [name, value] : example.headers) {
    request.headers.add(name, value);
  }
  request.headers.add("Authorization", "AWS AKIAIOSFODNN7EXAMPLE:" + example.signature);
  return request;
}

std::string failure(const http::Request& request, WallTime now, std::string_view host_bucket = {}) {
  const Result<Authorization> parsed = parse_authorization(request);
  if (!parsed) {
    return parsed.error().message();
  }
  EXPECT_EQ(parsed->access_key_id, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_FALSE(parsed->is_v4());
  const Result<VerifiedSignature> outcome =
      verify(*parsed, request, example_secret(), now, host_bucket);
  if (outcome) {
    EXPECT_TRUE(outcome->signing_key.empty());
    return "";
  }
  return outcome.error().message();
}

WallTime at(std::string_view date) { return parse_http_date(date).value(); }

/// As an example client would sign it.
std::string sha1_of(std::string_view text) {
  return base64_encode(hmac_sha1(example_secret().reveal(), text));
}

TEST(V2Header, TakesThePublishedExamples) {
  const std::vector<std::pair<Example, WallTime>> cases = {
      {{.method = "GET",
        .target = "/photos/puppy.jpg",
        .date = "Tue, 27 Mar 2007 19:36:42 +0000",
        .signature = "bWq2s1WEIj+Ydj0vQ697zp+IXMU=",
        .host_bucket = "johnsmith"},
       at("Tue, 27 Mar 2007 19:36:42 GMT")},
      {{.method = "PUT",
        .target = "/johnsmith/photos/puppy.jpg",
        .date = "Tue, 27 Mar 2007 21:15:45 +0000",
        .signature = "MyyxeRY7whkBe+bq8fHCL/2kKUg=",
        .headers = {{"Content-Type", "image/jpeg"}, {"Content-Length", "94328"}}},
       at("Tue, 27 Mar 2007 21:15:45 GMT")},
      {{.method = "GET",
        .target = "/?prefix=photos&max-keys=50&marker=puppy",
        .date = "Tue, 27 Mar 2007 19:42:41 +0000",
        .signature = "htDYFYduRNen8P9ZfE/s9SuKy0U=",
        .host_bucket = "johnsmith"},
       at("Tue, 27 Mar 2007 19:42:41 GMT")},
      {{.method = "GET",
        .target = "/?acl",
        .date = "Tue, 27 Mar 2007 19:44:46 +0000",
        .signature = "c2WLPFtWHVgbEmeEG93a4cG37dM=",
        .host_bucket = "johnsmith"},
       at("Tue, 27 Mar 2007 19:44:46 GMT")},
      {{.method = "GET",
        .target = "/",
        .date = "Wed, 28 Mar 2007 01:29:59 +0000",
        .signature = "qGdzdERIC03wnaRNKh6OqZehG9s="},
       at("Wed, 28 Mar 2007 01:29:59 GMT")},
      {{.method = "GET",
        .target = "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
        .date = "Wed, 28 Mar 2007 01:49:49 +0000",
        .signature = "DNEZGsoieTZ92F3bUfSPQcbGmlM="},
       at("Wed, 28 Mar 2007 01:49:49 GMT")},
      {{.method = "PUT",
        .target = "/db-backup.dat.gz",
        .date = "Tue, 27 Mar 2007 21:06:08 +0000",
        .signature = "ilyl83RwaSoYIEdixDQcA4OnAnc=",
        .headers = {{"X-Amz-Meta-ReviewedBy", "joe@johnsmith.net"},
                    {"x-amz-acl", "public-read"},
                    {"content-type", "application/x-download"},
                    {"Content-MD5", "4gJE4saaMU4BqNR0kLY+lw=="},
                    {"X-Amz-Meta-ReviewedBy", "jane@johnsmith.net"},
                    {"X-Amz-Meta-FileChecksum", "0x02661779"},
                    {"X-Amz-Meta-ChecksumAlgorithm", "crc32"}},
        .host_bucket = "static.johnsmith.net"},
       at("Tue, 27 Mar 2007 21:06:08 GMT")},
      {{.method = "PUT",
        .target = "/repo1/main/x.txt",
        .date = "Tue, 27 Mar 2007 21:15:45 +0000",
        .signature = "dsqW7WjZxJumHZCYFpYI3WeglIw=",
        .headers = {{"x-amz-meta-a", "1"}, {"Content-Type", "text/plain"}}},
       at("Tue, 27 Mar 2007 21:15:45 GMT")},
  };
  for (const auto& [example, now] : cases) {
    EXPECT_EQ(failure(request_of(example), now, example.host_bucket), "") << example.target;
    http::Request changed = request_of(example);
    changed.method = "DELETE";
    EXPECT_EQ(failure(changed, now, example.host_bucket), kSignatureDoesNotMatch.text);
  }
}

TEST(V2Header, SignsMultipartSubResources) {
  const std::string date = "Tue, 27 Mar 2007 21:15:45 GMT";
  const Example part{
      .method = "PUT",
      .target = "/repo/main/x?uploadId=a%2Bb%3D&partNumber=2&other=1",
      .date = date,
      .signature = sha1_of("PUT\n\n\n" + date + "\n/repo/main/x?partNumber=2&uploadId=a+b=")};
  EXPECT_EQ(failure(request_of(part), at(date)), "");
  http::Request changed = request_of(part);
  changed.target = "/repo/main/x?uploadId=a%2Bb%3D&partNumber=3&other=1";
  EXPECT_EQ(failure(changed, at(date)), kSignatureDoesNotMatch.text);
}

TEST(V2Header, TheDateLineIsEmptyOrRepeatedBesideAnAmzDate) {
  const std::string date = "Tue, 27 Mar 2007 21:15:45 GMT";
  for (const std::string& line : {std::string(), date}) {
    const Example example{
        .method = "GET",
        .target = "/repo/main/x",
        .date = date,
        .signature = sha1_of("GET\n\n\n" + line + "\nx-amz-date:" + date + "\n/repo/main/x"),
        .headers = {{"x-amz-date", date}}};
    EXPECT_EQ(failure(request_of(example), at(date)), "") << line;
  }
}

TEST(V2Header, ReadsAllFormsOfDates) {
  const WallTime now = at("Tue, 27 Mar 2007 21:15:45 GMT");
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {"Tue, 27 Mar 2007 21:15:45 GMT", ""},
      {"Tue, 27 Mar 2007 21:15:45 UTC", ""},
      {"Tue, 27 Mar 2007 23:15:45 +0200", ""},
      {"Tue, 27 Mar 2007 14:45:45 -0630", ""},
      {"20070327T211545Z", ""},
      {"Tue, 27 Mar 2007 21:15:45 +0200", kRequestTimeTooSkewed.text},
      {"Tue, 27 Mar 2007 21:30:46 GMT", kRequestNotYetValid.text},
      {"Tue, 27 Mar 2007 21:15:45", kMalformedDate.text},
      {"Tue, 27 Mar 2007 21:15:45 +02:00", kMalformedDate.text},
      {"2007-03-27", kMalformedDate.text},
      {"", kMissingFields.text},
  };
  for (const auto& [date, expected] : cases) {
    const Example example{.method = "GET",
                          .target = "/",
                          .date = date,
                          .signature = sha1_of("GET\n\n\n" + date + "\n/")};
    EXPECT_EQ(failure(request_of(example), now), expected) << date;
  }
}

TEST(V2Header, OtherTextIsNoSignature) {
  for (const char* field : {"AWS AK:bWq2", "AWS AKIAIOSFODNN7EXAMPLE", "AWS :bWq2",
                            "AWS AKIAIOSFODNN7EXAMPLE:***", "AWS  ", "aws AKIA:bWq2"}) {
    http::Request request = make_request("GET", "/");
    request.headers.add("Authorization", field);
    const Result<Authorization> parsed = parse_authorization(request);
    ASSERT_FALSE(parsed.has_value()) << field;
    EXPECT_TRUE(parsed.error().is(kMissingFields)) << field;
  }
}

TEST(V2Query, TakesThePublishedPresignedUrl) {
  const http::Request request =
      make_request("GET",
                   "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE"
                   "&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
                   "johnsmith.s3.amazonaws.com");
  const WallTime end = from_unix_seconds(1175139620);
  EXPECT_EQ(failure(request, end - 24h, "johnsmith"), "");
  EXPECT_EQ(failure(request, end, "johnsmith"), "");
  EXPECT_EQ(failure(request, end + 1s, "johnsmith"), kRequestExpired.text);
  EXPECT_EQ(failure(request, end, "janesmith"), kSignatureDoesNotMatch.text);
  EXPECT_EQ(failure(make_request("GET",
                                 "/?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=a&"
                                 "Expires=soon"),
                    end),
            kMalformedDate.text);
}

TEST(JavaV2Query, TakesTheKnownExample) {
  const std::string start = "/repo1/main/x?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&";
  const std::string rest =
      "SignatureMethod=HmacSHA256&Timestamp=2025-01-01T00:00:00.000Z"
      "&Signature=%2BQ/tlcKv9kmg1K7L6jlDYajxdxla0tpoZKnkGJA7IeE%3D";
  const WallTime now = parse_iso8601_basic("20250101T000000Z").value();
  const auto request = [](std::string target) {
    return make_request("PUT", std::move(target), "s3.example.com");
  };
  EXPECT_EQ(failure(request(start + "SignatureVersion=2&" + rest), now), "");
  EXPECT_EQ(failure(request(start + "SignatureVersion=2&" + rest), now + 16min),
            kRequestTimeTooSkewed.text);
  EXPECT_EQ(failure(request(start + "SignatureVersion=2&a=b&" + rest), now),
            kSignatureDoesNotMatch.text);
  EXPECT_EQ(failure(request(start + "SignatureVersion=1&" + rest), now), kMissingFields.text);
  EXPECT_EQ(failure(request(start + "SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=a&"
                                    "Timestamp=yesterday"),
                    now),
            kMalformedDate.text);
  EXPECT_EQ(
      failure(request(start + "SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=a"), now),
      kMissingFields.text);
}

}  // namespace
}  // namespace tarn::aws
