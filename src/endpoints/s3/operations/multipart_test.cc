// Uploads in parts over the wire; what they promise beyond it: catalog/multipart_uploads_test.cc.
#include "endpoints/s3/testing/gateway.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

using testing::Answer;
using testing::Fields;
using testing::Gateway;

struct Uploader {
  Gateway gateway;

  std::string create(const std::string& key, Fields fields = {}) {
    const Answer answer = gateway.call("POST", "/repo/" + key + "?uploads", "", std::move(fields));
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return answer.element("UploadId");
  }
  Answer part(const std::string& key, const std::string& id, int number, std::string body,
              Fields fields = {}) {
    return gateway.call(
        "PUT", "/repo/" + key + "?partNumber=" + std::to_string(number) + "&uploadId=" + id,
        std::move(body), std::move(fields));
  }
  Answer complete(const std::string& key, const std::string& id,
                  const std::vector<std::pair<int, std::string>>& parts, Fields fields = {}) {
    std::string body = "<CompleteMultipartUpload>";
    for (const auto& [number, etag] : parts) {
      body += "<Part><ETag>" + etag + "</ETag><PartNumber>" + std::to_string(number) +
              "</PartNumber></Part>";
    }
    return gateway.call("POST", "/repo/" + key + "?uploadId=" + id,
                        body + "</CompleteMultipartUpload>", std::move(fields));
  }
};

