#include "endpoints/s3/testing/gateway.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

using testing::Answer;
using testing::Gateway;

/// All texts of elements of that name, joined.
std::string all(const std::string& body, const std::string& name) {
  std::string out;
  for (std::size_t at = 0;;) {
    at = body.find("<" + name + ">", at);
    if (at == std::string::npos) {
      return out;
    }
    at += name.size() + 2;
    out += (out.empty() ? "" : " ") + body.substr(at, body.find('<', at) - at);
  }
}

/// Everything from `<Name>` on without what changes from run to run.
std::string shape(std::string body) {
  for (const char* name : {"LastModified", "ETag"}) {
    for (std::size_t at = 0;
         (at = body.find("<" + std::string(name) + ">", at)) != std::string::npos; ++at) {
      const std::size_t end = body.find("</" + std::string(name), at);
      const std::size_t text = body.find('>', at) + 1;
      body.replace(text, end - text, "_");
    }
  }
  return body.substr(body.find("<ListBucketResult>"));
}

struct Listed {
  Gateway gateway;
  Listed() {
    for (const char* key : {"a/1", "a/2", "b+c&d.txt", "dir/x", "z"}) {
      gateway.put("main/" + percent_encode(key, "/"), "x");
    }
    gateway.branch("dev");
  }
};

TEST(ListObjects, WritesTheSecondVersion) {
  Listed at;
  EXPECT_EQ(shape(at.gateway.call("GET", "/repo?list-type=2&prefix=main/&delimiter=/").body),
            "<ListBucketResult><Name>repo</Name><IsTruncated>false</IsTruncated>"
            "<Prefix>main/</Prefix><Delimiter>/</Delimiter><KeyCount>4</KeyCount>"
            "<MaxKeys>1000</MaxKeys><CommonPrefixes><Prefix>main/a/</Prefix></CommonPrefixes>"
            "<CommonPrefixes><Prefix>main/dir/</Prefix></CommonPrefixes>"
            "<Contents><Key>main/b+c&amp;d.txt</Key><LastModified>_</LastModified><ETag>_</ETag>"
            "<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
            "<Contents><Key>main/z</Key><LastModified>_</LastModified><ETag>_</ETag><Size>1</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>");
  EXPECT_EQ(at.gateway.call("GET", "/repo?list-type=2&prefix=main/z").element("ETag"),
            "&#34;9dd4e461268c8034f5c8564e155c67a6&#34;");
}

TEST(ListObjects, WritesTheFirstVersion) {
  Listed at;
  EXPECT_EQ(shape(at.gateway.call("GET", "/repo?prefix=main/a/&max-keys=1&delimiter=/").body),
            "<ListBucketResult><Name>repo</Name><IsTruncated>true</IsTruncated>"
            "<Prefix>main/a/</Prefix><Delimiter>/</Delimiter><KeyCount>1</KeyCount>"
            "<MaxKeys>1</MaxKeys><Marker></Marker><NextMarker>main/a/1</NextMarker>"
            "<Contents><Key>main/a/1</Key><LastModified>_</LastModified><ETag>_</ETag>"
            "<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>");
  // Without a delimiter a client goes on from the last key.
  EXPECT_EQ(at.gateway.call("GET", "/repo?prefix=main/a/&max-keys=1").element("NextMarker"),
            "no NextMarker");
}

TEST(ListObjects, ShowsBranchesAtTheRoot) {
  Listed at;
  const Answer v1 = at.gateway.call("GET", "/repo?max-keys=1&delimiter=/");
  EXPECT_EQ(shape(v1.body),
            "<ListBucketResult><Name>repo</Name><IsTruncated>true</IsTruncated><Prefix></Prefix>"
            "<Delimiter>/</Delimiter><KeyCount>1</KeyCount><MaxKeys>1</MaxKeys>"
            "<CommonPrefixes><Prefix>dev/</Prefix></CommonPrefixes><Marker></Marker>"
            "<NextMarker>dev</NextMarker></ListBucketResult>");
  EXPECT_EQ(all(at.gateway.call("GET", "/repo?marker=dev&delimiter=/").body, "Prefix"), "main/");
  EXPECT_EQ(all(at.gateway.call("GET", "/repo?list-type=2").body, "Prefix"), "dev/ main/");
  EXPECT_EQ(all(at.gateway.call("GET", "/repo?list-type=2&prefix=/ma").body, "Prefix"),
            "/ma main/");
  const Answer v2 = at.gateway.call("GET", "/repo?list-type=2&max-keys=1");
  EXPECT_EQ(v2.element("NextContinuationToken"), "dev");
  const Answer next = at.gateway.call("GET", "/repo?list-type=2&continuation-token=dev");
  EXPECT_EQ(all(next.body, "Prefix"), "main/");
  EXPECT_EQ(next.element("ContinuationToken"), "dev");
}

