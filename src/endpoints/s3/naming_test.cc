#include "endpoints/s3/naming.h"

#include "endpoints/s3/config.h"
#include "endpoints/s3/operation.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

const std::vector<std::string> kDomains{"lakefs.example.com", "s3.other.test"};

/// `repo|ref|path`, with `v` for a virtual host and `m` for a host that matched.
std::string address(std::string_view host, std::string_view path) {
  const Address a = parse_address(host, path, kDomains);
  return a.repository + "|" + a.ref + "|" + a.path + (a.virtual_host ? " v" : "") +
         (a.matched_host ? " m" : "");
}

TEST(Naming, TakesTheRepositoryFromTheHost) {
  EXPECT_EQ(address("foo.lakefs.example.com", "/"), "foo|| v m");
  EXPECT_EQ(address("foo.lakefs.example.com", ""), "foo|| v m");
  EXPECT_EQ(address("foo.lakefs.example.com:8000", "/bar"), "foo|bar| v m");
  EXPECT_EQ(address("FOO.Lakefs.Example.com", "/bar/"), "foo|bar| v m");
  EXPECT_EQ(address("foo.lakefs.example.com", "/bar/a/b/c/"), "foo|bar|a/b/c/ v m");
  EXPECT_EQ(address("a.b.lakefs.example.com", "/bar/x"), "a.b|bar|x v m");
  // A suffix without its dot is another host.
  EXPECT_EQ(address("xlakefs.example.com", "/foo/bar/x"), "foo|bar|x");
}

TEST(Naming, TakesTheRepositoryFromThePath) {
  EXPECT_EQ(address("lakefs.dev", "/foo"), "foo||");
  EXPECT_EQ(address("lakefs.dev", "foo/"), "foo||");
  EXPECT_EQ(address("lakefs.dev", "/foo/bar/a/b/c"), "foo|bar|a/b/c");
  EXPECT_EQ(address("lakefs.dev", "/foo/main//x"), "foo|main|/x");
  EXPECT_EQ(address("lakefs.dev", "//foo/main/x"), "|foo|main/x");
  EXPECT_EQ(address("lakefs.example.com", ""), "|| m");
  EXPECT_EQ(address("lakefs.example.com:80", "/foo/main/x"), "foo|main|x m");
  EXPECT_EQ(address("[::1]:8000", "/foo/main/x"), "foo|main|x");
}

/// `ref|path`, with `/` if there was one.
std::string key(std::string_view text) {
  const std::optional<Key> k = parse_key(text);
  return k ? k->ref + "|" + k->path + (k->with_path ? " /" : "") : "malformed";
}

TEST(Naming, ReadsKeysInParameters) {
  EXPECT_EQ(key(""), "|");
  EXPECT_EQ(key("Branch-1"), "Branch-1|");
  EXPECT_EQ(key("/Branch-1"), "Branch-1|");
  EXPECT_EQ(key("Branch-1/"), "Branch-1| /");
  EXPECT_EQ(key("Branch-1//path3/"), "Branch-1|/path3/ /");
  EXPECT_EQ(key("main~1//a/b"), "main~1|/a/b /");
  EXPECT_EQ(key("BrAnCh99/ a dir / a file"), "BrAnCh99| a dir / a file /");
  EXPECT_EQ(key("/"), "malformed");
  EXPECT_EQ(key("//x"), "malformed");
}

http::Request request(const std::string& host, const std::string& target,
                      const std::string& field = "", const std::string& value = "") {
  http::Request out;
  out.target = target;
  out.headers.add("Host", host);
  if (!field.empty()) {
    out.headers.add(field, value);
  }
  return out;
}

