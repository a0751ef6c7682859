// Who gets in, what requests about repositories answer, and how answers are framed.
#include "endpoints/s3/endpoint.h"

#include "endpoints/s3/testing/gateway.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

using testing::Answer;
using testing::Fields;
using testing::Gateway;

constexpr const char* kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

TEST(Authentication, IsNeededForEverything) {
  Gateway gateway;
  gateway.put("main/a", "x");
  for (const char* target : {"/", "/repo", "/repo/main/a", "/nowhere", "/repo/main"}) {
    for (const char* method : {"GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"}) {
      EXPECT_EQ(gateway.send(gateway.request(method, target)).error(), "400 MissingFields")
          << method << " " << target;
    }
  }
  EXPECT_EQ(gateway.get("main/a"), "x");
}

TEST(Authentication, RefusesWrongSignatures) {
  Gateway gateway;
  http::Request wrong = gateway.request("GET", "/repo/main/a");
  gateway.sign(wrong, hex_encode(sha256("")));
  wrong.target = "/repo/main/b";
  EXPECT_EQ(gateway.send(std::move(wrong)).error(), "403 SignatureDoesNotMatch");

  const auto signed_with = [&gateway](const std::string& id, const std::string& secret,
                                      WallTime when) {
    http::Request request = gateway.request("GET", "/repo");
    aws::sign(request, aws::Credentials{id, Secret(secret), Secret(), {}}, {"eu-west-1", "s3"},
              when, aws::kUnsignedPayload);
    return gateway.send(std::move(request));
  };
  const std::string id = gateway.key()->access_key_id;
  const std::string secret = gateway.key()->secret_access_key.reveal();
  const WallTime now = gateway.world.clock.now();
  using std::chrono::minutes;
  EXPECT_EQ(signed_with(id, secret, now).status, 200U);
  EXPECT_EQ(signed_with(id, "wrong", now).error(), "403 SignatureDoesNotMatch");
  EXPECT_EQ(signed_with("AKIAUNKNOWN", secret, now).error(), "403 AccessDenied");
  EXPECT_EQ(signed_with(id, secret, now - minutes(16)).error(), "403 RequestTimeTooSkewed");
  EXPECT_EQ(signed_with(id, secret, now + minutes(16)).error(), "403 AccessDenied");
  EXPECT_EQ(signed_with(id, secret, now - minutes(14)).status, 200U);
}

TEST(Authentication, TakesPresignedUrlsUntilTheyExpire) {
  Gateway gateway;
  gateway.put("main/a", "text");
  const auto presigned = [&gateway](std::string method, const std::string& target,
                                    std::chrono::seconds age, std::string body) {
    const aws::Credentials credentials{
        gateway.key()->access_key_id, gateway.key()->secret_access_key, Secret(), {}};
    std::string url = aws::presign(method, gateway.host, target, credentials, {"us-east-1", "s3"},
                                   gateway.world.clock.now() - age, std::chrono::hours(2));
    return gateway.send(gateway.request(std::move(method), std::move(url), std::move(body)));
  };
  using std::chrono::hours;
  EXPECT_EQ(presigned("GET", "/repo/main/a", hours(0), "").body, "text");
  // lakeFS refuses it after 15 minutes.
  EXPECT_EQ(presigned("GET", "/repo/main/a", hours(1), "").body, "text");
  const Answer expired = presigned("GET", "/repo/main/a", hours(3), "");
  EXPECT_EQ(expired.error(), "403 AccessDenied");
  EXPECT_EQ(expired.element("Message"), "Request has expired");
  EXPECT_EQ(presigned("PUT", "/repo/main/b", hours(0), "new").status, 200U);
  EXPECT_EQ(gateway.get("main/b"), "new");
}

