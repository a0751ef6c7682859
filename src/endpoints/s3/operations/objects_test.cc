// Objects one by one: put, get, head, copy, delete.
#include "base/time_text.h"
#include "block/namespace.h"
#include "endpoints/s3/testing/gateway.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

using testing::Answer;
using testing::Fields;
using testing::Gateway;

TEST(PutObject, GivesBackWhatItTook) {
  Gateway gateway;
  const Answer put = gateway.put("main/a/b.csv", "hello", {{"Content-Type", "text/csv"}});
  EXPECT_EQ(put.status, 200U);
  EXPECT_EQ(put.body, "");
  EXPECT_EQ(put.headers.get("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
  EXPECT_EQ(put.headers.get("Content-Type"), "application/xml");
  const Answer get = gateway.call("GET", "/repo/main/a/b.csv");
  EXPECT_EQ(get.status, 200U);
  EXPECT_EQ(get.body, "hello");
  EXPECT_EQ(get.content_length, 5U);
  EXPECT_EQ(get.headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(get.headers.get("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
  EXPECT_EQ(get.headers.get("Accept-Ranges"), "bytes");
  EXPECT_TRUE(parse_http_date(get.headers.get("Last-Modified")));
  EXPECT_EQ(get.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(get.headers.get("Content-Security-Policy"), "default-src 'none'");
  const Answer head = gateway.call("HEAD", "/repo/main/a/b.csv");
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.content_length, 5U);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(gateway.put("main/plain", "x").status, 200U);
  EXPECT_EQ(gateway.call("HEAD", "/repo/main/plain").headers.get("Content-Type"),
            "application/octet-stream");
}

TEST(PutObject, KeepsOddKeysApart) {
  Gateway gateway;
  const std::vector<std::string> keys{"x",     "/x",    "x/",       "a//b",     "../../etc/passwd",
                                      "a b+c", "%41",   "\xc3\xa9", "\x01\xff", ".",
                                      "a?b#c", "&<>\"'"};
  for (const std::string& key : keys) {
    EXPECT_EQ(gateway.put("main/" + percent_encode(key, "/"), "of " + key).status, 200U) << key;
  }
  for (const std::string& key : keys) {
    EXPECT_EQ(gateway.get("main/" + percent_encode(key)), "of " + key) << key;
  }
  EXPECT_EQ(gateway.put("main/" + std::string(1024, 'x'), "y").status, 200U);
  EXPECT_EQ(gateway.put("main/" + std::string(1025, 'x'), "y").error(), "400 KeyTooLongError");
  EXPECT_EQ(gateway.call("GET", "/repo/main/" + std::string(1025, 'x')).error(),
            "400 KeyTooLongError");
}

TEST(PutObject, WritesToBranchesOnly) {
  Gateway gateway;
  gateway.put("main/a", "x");
  const std::string commit = (*gateway.world.commit("one"))->id.str();
  EXPECT_EQ(gateway.put("nowhere/a", "x").error(), "404 NoSuchBucket");
  EXPECT_EQ(gateway.put(commit + "/a", "x").error(), "404 NoSuchBucket");
  EXPECT_EQ(gateway.put("main~1/a", "x").error(), "400 InvalidArgument");
  EXPECT_EQ(gateway.put("main@/a", "x").error(), "400 InvalidArgument");
  EXPECT_EQ(gateway.get(commit + "/a"), "x");
  EXPECT_EQ(gateway.stored_objects(), 1U);
}

TEST(PutObject, KeepsConditions) {
  Gateway gateway;
  EXPECT_EQ(gateway.put("main/a", "1", {{"If-None-Match", "*"}}).status, 200U);
  EXPECT_EQ(gateway.put("main/a", "2", {{"If-None-Match", "*"}}).error(), "412 PreconditionFailed");
  const std::string etag(gateway.call("HEAD", "/repo/main/a").headers.get("ETag"));
  EXPECT_EQ(gateway.put("main/a", "3", {{"If-Match", "\"other\""}}).error(),
            "412 PreconditionFailed");
  EXPECT_EQ(gateway.put("main/b", "3", {{"If-Match", etag}}).error(), "412 PreconditionFailed");
  EXPECT_EQ(gateway.get("main/a"), "1");
  EXPECT_EQ(gateway.put("main/a", "3", {{"If-Match", etag}}).status, 200U);
  EXPECT_EQ(gateway.get("main/a"), "3");
  EXPECT_EQ(gateway.put("main/a", "4", {{"If-None-Match", etag}}).error(), "501 NotImplemented");
  EXPECT_EQ(gateway.stored_objects(), 2U);
}

TEST(PutObject, KeepsUserMetadata) {
  Gateway gateway;
  const Fields fields{{"x-amz-meta-My-Key", "v"}, {"x-amz-meta-words", "=?utf-8?q?=C3=A9?="}};
  EXPECT_EQ(gateway.put("main/a", "x", fields).status, 200U);
  const Answer head = gateway.call("HEAD", "/repo/main/a");
  EXPECT_EQ(head.headers.get("X-Amz-Meta-my-key"), "v");
  EXPECT_EQ(head.headers.get("X-Amz-Meta-words"), "=?utf-8?q?=C3=A9?=");
  EXPECT_EQ(gateway.put("main/b", "x", {{"x-amz-meta-a", std::string(2048, 'x')}}).error(),
            "400 MetadataTooLarge");
  EXPECT_EQ(gateway.put("main/b", "x", {{"x-amz-meta-a", "=?koi8-r?q?x?="}}).error(),
            "400 InvalidArgument");
  EXPECT_EQ(gateway.stored_objects(), 1U);
}

TEST(PutObject, TakesChunkedBodies) {
  Gateway gateway;
  const auto chunked = [&gateway](std::string body, const std::string& trailer,
                                  const std::string& length) {
    http::Request request =
        gateway.request("PUT", "/repo/main/a", std::move(body),
                        {{"X-Amz-Trailer", trailer}, {"X-Amz-Decoded-Content-Length", length}});
    gateway.sign(request, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    return gateway.send(std::move(request));
  };
  const std::string data = "5\r\n01234\r\n5\r\n56789\r\n0\r\n";
  const std::string good = data + "x-amz-checksum-crc32:" + [] {
    const std::uint32_t crc = crc32("0123456789");
    const std::string bytes{static_cast<char>(crc >> 24), static_cast<char>(crc >> 16),
                            static_cast<char>(crc >> 8), static_cast<char>(crc)};
    return base64_encode(bytes);
  }() + "\r\n\r\n";
  EXPECT_EQ(
      chunked(data + "x-amz-checksum-crc32:AAAAAA==\r\n\r\n", "x-amz-checksum-crc32", "10").error(),
      "400 BadDigest");
  EXPECT_EQ(chunked(good, "x-amz-checksum-md4", "10").error(), "400 InvalidRequest");
  EXPECT_EQ(chunked(good, "x-amz-checksum-crc32", "").error(), "411 MissingContentLength");
  EXPECT_EQ(chunked(good, "x-amz-checksum-crc32", "11").error(), "400 IncompleteBody");
  EXPECT_EQ(gateway.stored_objects(), 0U);
  EXPECT_EQ(chunked(good, "x-amz-checksum-crc32", "10").status, 200U);
  EXPECT_EQ(gateway.get("main/a"), "0123456789");
}

TEST(GetObject, SaysWhatIsMissing) {
  Gateway gateway;
  gateway.put("main/a", "x");
  EXPECT_EQ(gateway.call("GET", "/repo/main/b").error(), "404 NoSuchKey");
  EXPECT_EQ(gateway.call("GET", "/repo/nowhere/a").error(), "404 NoSuchKey");
  EXPECT_EQ(gateway.call("GET", "/repo/ma~x/a").error(), "400 InvalidArgument");
  EXPECT_EQ(gateway.call("GET", "/nowhere/main/a").error(), "404 NoSuchBucket");
  const auto entry = tarn::testing::run(
      gateway.objects.stat(Context(), gateway.world.repo, "main", ObjectPath::trusted("a")));
  const auto where =
      block::resolve(gateway.world.repo->storage_namespace, entry->address, entry->address_type);
  ASSERT_TRUE(tarn::testing::run(gateway.world.blocks->remove(Context(), *where)));
  EXPECT_EQ(gateway.call("GET", "/repo/main/a").error(), "404 NoSuchVersion");
}

TEST(GetObject, GivesRanges) {
  Gateway gateway;
  gateway.put("main/a", "hello world");
  gateway.put("main/empty", "");
  const auto get = [&gateway](const std::string& key, const std::string& range) {
    const Answer answer = gateway.call("GET", "/repo/main/" + key, "", {{"Range", range}});
    const Answer head = gateway.call("HEAD", "/repo/main/" + key, "", {{"Range", range}});
    EXPECT_EQ(answer.status, head.status) << range;
    EXPECT_EQ(answer.headers.get("Content-Range"), head.headers.get("Content-Range"));
    if (answer.status < 400) {
      EXPECT_EQ(answer.content_length, head.content_length);
      EXPECT_EQ(answer.content_length, answer.body.size());
    }
    return std::to_string(answer.status) + " " + std::string(answer.headers.get("Content-Range")) +
           " " + (answer.status == 416 ? answer.element("Code") : answer.body);
  };
  EXPECT_EQ(get("a", "bytes=0-4"), "206 bytes 0-4/11 hello");
  EXPECT_EQ(get("a", "bytes=8-"), "206 bytes 8-10/11 rld");
  EXPECT_EQ(get("a", "bytes=-3"), "206 bytes 8-10/11 rld");
  EXPECT_EQ(get("a", "bytes=-100"), "206 bytes 0-10/11 hello world");
  EXPECT_EQ(get("a", "bytes=0-100"), "206 bytes 0-10/11 hello world");
  EXPECT_EQ(get("a", "bytes= 0 - 4 "), "206 bytes 0-4/11 hello");
  for (const char* range : {"bytes=100-", "bytes=11-20", "bytes=-0"}) {
    EXPECT_EQ(get("a", range), "416 bytes */11 InvalidRange") << range;
  }
  for (const char* range :
       {"bytes=4-2", "bytes=0-1,3-4", "xx", "bytes=-", "bytes=a-b", "lines=0-1"}) {
    EXPECT_EQ(get("a", range), "200  hello world") << range;
  }
  EXPECT_EQ(get("empty", "bytes=0-"), "416 bytes */0 InvalidRange");
  EXPECT_EQ(gateway.get("main/empty"), "");
  EXPECT_EQ(
      gateway.call("GET", "/repo/main/a", "", {{"Range", "bytes=0-4"}, {"If-Range", "\"another\""}})
          .status,
      200U);
}

TEST(GetObject, KeepsConditions) {
  Gateway gateway;
  const std::string etag(gateway.put("main/a", "text").headers.get("ETag"));
  const auto status = [&gateway](const std::string& name, const std::string& value) {
    const Answer get = gateway.call("GET", "/repo/main/a", "", {{name, value}});
    EXPECT_EQ(get.status, gateway.call("HEAD", "/repo/main/a", "", {{name, value}}).status);
    return get.status;
  };
  EXPECT_EQ(status("If-Match", etag), 200U);
  EXPECT_EQ(status("If-Match", "\"other\""), 412U);
  EXPECT_EQ(status("If-None-Match", "\"other\""), 200U);
  EXPECT_EQ(status("If-None-Match", etag), 304U);
  EXPECT_EQ(status("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"), 304U);
  EXPECT_EQ(status("If-Unmodified-Since", "Sat, 01 Jan 2000 00:00:00 GMT"), 412U);
  const Answer same = gateway.call("GET", "/repo/main/a", "", {{"If-None-Match", etag}});
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.headers.get("ETag"), etag);
  EXPECT_FALSE(same.headers.contains("Content-Type"));
}

TEST(GetObject, LetsTheQueryReplaceFields) {
  Gateway gateway;
  gateway.put("main/a", "text");
  const Answer answer =
      gateway.call("GET",
                   "/repo/main/a?response-content-type=text%2Fcsv&response-cache-control=no-store"
                   "&response-content-disposition=attachment%3B%20filename%3Dx%0D%0AEvil%3A%20y");
  EXPECT_EQ(answer.headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(answer.headers.count("Content-Type"), 1U);
  EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");
  // No field can be smuggled in.
  EXPECT_EQ(answer.headers.get("Content-Disposition"), "attachment; filename=x  Evil: y");
}

TEST(CopyObject, CopiesBytesTypeAndMetadata) {
  Gateway gateway;
  gateway.put("main/a b", "text", {{"Content-Type", "text/csv"}, {"x-amz-meta-k", "v"}});
  const Answer copy =
      gateway.put("main/c", "", {{"x-amz-copy-source", "/repo/main/a%20b?versionId=null"}});
  EXPECT_EQ(copy.status, 200U) << copy.body;
  EXPECT_EQ(copy.element("ETag"), "&#34;1cb251ec0d568de6a929b520c4aed8d1&#34;");
  EXPECT_NE(copy.body.find("<CopyObjectResult><LastModified>"), std::string::npos);
  const Answer head = gateway.call("HEAD", "/repo/main/c");
  EXPECT_EQ(head.headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(head.headers.get("X-Amz-Meta-k"), "v");
  EXPECT_EQ(gateway.get("main/c"), "text");

  const Fields replace{{"x-amz-copy-source", "repo/main/a%20b"},
                       {"x-amz-metadata-directive", "REPLACE"},
                       {"Content-Type", "text/plain"},
                       {"x-amz-meta-n", "w"}};
  EXPECT_EQ(gateway.put("main/d", "", replace).status, 200U);
  const Answer replaced = gateway.call("HEAD", "/repo/main/d");
  EXPECT_EQ(replaced.headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(replaced.headers.get("X-Amz-Meta-k"), "");
  EXPECT_EQ(replaced.headers.get("X-Amz-Meta-n"), "w");
}

TEST(CopyObject, ReadsOtherReferencesAndRepositories) {
  Gateway gateway;
  gateway.put("main/a", "old");
  ASSERT_TRUE(gateway.world.commit("one"));
  gateway.put("main/a", "new");
  EXPECT_EQ(gateway.put("main/b", "", {{"x-amz-copy-source", "repo/main%40/a"}}).status, 200U);
  EXPECT_EQ(gateway.get("main/b"), "old");
  graveler::NewRepository other;
  other.id = RepositoryId::trusted("other");
  other.storage_namespace = StorageNamespace::trusted("mem://elsewhere/other");
  other.default_branch = BranchId::trusted("main");
  ASSERT_TRUE(
      tarn::testing::run(gateway.world.store().create_repository(Context(), std::move(other))));
  EXPECT_EQ(gateway.call("PUT", "/other/main/c", "", {{"x-amz-copy-source", "repo/main/a"}}).status,
            200U);
  EXPECT_EQ(gateway.call("GET", "/other/main/c").body, "new");
}

TEST(CopyObject, RefusesBadSourcesAndConditions) {
  Gateway gateway;
  const std::string etag(gateway.put("main/a", "x").headers.get("ETag"));
  const auto copy = [&gateway](const std::string& source, Fields fields = {}) {
    fields.emplace_back("x-amz-copy-source", source);
    return gateway.put("main/b", "", std::move(fields)).error();
  };
  EXPECT_EQ(copy("repo/main"), "400 InvalidArgument");
  EXPECT_EQ(copy("repo/main/nope"), "404 NoSuchKey");
  EXPECT_EQ(copy("repo/nowhere/a"), "404 NoSuchKey");
  EXPECT_EQ(copy("nowhere/main/a"), "404 NoSuchKey");
  EXPECT_EQ(copy("UPPER/main/a"), "404 NoSuchKey");
  EXPECT_EQ(copy("repo/main/"), "404 NoSuchKey");
  EXPECT_EQ(copy("repo/main/a", {{"x-amz-copy-source-if-match", "\"y\""}}),
            "412 PreconditionFailed");
  EXPECT_EQ(copy("repo/main/a", {{"x-amz-copy-source-if-none-match", etag}}),
            "412 PreconditionFailed");
  EXPECT_EQ(gateway.call("HEAD", "/repo/main/b").status, 404U);
  gateway.put("main/b", "there");
  EXPECT_EQ(copy("repo/main/a", {{"If-None-Match", "*"}}), "412 PreconditionFailed");
  EXPECT_EQ(gateway.put("nowhere/b", "", {{"x-amz-copy-source", "repo/main/a"}}).error(),
            "404 NoSuchBucket");
  EXPECT_EQ(gateway.get("main/b"), "there");
}

TEST(DeleteObject, IsDoneWhenNothingIsThere) {
  Gateway gateway;
  gateway.put("main/a", "x");
  const std::string commit = (*gateway.world.commit("one"))->id.str();
  for (const std::string& key :
       {std::string("main/a"), std::string("main/a"), std::string("nowhere/a"), commit + "/a"}) {
    const Answer answer = gateway.call("DELETE", "/repo/" + key);
    EXPECT_EQ(answer.status, 204U) << key;
    EXPECT_EQ(answer.body, "");
  }
  EXPECT_EQ(gateway.call("HEAD", "/repo/main/a").status, 404U);
  EXPECT_EQ(gateway.get(commit + "/a"), "x");
  EXPECT_EQ(gateway.call("DELETE", "/repo/main@/a").error(), "400 InvalidArgument");
  EXPECT_EQ(gateway.call("DELETE", "/repo/main/a?tagging").error(), "405 ERRLakeFSNotSupported");
}

std::string keys(const std::vector<std::string>& names, const std::string& more = "") {
  std::string out = "<Delete>" + more;
  for (const std::string& name : names) {
    out += "<Object><Key>" + name + "</Key></Object>";
  }
  return out + "</Delete>";
}

TEST(DeleteObjects, AnswersForEachKey) {
  Gateway gateway;
  gateway.put("main/x1", "x");
  gateway.put("main/x2", "x");
  gateway.branch("dev");
  gateway.put("dev/y", "x");
  const Answer answer =
      gateway.call("POST", "/repo?delete",
                   keys({"/", "main/x1", "main/", "main/nope", "nowhere/z", "dev/y", "main~1/x2"}));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body.substr(answer.body.find("<DeleteResult")),
            "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Deleted><Key>main/x1</Key></Deleted><Deleted><Key>main/</Key></Deleted>"
            "<Deleted><Key>main/nope</Key></Deleted><Deleted><Key>nowhere/z</Key></Deleted>"
            "<Deleted><Key>dev/y</Key></Deleted>"
            "<Error><Code>ErrDeletingKey</Code><Key>/</Key><Message>error deleting object: encoded "
            "path is malformed</Message></Error>"
            "<Error><Code>ErrDeletingKey</Code><Key>main~1/x2</Key><Message>error deleting object: "
            "branch id: invalid value: validation error</Message></Error></DeleteResult>");
  EXPECT_EQ(gateway.call("HEAD", "/repo/main/x1").status, 404U);
  EXPECT_EQ(gateway.call("HEAD", "/repo/dev/y").status, 404U);
  EXPECT_EQ(gateway.call("HEAD", "/repo/main/x2").status, 200U);
  const Answer quiet =
      gateway.call("POST", "/repo?delete", keys({"main/x2"}, "<Quiet>true</Quiet>"));
  EXPECT_EQ(quiet.body.substr(quiet.body.find("<DeleteResult")),
            "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></DeleteResult>");
  EXPECT_EQ(gateway.call("HEAD", "/repo/main/x2").status, 404U);
}

TEST(DeleteObjects, RefusesBadRequests) {
  Gateway gateway;
  EXPECT_EQ(gateway.call("POST", "/repo", keys({"main/a"})).error(), "405 ERRLakeFSNotSupported");
  EXPECT_EQ(gateway.call("POST", "/repo?delete", "").error(), "400 BadRequest");
  EXPECT_EQ(gateway.call("POST", "/repo?delete", "<Delete><Object>").error(), "400 BadRequest");
  EXPECT_EQ(gateway.call("POST", "/repo?delete", keys({})).error(), "400 MalformedXML");
  EXPECT_EQ(gateway
                .call("POST", "/repo?delete",
                      "<!DOCTYPE x [<!ENTITY e \"a\">]><Delete><Object><Key>&e;</Key></Object>"
                      "</Delete>")
                .error(),
            "400 BadRequest");
  EXPECT_EQ(
      gateway.call("POST", "/repo?delete", keys(std::vector<std::string>(1001, "main/a"))).error(),
      "400 MalformedXML");
  EXPECT_EQ(
      gateway.call("POST", "/repo?delete", keys(std::vector<std::string>(1000, "main/a"))).status,
      200U);
}

TEST(ReadOnlyRepositories, RefuseEveryWrite) {
  Gateway gateway;
  graveler::NewRepository request;
  request.id = RepositoryId::trusted("frozen");
  request.storage_namespace = StorageNamespace::trusted("mem://elsewhere/frozen");
  request.default_branch = BranchId::trusted("main");
  request.read_only = true;
  ASSERT_TRUE(
      tarn::testing::run(gateway.world.store().create_repository(Context(), std::move(request))));
  const std::string expected = "403 ErrReadOnlyRepository";
  EXPECT_EQ(gateway.call("PUT", "/frozen/main/a", "x").error(), expected);
  EXPECT_EQ(
      gateway.call("PUT", "/frozen/main/a", "", {{"x-amz-copy-source", "repo/main/a"}}).error(),
      expected);
  EXPECT_EQ(gateway.call("POST", "/frozen/main/a?uploads").error(), expected);
  EXPECT_EQ(gateway.call("POST", "/frozen/main/a?uploadId=x", "").error(), expected);
  EXPECT_EQ(gateway.call("DELETE", "/frozen/main/a").error(), expected);
  EXPECT_EQ(gateway.call("POST", "/frozen?delete", keys({"main/a"})).error(), expected);
  EXPECT_EQ(gateway.call("GET", "/frozen/main/a").error(), "404 NoSuchKey");
}

}  // namespace
}  // namespace tarn::endpoints::s3
