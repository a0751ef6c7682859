#include "aws/s3/addressing.h"

#include "aws/s3/download.h"
#include "aws/s3/failure.h"
#include "http/client.h"

#include <gtest/gtest.h>

namespace tarn::aws {
namespace {

std::string place(const S3Addressing& addressing, std::string_view bucket, std::string_view key,
                  const http::QueryPairs& query = {}) {
  const S3Place out = addressing.place(bucket, key, query);
  EXPECT_TRUE(out.base_url.ends_with("://" + out.host));
  return out.base_url + out.target;
}

S3Config config(std::string url, bool custom) {
  S3Config out;
  out.endpoint.base_url = std::move(url);
  out.endpoint.custom = custom;
  out.region = "eu-west-1";
  return out;
}

TEST(S3Addressing, PutsBucketsIntoHostsOfAws) {
  const S3Addressing aws(config("https://s3.eu-west-1.amazonaws.com", false));
  EXPECT_EQ(place(aws, "my-bucket", "a/b c"),
            "https://my-bucket.s3.eu-west-1.amazonaws.com/a/b%20c");
  EXPECT_EQ(place(aws, "my-bucket", ""), "https://my-bucket.s3.eu-west-1.amazonaws.com/");
  // No certificate covers a second label, and no host has upper case.
  EXPECT_EQ(place(aws, "my.bucket", "k"), "https://s3.eu-west-1.amazonaws.com/my.bucket/k");
  EXPECT_EQ(place(aws, "My_Bucket", "k"), "https://s3.eu-west-1.amazonaws.com/My_Bucket/k");
  EXPECT_EQ(place(aws, "-ab", "k"), "https://s3.eu-west-1.amazonaws.com/-ab/k");
}

TEST(S3Addressing, PutsBucketsIntoPathsOfOthers) {
  const S3Addressing minio(config("http://minio.local:9000/", true));
  EXPECT_EQ(place(minio, "bucket", "a//b"), "http://minio.local:9000/bucket/a//b");
  EXPECT_EQ(place(minio, "bucket", ""), "http://minio.local:9000/bucket");
  S3Config hosts = config("http://minio.local:80", true);
  hosts.path_style = false;
  EXPECT_EQ(place(S3Addressing(hosts), "my.bucket", "k"), "http://my.bucket.minio.local/k");
  S3Config ip = config("http://127.0.0.1:9000", true);
  ip.path_style = false;
  EXPECT_EQ(place(S3Addressing(ip), "bucket", "k"), "http://127.0.0.1:9000/bucket/k");
  S3Config forced = config("https://s3.eu-west-1.amazonaws.com:443", false);
  forced.path_style = true;
  EXPECT_EQ(place(S3Addressing(forced), "bucket", "k"),
            "https://s3.eu-west-1.amazonaws.com/bucket/k");
}

TEST(S3Addressing, EncodesEveryByteOnce) {
  const S3Addressing s3(config("http://h", true));
  EXPECT_EQ(place(s3, "b", "%2F+?#&=\n\xd0\xba/../~*'"),
            "http://h/b/%252F%2B%3F%23%26%3D%0A%D0%BA/../~%2A%27");
  EXPECT_EQ(place(s3, "b", "k", {{"uploadId", "a/+="}, {"uploads", ""}}),
            "http://h/b/k?uploadId=a%2F%2B%3D&uploads=");
}

TEST(S3Addressing, FollowsRegions) {
  S3Addressing aws(config("https://s3.eu-west-1.amazonaws.com", false));
  EXPECT_FALSE(aws.knows_region_of("far"));
  aws.learn("far", "ap-south-1");
  EXPECT_EQ(place(aws, "far", "k"), "https://far.s3.ap-south-1.amazonaws.com/k");
  EXPECT_EQ(aws.place("far", "k", {}).region, "ap-south-1");
  EXPECT_EQ(place(aws, "near", "k"), "https://near.s3.eu-west-1.amazonaws.com/k");
}

TEST(S3Failure, ReadsBodiesHeadersAndStatuses) {
  http::Headers headers;
  const auto message = [&headers](unsigned status, std::string_view body) {
    return to_error(read_failure(status, headers, body)).message();
  };
  EXPECT_EQ(message(404, "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"),
            "NoSuchKey: gone");
  EXPECT_EQ(message(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"),
            "AccessDenied: status 403 Forbidden");
  EXPECT_EQ(message(404, ""), "NotFound: status 404 Not Found");
  EXPECT_EQ(message(599, "<html>"), "HTTP599: status 599 ");
  EXPECT_TRUE(to_error(read_failure(599, headers, "")).is(kServiceFailed));
  EXPECT_TRUE(to_error(read_failure(502, headers, "x")).is(http::kConnectionLost));
  EXPECT_TRUE(to_error(read_failure(418, headers, "")).is(kInvalidRequest));
  headers.add("x-amz-bucket-region", "eu-north-1");
  EXPECT_EQ(read_failure(301, headers, "").region, "eu-north-1");
}

TEST(S3Ranges, AreReadStrictly) {
  EXPECT_EQ(range_header(5, 3), "bytes=5-7");
  EXPECT_EQ(range_header(5, ~std::uint64_t{0}), "bytes=5-9223372036854775806");
  const auto range = parse_content_range("bytes 5-7/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5U);
  EXPECT_EQ(range->last, 7U);
  EXPECT_EQ(range->total, 10U);
  for (const std::string_view bad :
       {"", "bytes", "bytes 5-7", "bytes 5-7/", "bytes 5-7/*", "bytes 7-5/10", "bytes 5-10/10",
        "bytes 5-7/10x", "items 5-7/10", "bytes -7/10"}) {
    EXPECT_FALSE(parse_content_range(bad)) << bad;
  }
}

}  // namespace
}  // namespace tarn::aws