TEST(Authentication, TakesBasicAndSaysNoInJson) {
  Gateway gateway;
  gateway.put("main/a", "text");
  const std::string pair =
      gateway.key()->access_key_id + ":" + gateway.key()->secret_access_key.reveal();
  const auto with = [&gateway](const std::string& credentials) {
    return gateway.send(gateway.request(
        "GET", "/repo/main/a", "", {{"Authorization", "Basic " + base64_encode(credentials)}}));
  };
  EXPECT_EQ(with(pair).body, "text");
  const Answer refused = with(pair + "x");
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(refused.body, "{\"message\":\"error authenticating request\"}\n");
  EXPECT_EQ(refused.headers.get("Content-Type"), "application/json");
}

TEST(Authentication, ChecksTheBodyItCovers) {
  Gateway gateway;
  http::Request request = gateway.request("PUT", "/repo/main/a", "evil");
  gateway.sign(request, hex_encode(sha256("good")));
  EXPECT_EQ(gateway.send(std::move(request)).error(), "400 XAmzContentSHA256Mismatch");
  EXPECT_EQ(gateway.call("GET", "/repo/main/a").error(), "404 NoSuchKey");
  EXPECT_EQ(gateway.put("main/a", "x", {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}}).error(),
            "400 BadDigest");
  EXPECT_EQ(gateway.put("main/a", "x", {{"Content-MD5", "???"}}).error(), "400 InvalidDigest");
  EXPECT_EQ(gateway.put("main/a", "x", {{"x-amz-checksum-crc32", "AAAAAA=="}}).error(),
            "400 BadDigest");
  EXPECT_EQ(gateway.stored_objects(), 0U);
}

// A user without policies is known, and may nothing.
TEST(Rights, AreAskedForByEveryOperation) {
  Gateway gateway;
  gateway.put("main/a", "x");
  auth::Service& service = gateway.auth;
  // Rows as `auth` stores them; nothing creates users yet.
  const auto stranger = [&gateway] {
    const Result<Bytes> admin =
        tarn::testing::run(gateway.world.kv->get(Context(), kv::Key{"auth", "users/admin"}));
    Bytes row = *admin;
    row.replace(row.find("admin"), 5, "other");
    return tarn::testing::run(
        gateway.world.kv->set(Context(), kv::Key{"auth", "users/other"}, std::move(row)));
  };
  ASSERT_TRUE(stranger());
  const auth::CredentialsPtr key =
      tarn::testing::run(service.create_credentials(Context(), "other", std::nullopt)).value();
  const auto call = [&gateway, &key](std::string method, std::string target, std::string body = "",
                                     Fields fields = {}) {
    const std::string hash = hex_encode(sha256(body));
    http::Request request =
        gateway.request(std::move(method), std::move(target), std::move(body), std::move(fields));
    aws::sign(request, aws::Credentials{key->access_key_id, key->secret_access_key, Secret(), {}},
              {"us-east-1", "s3"}, gateway.world.clock.now(), hash);
    return gateway.send(std::move(request));
  };
  struct Case {
    const char* method;
    const char* target;
  };
  for (const Case& c : {Case{"GET", "/"},
                        {"GET", "/repo"},
                        {"GET", "/repo?delimiter=/"},
                        {"GET", "/repo?location"},
                        {"GET", "/repo?uploads"},
                        {"GET", "/repo?policy"},
                        {"HEAD", "/repo"},
                        {"PUT", "/repo"},
                        {"GET", "/nowhere"},
                        {"PUT", "/nowhere"},
                        {"GET", "/repo/main/a"},
                        {"GET", "/repo/main/a?tagging"},
                        {"GET", "/repo/main/a?uploadId=x"},
                        {"HEAD", "/repo/main/a"},
                        {"PUT", "/repo/main/a"},
                        {"PUT", "/repo/main/a?partNumber=1&uploadId=x"},
                        {"POST", "/repo/main/a?uploads"},
                        {"POST", "/repo/main/a?uploadId=x"},
                        {"DELETE", "/repo/main/a"},
                        {"DELETE", "/repo/main/a?uploadId=x"}}) {
    EXPECT_EQ(call(c.method, c.target).error(), "403 AccessDenied") << c.method << " " << c.target;
  }
  const Answer deleted =
      call("POST", "/repo?delete", "<Delete><Object><Key>main/a</Key></Object></Delete>");
  EXPECT_EQ(deleted.status, 200U);
  EXPECT_EQ(deleted.element("Code"), "AccessDenied");
  EXPECT_EQ(deleted.element("Message"), "Access Denied");
  EXPECT_EQ(gateway.get("main/a"), "x");
}