TEST(Naming, KnowsWhatIsForTheGateway) {
  const auto is_ours = [](const http::Request& r) { return is_gateway_request(r, kDomains); };
  EXPECT_TRUE(is_ours(request("lakefs.example.com", "/")));
  EXPECT_TRUE(is_ours(request("lakefs.example.com:8000", "/api/v1/config")));
  EXPECT_TRUE(is_ours(request("repo.lakefs.example.com", "/")));
  EXPECT_FALSE(is_ours(request("a.b.lakefs.example.com", "/")));
  EXPECT_FALSE(is_ours(request(".lakefs.example.com", "/")));
  EXPECT_FALSE(is_ours(request("LAKEFS.example.com", "/")));
  EXPECT_FALSE(is_ours(request("localhost", "/repo/main/x")));
  EXPECT_TRUE(is_ours(request("h", "/api/v1/x", "Authorization", "AWS4-HMAC-SHA256 x")));
  EXPECT_TRUE(is_ours(request("h", "/", "Authorization", "AWS a:b")));
  EXPECT_FALSE(is_ours(request("h", "/", "Authorization", "AWSX a:b")));
  EXPECT_FALSE(is_ours(request("h", "/", "Authorization", "Basic AWS4")));
  EXPECT_TRUE(is_ours(request("h", "/", "X-Amz-Signature", "x")));
  EXPECT_TRUE(is_ours(request("h", "/x?a=b&X-Amz-Credential=c")));
  EXPECT_TRUE(is_ours(request("h", "/x?AWSAccessKeyId=c")));
  EXPECT_FALSE(is_ours(request("h", "/x?AWSAccessKeyId=")));
  EXPECT_FALSE(is_ours(request("h", "/x?AWSAccessKeyId=&b=c")));
  EXPECT_FALSE(is_ours(request("h", "/x?XX-Amz-Credential=c")));
}

TEST(Naming, RefusesDomainsBelowDomains) {
  EXPECT_EQ(parse_domains({" s3.test:8000 ", "", "other"}).value(),
            (std::vector<std::string>{"s3.test", "other"}));
  const auto refused = parse_domains({"a.s3.test", "s3.test"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "bad configuration: domain names are prefixes: s3.test, a.s3.test");
  EXPECT_TRUE(parse_domains({"xs3.test", "s3.test"}));
}

TEST(Operations, FollowFromAddressAndMethod) {
  const auto name = [](const char* path, std::string_view method) {
    return std::string(to_string(operation_of(parse_address("h", path, {}), method)));
  };
  EXPECT_EQ(name("/", "GET"), "list_buckets");
  EXPECT_EQ(name("/", "PUT"), "not_found");
  EXPECT_EQ(name("/repo", "GET"), "list_objects");
  EXPECT_EQ(name("/repo", "HEAD"), "head_bucket");
  EXPECT_EQ(name("/repo/", "PUT"), "put_bucket");
  EXPECT_EQ(name("/repo", "POST"), "delete_objects");
  EXPECT_EQ(name("/repo", "DELETE"), "unsupported");
  EXPECT_EQ(name("/repo", "OPTIONS"), "not_found");
  EXPECT_EQ(name("/repo/main", "GET"), "not_found");
  EXPECT_EQ(name("/repo/main/", "PUT"), "not_found");
  EXPECT_EQ(name("/repo/main/x", "GET"), "get_object");
  EXPECT_EQ(name("/repo/main/x", "HEAD"), "head_object");
  EXPECT_EQ(name("/repo/main/x", "PUT"), "put_object");
  EXPECT_EQ(name("/repo/main/x", "POST"), "post_object");
  EXPECT_EQ(name("/repo/main/x", "DELETE"), "delete_object");
  EXPECT_EQ(name("/repo/main/x", "PATCH"), "not_found");
  EXPECT_EQ(name("//repo/main/x", "GET"), "list_buckets");
}

TEST(Operations, KnowTheSubResourcesTheyLack) {
  const auto lacks = [](Operation operation, const char* name) {
    return names_unsupported(operation, {{"prefix", "x"}, {name, ""}});
  };
  EXPECT_TRUE(lacks(Operation::kListObjects, "policy"));
  EXPECT_TRUE(lacks(Operation::kListObjects, "versions"));
  EXPECT_FALSE(lacks(Operation::kListObjects, "location"));
  EXPECT_FALSE(lacks(Operation::kListObjects, "versioning"));
  EXPECT_TRUE(lacks(Operation::kPutBucket, "versioning"));
  EXPECT_TRUE(lacks(Operation::kHeadBucket, "acl"));
  EXPECT_TRUE(lacks(Operation::kListBuckets, "events"));
  EXPECT_TRUE(lacks(Operation::kGetObject, "torrent"));
  EXPECT_FALSE(lacks(Operation::kGetObject, "tagging"));
  EXPECT_TRUE(lacks(Operation::kPostObject, "select"));
  EXPECT_TRUE(lacks(Operation::kDeleteObject, "tagging"));
  EXPECT_FALSE(lacks(Operation::kHeadObject, "acl"));
}

}  // namespace
}  // namespace tarn::endpoints::s3