TEST(Multipart, MakesOneObject) {
  Uploader at;
  const std::string id = at.create("main/a", {{"Content-Type", "text/csv"}, {"x-amz-meta-k", "v"}});
  const Answer one = at.part("main/a", id, 1, std::string(5 * kMiB, 'a'));
  EXPECT_EQ(one.status, 200U);
  const std::string one_etag(one.headers.get("ETag"));
  EXPECT_EQ(one_etag.size(), 34U);
  const std::string two_etag(at.part("main/a", id, 2, "tail").headers.get("ETag"));
  EXPECT_EQ(at.gateway.call("HEAD", "/repo/main/a").status, 404U);
  // Quotes may come as text or as references.
  const Answer done =
      at.complete("main/a", id, {{1, one_etag}, {2, "&quot;" + two_etag.substr(1, 32) + "&#34;"}});
  ASSERT_EQ(done.status, 200U) << done.body;
  EXPECT_EQ(done.element("Bucket"), "repo");
  EXPECT_EQ(done.element("Key"), "main/a");
  EXPECT_EQ(done.element("Location"), "http://127.0.0.1:8000/repo/main/a");
  const std::string etag = done.element("ETag");
  EXPECT_TRUE(etag.ends_with("-2&#34;")) << etag;
  const Answer get = at.gateway.call("GET", "/repo/main/a");
  EXPECT_EQ(get.body, std::string(5 * kMiB, 'a') + "tail");
  EXPECT_EQ(get.headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(get.headers.get("X-Amz-Meta-k"), "v");
  // lakeFS keeps the ETag without the number of parts.
  EXPECT_EQ("&#34;" + std::string(get.headers.get("ETag")).substr(1, 32) + "-2&#34;", etag);
}

TEST(Multipart, HasTheEtagOfTheVector) {
  Uploader at;
  const std::string id = at.create("main/a");
  const Answer part = at.part("main/a", id, 2, "bbbbbbbbbb");
  EXPECT_EQ(part.headers.get("ETag"), "\"82136b4240d6ce4ea7d03e51469a393b\"");
  EXPECT_EQ(at.part("main/a", id, 1, "aaaaaaaaaa").headers.get("ETag"),
            "\"e09c80c42fda55f9d992e59ca6b3307d\"");
}

TEST(Multipart, SaysWhatIsWrong) {
  Uploader at;
  const std::string id = at.create("main/a");
  const std::string etag(at.part("main/a", id, 1, "x").headers.get("ETag"));
  EXPECT_EQ(at.part("main/a", "0123", 1, "x").error(), "404 NoSuchUpload");
  EXPECT_EQ(at.part("main/b", id, 1, "x").error(), "404 NoSuchUpload");
  EXPECT_EQ(at.part("main/a", id, 0, "x").error(), "400 InvalidArgument");
  EXPECT_EQ(at.part("main/a", id, 10001, "x").error(), "400 InvalidArgument");
  EXPECT_EQ(at.gateway.call("PUT", "/repo/main/a?partNumber=x&uploadId=" + id, "x").error(),
            "400 InvalidArgument");
  EXPECT_EQ(at.gateway.call("PUT", "/repo/main/a?uploadId=" + id, "x").error(),
            "400 InvalidArgument");
  EXPECT_EQ(at.complete("main/a", "0123", {{1, etag}}).error(), "404 NoSuchUpload");
  EXPECT_EQ(at.complete("main/b", id, {{1, etag}}).error(), "404 NoSuchUpload");
  EXPECT_EQ(at.complete("main/a", id, {}).error(), "400 MalformedXML");
  EXPECT_EQ(at.complete("main/a", id, {{2, etag}}).error(), "400 InvalidPart");
  EXPECT_EQ(at.complete("main/a", id, {{1, "\"other\""}}).error(), "400 InvalidPart");
  EXPECT_EQ(at.complete("main/a", id, {{1, etag}, {1, etag}}).error(), "400 InvalidPartOrder");
  const std::string small(at.part("main/a", id, 2, "y").headers.get("ETag"));
  EXPECT_EQ(at.complete("main/a", id, {{1, etag}, {2, small}}).error(), "400 EntityTooSmall");
  EXPECT_EQ(at.gateway.call("POST", "/repo/main/a?uploadId=" + id, "no xml").error(),
            "400 MalformedXML");
  EXPECT_EQ(at.gateway
                .call("POST", "/repo/main/a?uploadId=" + id,
                      "<C><Part><PartNumber>x</PartNumber></Part></C>")
                .error(),
            "400 MalformedXML");
  EXPECT_EQ(at.complete("main/a", id, {{1, etag}}, {{"If-Match", "*"}}).error(),
            "501 NotImplemented");
  at.gateway.put("main/a", "there");
  EXPECT_EQ(at.complete("main/a", id, {{1, etag}}, {{"If-None-Match", "*"}}).error(),
            "412 PreconditionFailed");
  EXPECT_EQ(at.complete("main/a", id, {{1, etag}}).status, 200U);
  EXPECT_EQ(at.gateway.get("main/a"), "x");
  EXPECT_EQ(at.gateway.call("POST", "/repo/main/a").status, 405U);
  EXPECT_EQ(at.gateway.call("POST", "/repo/main/a?select").error(), "405 ERRLakeFSNotSupported");
  EXPECT_EQ(at.gateway.call("POST", "/repo/nowhere/a?uploads").error(), "404 NoSuchBucket");
}

TEST(Multipart, CanBeAborted) {
  Uploader at;
  const std::string id = at.create("main/a");
  at.part("main/a", id, 1, "x");
  EXPECT_EQ(at.gateway.call("DELETE", "/repo/main/b?uploadId=" + id).error(), "404 NoSuchUpload");
  EXPECT_EQ(at.gateway.call("DELETE", "/repo/main/a?uploadId=" + id).status, 204U);
  EXPECT_EQ(at.gateway.call("DELETE", "/repo/main/a?uploadId=" + id).error(), "404 NoSuchUpload");
  EXPECT_EQ(at.part("main/a", id, 1, "x").error(), "404 NoSuchUpload");
}

TEST(Multipart, CopiesParts) {
  Uploader at;
  at.gateway.put("main/source", "0123456789");
  const std::string id = at.create("main/a");
  const auto copy = [&at, &id](const std::string& source, const std::string& range) {
    return at.part("main/a", id, 1, "",
                   {{"x-amz-copy-source", source}, {"x-amz-copy-source-range", range}});
  };
  EXPECT_EQ(copy("repo/main/nope", "bytes=0-1").error(), "400 InvalidArgument");
  EXPECT_EQ(copy("repo/main/source", "bytes=0-10").error(), "416 InvalidRange");
  EXPECT_EQ(copy("repo/main/source", "0-1").error(), "400 InvalidArgument");
  const Answer part = copy("repo/main/source", "bytes=2-4");
  ASSERT_EQ(part.status, 200U) << part.body;
  const std::string etag = part.element("ETag");
  EXPECT_EQ(at.complete("main/a", id, {{1, etag}}).status, 200U);
  EXPECT_EQ(at.gateway.get("main/a"), "234");
}

TEST(Multipart, IsListed) {
  Uploader at;
  const std::string id = at.create("main/a");
  at.part("main/a", id, 1, "x");
  at.part("main/a", id, 3, "yy");
  const Answer parts = at.gateway.call("GET", "/repo/main/a?uploadId=" + id + "&max-parts=1");
  EXPECT_EQ(parts.element("PartNumber"), "1");
  EXPECT_EQ(parts.element("Size"), "1");
  EXPECT_EQ(parts.element("IsTruncated"), "true");
  EXPECT_EQ(parts.element("NextPartNumberMarker"), "1");
  const Answer rest =
      at.gateway.call("GET", "/repo/main/a?uploadId=" + id + "&part-number-marker=1");
  EXPECT_EQ(rest.element("PartNumber"), "3");
  EXPECT_EQ(rest.element("IsTruncated"), "false");
  EXPECT_EQ(at.gateway.call("GET", "/repo/main/a?uploadId=nope").error(), "404 NoSuchUpload");
  EXPECT_EQ(at.gateway.call("GET", "/repo/main/a?max-parts=x&uploadId=" + id).error(),
            "400 InvalidArgument");

  const std::string other = at.create("main/b");
  const Answer uploads = at.gateway.call("GET", "/repo?uploads&max-uploads=1");
  EXPECT_EQ(uploads.element("Key"), "main/a");
  EXPECT_EQ(uploads.element("UploadId"), id);
  EXPECT_EQ(uploads.element("IsTruncated"), "true");
  const Answer more =
      at.gateway.call("GET", "/repo?uploads&key-marker=main/a&upload-id-marker=" + id);
  EXPECT_EQ(more.element("UploadId"), other);
  EXPECT_EQ(at.gateway.call("GET", "/repo?uploads&prefix=x").error(), "501 NotImplemented");
  EXPECT_EQ(at.gateway.call("GET", "/repo?uploads&max-uploads=-1").error(), "400 InvalidArgument");
}

}  // namespace
}  // namespace tarn::endpoints::s3