TEST(Buckets, AreRepositories) {
  Gateway gateway;
  const Answer list = gateway.call("GET", "/");
  EXPECT_EQ(list.status, 200U);
  EXPECT_EQ(list.element("Name"), "repo");
  EXPECT_TRUE(list.body.starts_with(std::string(kXml) +
                                    "<ListAllMyBucketsResult><Buckets><Bucket><CreationDate>"))
      << list.body;
  EXPECT_TRUE(
      list.body.ends_with("</Bucket></Buckets><Owner><DisplayName></DisplayName><ID></ID>"
                          "</Owner></ListAllMyBucketsResult>"))
      << list.body;
  EXPECT_EQ(gateway.call("GET", "/?prefix=x").element("Bucket"), "no Bucket");
  EXPECT_EQ(gateway.call("GET", "/?events").error(), "405 ERRLakeFSNotSupported");

  EXPECT_EQ(gateway.call("HEAD", "/repo").status, 200U);
  EXPECT_EQ(gateway.call("HEAD", "/nowhere").status, 404U);
  EXPECT_EQ(gateway.call("HEAD", "/repo?acl").status, 405U);
  EXPECT_EQ(gateway.call("PUT", "/repo").error(), "409 BucketAlreadyExists");
  EXPECT_EQ(gateway.call("PUT", "/nowhere").error(), "501 NotImplemented");
  EXPECT_EQ(gateway.call("DELETE", "/repo").error(), "405 ERRLakeFSNotSupported");
  EXPECT_EQ(gateway.call("DELETE", "/nowhere").error(), "404 NoSuchBucket");
  EXPECT_EQ(gateway.call("GET", "/UPPER").error(), "400 InvalidBucketName");
  EXPECT_EQ(gateway.call("GET", "/api/v1/repositories").error(),
            "404 ErrNoSuchBucketPossibleAPIEndpoint");
}