// Page by page gives the same as at once, whatever the size of a page and the version.
TEST(ListObjects, GoesOnWhereItStopped) {
  Listed at;
  for (const std::string delimiter : {"", "/", "1"}) {
    const std::string query = "/repo?list-type=2&prefix=main/&delimiter=" + delimiter;
    const std::string whole = at.gateway.call("GET", query).body;
    for (int size = 1; size <= 3; ++size) {
      std::string keys;
      std::string prefixes;
      std::string token;
      for (int page = 0; page < 20; ++page) {
        const Answer answer = at.gateway.call(
            "GET", query + "&max-keys=" + std::to_string(size) +
                       (token.empty() ? "" : "&continuation-token=" + percent_encode(token)));
        const std::string more_keys = all(answer.body, "Key");
        keys += (keys.empty() || more_keys.empty() ? "" : " ") + more_keys;
        for (std::size_t p = 0; (p = answer.body.find("<CommonPrefixes>", p)) != std::string::npos;
             ++p) {
          prefixes += answer.body.substr(p, answer.body.find("</CommonPrefixes>", p) - p);
        }
        if (answer.element("IsTruncated") == "false") {
          break;
        }
        token = answer.element("NextContinuationToken");
        const std::size_t escape = token.find("&amp;");
        token = escape == std::string::npos ? token : token.replace(escape, 5, "&");
      }
      EXPECT_EQ(keys, all(whole, "Key")) << delimiter << size;
      std::string expected;
      for (std::size_t p = 0; (p = whole.find("<CommonPrefixes>", p)) != std::string::npos; ++p) {
        expected += whole.substr(p, whole.find("</CommonPrefixes>", p) - p);
      }
      EXPECT_EQ(prefixes, expected) << delimiter << size;
    }
  }
  EXPECT_EQ(
      all(at.gateway.call("GET", "/repo?list-type=2&prefix=main/&start-after=main/b").body, "Key"),
      "main/b+c&amp;d.txt main/dir/x main/z");
  EXPECT_EQ(all(at.gateway.call("GET", "/repo?prefix=main/&marker=main/dir/x").body, "Key"),
            "main/z");
}

TEST(ListObjects, EncodesNames) {
  Gateway gateway;
  gateway.put("main/" + percent_encode("a b~*\x01\xc3\xa9"), "x");
  const Answer answer =
      gateway.call("GET", "/repo?list-type=2&prefix=main/a%20b&encoding-type=url");
  EXPECT_EQ(answer.element("Key"), "main/a+b%7E*%01%C3%A9");
  EXPECT_EQ(answer.element("Prefix"), "main/a+b");
  EXPECT_EQ(answer.element("EncodingType"), "url");
  EXPECT_EQ(gateway.call("GET", "/repo?encoding-type=utf").error(), "400 InvalidArgument");
}

// XML has no place for most control characters; a token must survive it.
TEST(ListObjects, GoesOnAfterKeysThatXmlCannotHold) {
  Gateway gateway;
  for (const char* name : {"\x01", "\x02", "\xff"}) {
    gateway.put("main/" + percent_encode(name), "x");
  }
  std::string token;
  std::size_t keys = 0;
  for (int page = 0; page < 10; ++page) {
    const Answer answer = gateway.call(
        "GET", "/repo?list-type=2&max-keys=1&encoding-type=url&prefix=main/" +
                   (token.empty() ? "" : "&continuation-token=" + percent_encode(token)));
    keys += answer.element("Key") == "no Key" ? 0 : 1;
    if (answer.element("IsTruncated") == "false") {
      break;
    }
    token = answer.element("NextContinuationToken");
  }
  EXPECT_EQ(keys, 3U);
}

TEST(ListObjects, RefusesWhatMakesNoSense) {
  Listed at;
  for (const char* query : {"list-type=3", "prefix=/", "prefix=//x",
                            "list-type=2&prefix=main/&continuation-token=dev/a",
                            "prefix=main/&marker=//x", "prefix=ma~x/&list-type=2", "prefix=ma~x/",
                            "list-type=2&prefix=main/&continuation-token=//%25z"}) {
    EXPECT_EQ(at.gateway.call("GET", std::string("/repo?") + query).error(), "400 BadRequest")
        << query;
  }
  for (const char* value : {"-1", "x", "1x", "99999999999"}) {
    EXPECT_EQ(at.gateway.call("GET", std::string("/repo?max-keys=") + value).error(),
              "400 InvalidArgument")
        << value;
  }
  // More than a page is a page; none is the end.
  EXPECT_EQ(at.gateway.call("GET", "/repo?prefix=main/&max-keys=5000").element("MaxKeys"), "1000");
  const Answer none = at.gateway.call("GET", "/repo?prefix=main/&max-keys=0");
  EXPECT_EQ(none.element("IsTruncated"), "false");
  EXPECT_EQ(none.element("KeyCount"), "0");
}

TEST(ListObjects, OfMissingReferencesIsEmpty) {
  Gateway gateway;
  for (const char* type : {"1", "2"}) {
    const Answer answer =
        gateway.call("GET", std::string("/repo?prefix=nowhere/&list-type=") + type);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.element("KeyCount"), "0");
  }
}

TEST(ListObjects, ReadsEveryKindOfReference) {
  Gateway gateway;
  gateway.put("main/a", "x");
  const auto commit = gateway.world.commit("one");
  ASSERT_TRUE(commit);
  gateway.put("main/b", "x");
  const auto keys = [&gateway](const std::string& ref) {
    return all(gateway.call("GET", "/repo?list-type=2&prefix=" + percent_encode(ref + "/")).body,
               "Key");
  };
  EXPECT_EQ(keys("main"), "main/a main/b");
  EXPECT_EQ(keys("main@"), "main@/a");
  const std::string id = (*commit)->id.str();
  EXPECT_EQ(keys(id), id + "/a");
  EXPECT_EQ(keys("main~1"), "");
}

}  // namespace
}  // namespace tarn::endpoints::s3