TEST(Buckets, HaveSubResources) {
  Gateway gateway;
  EXPECT_EQ(gateway.call("GET", "/repo?location").body,
            std::string(kXml) +
                "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                "</LocationConstraint>");
  EXPECT_EQ(gateway.call("GET", "/repo?versioning").body,
            std::string(kXml) +
                "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>");
  EXPECT_EQ(gateway.call("GET", "/repo?policy").error(), "405 ERRLakeFSNotSupported");
  EXPECT_EQ(gateway.call("GET", "/repo/main/a?tagging").body,
            std::string(kXml) +
                "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet></TagSet>"
                "</Tagging>");
  EXPECT_EQ(gateway.call("GET", "/repo/main/a?versioning").body,
            std::string(kXml) + "<VersioningConfiguration></VersioningConfiguration>");
  EXPECT_EQ(gateway.call("GET", "/repo/main/a?acl").error(), "405 ERRLakeFSNotSupported");
  EXPECT_EQ(gateway.call("PUT", "/repo/main/a?tagging").error(), "405 ERRLakeFSNotSupported");

  Config lenient = Gateway::default_config();
  lenient.verify_unsupported = false;
  lenient.region = "eu-west-1";
  Gateway other(lenient);
  EXPECT_EQ(other.call("GET", "/repo?policy").status, 200U);
  EXPECT_EQ(other.call("PUT", "/repo/main/a?tagging").error(), "405 ERRLakeFSNotSupported");
  EXPECT_NE(other.call("GET", "/repo?location").body.find(">eu-west-1<"), std::string::npos);
}

TEST(Framing, OfErrorsSaysHowFarARequestCame) {
  Gateway gateway;
  const Answer missing = gateway.call("GET", "/repo/main/nope");
  EXPECT_EQ(missing.body.substr(0, missing.body.find("<HostId>")),
            std::string(kXml) +
                "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
                "<Key>nope</Key><BucketName>repo</BucketName><Resource>main@repo</Resource>"
                "<Region>us-east-1</Region><RequestId>request-1</RequestId>");
  EXPECT_EQ(missing.element("HostId").size(), 16U);
  EXPECT_EQ(missing.headers.get("X-Amz-Request-Id"), "request-1");
  EXPECT_EQ(missing.headers.get("Content-Type"), "application/xml");

  const Answer bucket = gateway.call("GET", "/repo?list-type=3");
  EXPECT_EQ(bucket.element("Key"), "no Key");
  EXPECT_EQ(bucket.element("BucketName"), "repo");
  EXPECT_EQ(bucket.element("Resource"), "repo");

  const Answer stranger = gateway.send(gateway.request("GET", "/repo/main/a"));
  EXPECT_EQ(stranger.element("BucketName"), "no BucketName");
  EXPECT_EQ(stranger.element("Resource"), "");
  EXPECT_EQ(stranger.headers.get("Content-Type"), "text/xml; charset=utf-8");
}

TEST(Framing, FollowsAccept) {
  Gateway gateway;
  const auto type = [&gateway](const std::string& accept) {
    return std::string(
        gateway.call("GET", "/repo", "", {{"Accept", accept}}).headers.get("Content-Type"));
  };
  EXPECT_EQ(type("text/html, application/xml"), "application/xml");
  EXPECT_EQ(type("text/xml"), "text/xml");
  EXPECT_EQ(type("application/xml;q=0.9"), "text/xml; charset=utf-8");
  EXPECT_EQ(gateway.call("HEAD", "/repo", "", {{"Accept", "*/*"}}).headers.get("Content-Type"), "");
}

TEST(Framing, OfBadUrisIsClear) {
  Gateway gateway;
  EXPECT_EQ(gateway.send(gateway.request("GET", "/repo/%zz?X-Amz-Credential=x")).error(),
            "400 InvalidURI");
  EXPECT_EQ(gateway.send(gateway.request("GET", "/repo?a=%z&X-Amz-Credential=x")).error(),
            "400 InvalidURI");
}

TEST(Paths, WithoutAnOperationAreABare404) {
  Gateway gateway;
  for (const char* target : {"/repo/main", "/repo/main/"}) {
    const Answer answer = gateway.call("GET", target);
    EXPECT_EQ(answer.status, 404U);
    EXPECT_EQ(answer.body, "");
  }
  EXPECT_EQ(gateway.call("PUT", "/").status, 404U);
  EXPECT_EQ(gateway.call("OPTIONS", "/repo/main/a").status, 404U);
}

TEST(Hosts, MayNameTheRepository) {
  Gateway gateway;
  gateway.put("main/a", "text");
  gateway.host = "repo.s3.test:8000";
  EXPECT_EQ(gateway.call("GET", "/main/a").body, "text");
  EXPECT_EQ(gateway.call("GET", "/?list-type=2&prefix=main/").element("Key"), "main/a");
  gateway.host = "s3.test";
  EXPECT_EQ(gateway.call("GET", "/repo/main/a").body, "text");
}

TEST(Metrics, CountRequestsByOperation) {
  Gateway gateway;
  gateway.put("main/a", "text");
  gateway.call("GET", "/repo/main/nope");
  const std::string text = gateway.metrics.render();
  for (const char* line :
       {"tarn_s3_request_duration_seconds_count{operation=\"put_object\"} 1",
        "tarn_s3_responses_total{status=\"4xx\"} 1",
        "gateway_request_duration_seconds_count{code=\"404\",operation=\"get_object\"} 1"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace tarn::endpoints::s3
