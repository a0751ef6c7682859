#include "actions/lua/modules/azure_client.h"
#include "actions/lua/testing/server_bench.h"
#include "base/encoding.h"
#include "base/thread_annotations.h"
#include "http/testing/imposter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

// `azure` against blobs in memory.

namespace tarn::actions::lua {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::HasSubstr;
using testing::ServerBench;

constexpr std::string_view kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr std::string_view kDate = "Sun, 29 Oct 2023 15:17:50 GMT";

std::string authorization(const CloudRequest& request, std::string_view target) {
  return azure_authorization("myaccount", base64_decode(kKey).value(), request, target);
}

/// What azure-storage-blob 12.31 for Python signs such requests with.
TEST(AzureSharedKey, SignsAsAzuresOwnClient) {
  CloudRequest put;
  put.method = "PUT";
  put.body = "hello";
  put.headers.set("Content-Type", "application/octet-stream");
  put.headers.set("x-ms-version", "2021-08-06");
  put.headers.set("X-Ms-Date", std::string(kDate));
  put.headers.set("x-ms-blob-type", "BlockBlob");
  EXPECT_EQ(authorization(put, "/box/dir/a%20b%2Bc.txt"),
            "SharedKey myaccount:OIlhsjWSeffFWjEiDq0pqSxjsQrvqW/LkbPJZhlV7Yk=");
  put.body.clear();
  EXPECT_EQ(authorization(put, "/myaccount/box/empty"),
            "SharedKey myaccount:5ZRgO3yPfZNXB8MHVfp2GnRwln7VprCv9uy8XMoNf/Q=");
  CloudRequest get;
  get.method = "GET";
  get.headers.set("x-ms-date", std::string(kDate));
  get.headers.set("x-ms-version", "2021-08-06");
  EXPECT_EQ(authorization(get, "/box/x"),
            "SharedKey myaccount:rwZQkPZ5770cTZfAuoTIfxisqE04mfBcNZcYqIh/bNY=");
}

/// Blobs of container `box` of `myaccount`, path-style as an emulator has them. Checks signatures.
class Blobs {
 public:
  std::string url() const { return imposter_.base_url() + "/myaccount"; }
  std::vector<ReceivedRequest> requests() const { return imposter_.requests(); }
  void fail_once(unsigned status) {
    const MutexLock lock(mutex_);
    failure_ = status;
  }

 private:
  static Reply refusal(unsigned status, const std::string& code) {
    Reply reply;
    reply.status = status;
    reply.headers.add("x-ms-error-code", code);
    reply.body = "\xef\xbb\xbf<?xml version=\"1.0\"?><Error><Code>" + code +
                 "</Code><Message>It says why.\nTime:x</Message></Error>";
    return reply;
  }

  Reply answer(const ReceivedRequest& request) {
    CloudRequest signed_request;
    signed_request.method = request.method;
    signed_request.headers = request.headers;
    signed_request.body = request.body;
    if (request.headers.get("Authorization") != authorization(signed_request, request.target)) {
      return refusal(403, "AuthenticationFailed");
    }
    EXPECT_TRUE(request.headers.get("x-ms-date").ends_with(" GMT"));
    EXPECT_EQ(request.headers.get("x-ms-version"), "2021-08-06");
    const MutexLock lock(mutex_);
    if (const unsigned status = std::exchange(failure_, 0); status != 0) {
      return refusal(status, "ServerBusy");
    }
    const std::string prefix = "/myaccount/box/";
    if (!request.target.starts_with(prefix)) {
      return refusal(404, "ContainerNotFound");
    }
    const std::string name = percent_decode(request.target.substr(prefix.size())).value();
    Reply reply;
    if (request.method == "PUT") {
      EXPECT_EQ(request.headers.get("x-ms-blob-type"), "BlockBlob");
      blobs_[name] = request.body;
      reply.status = 201;
      return reply;
    }
    const auto found = blobs_.find(name);
    if (found == blobs_.end()) {
      return refusal(404, "BlobNotFound");
    }
    if (request.method == "DELETE") {
      blobs_.erase(found);
      reply.status = 202;
      return reply;
    }
    reply.body = found->second;
    return reply;
  }

  mutable Mutex mutex_;
  std::map<std::string, std::string> blobs_ TARN_GUARDED_BY(mutex_);
  unsigned failure_ TARN_GUARDED_BY(mutex_) = 0;
  Imposter imposter_{[this](const ReceivedRequest& request) { return answer(request); }};
};

class LuaAzure : public ::testing::Test {
 protected:
  std::string run(const std::string& script, std::string_view key = kKey) {
    bench_.args.set("url", blobs_.url());
    bench_.args.set("key", key);
    const auto outcome = bench_.run(
        "local blob = require('azure').blob_client('myaccount', args.key, args.url) " + script);
    return outcome.error.empty() ? outcome.output : "error: " + outcome.raised();
  }

  Blobs blobs_;
  ServerBench bench_;
};

TEST_F(LuaAzure, PutsGetsAndDeletes) {
  EXPECT_EQ(run(R"(
    print(select("#", blob.put_object("box/dir/a b%41+c=ü#?.txt", "x\0y")))
    local body, found = blob.get_object("box/dir/a b%41+c=ü#?.txt")
    print(#body, found)
    blob.delete_object("box/dir/a b%41+c=ü#?.txt")
    print(blob.get_object("box/dir/a b%41+c=ü#?.txt"))
    print(blob.get_object("other/a"))
    blob.put_object("box/empty", "")
    print(blob.get_object("box/empty"))
  )"),
            "0\n3\ttrue\n\tfalse\n\tfalse\n\ttrue\n");
  EXPECT_EQ(blobs_.requests()[0].target, "/myaccount/box/dir/a%20b%2541+c=%C3%BC%23%3F.txt");
}

TEST_F(LuaAzure, TriesAgain) {
  blobs_.fail_once(503);
  EXPECT_EQ(run("blob.put_object('box/a', 'x') print(blob.get_object('box/a'))"), "x\ttrue\n");
}

TEST_F(LuaAzure, RaisesWhatAzureSays) {
  EXPECT_THAT(run("blob.get_object('box/a')", "c2VjcmV0"),
              HasSubstr("azure client: GET box/a: status 403 AuthenticationFailed: It says why."));
  EXPECT_THAT(run("blob.delete_object('box/none')"),
              HasSubstr("azure client: DELETE box/none: status 404 BlobNotFound"));
  for (const char* path : {"", "box", "/box/a"}) {
    EXPECT_THAT(run("blob.get_object('" + std::string(path) + "')"),
                HasSubstr("azure client: invalid path, missing container name from path: " +
                          std::string(path)));
  }
  EXPECT_THAT(run("", "no base64!"), HasSubstr("the key of a storage account expected"));
  EXPECT_THAT(bench_.run("require('azure').blob_client('my/account', args.key)").error,
              HasSubstr("the name of a storage account expected"));
}

TEST_F(LuaAzure, GoesWhereHooksMay) {
  bench_.refuse_hosts();
  EXPECT_THAT(run("blob.get_object('box/a')"), HasSubstr("127.0.0.1: hooks may not go there"));
  EXPECT_TRUE(blobs_.requests().empty());
}

TEST(LuaAzurePath, TransformsToAbfss) {
  ServerBench bench;
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"https://acct.blob.core.windows.net/box/a/b%20c",
       "abfss://box@acct.dfs.core.windows.net/a/b%20c"},
      {"https://acct.adls.core.windows.net/box/a", "abfss://box@acct.dfs.core.windows.net/a"},
      {"https://acct.blob.core.windows.net/box/", "abfss://box@acct.dfs.core.windows.net/"},
  };
  for (const auto& [url, expected] : rows) {
    EXPECT_EQ(bench.eval("require('azure').abfss_transform_path('" + std::string(url) + "')"),
              expected);
  }
  for (const std::string_view url :
       {"", "s3://bucket/a", "http://acct.blob.core.windows.net/box/a",
        "https://acct.blob.core.windows.net/box", "https://acct.blob.core.windows.net//a",
        "https://acct.blob.example.com/box/a", "https://.blob.core.windows.net/box/a",
        "https://a.b.blob.core.windows.net/box/a"}) {
    EXPECT_EQ(bench.eval("require('azure').abfss_transform_path('" + std::string(url) + "')"),
              "error: expected valid Azure https URL: " + std::string(url));
  }
}

}  // namespace
}  // namespace tarn::actions::lua
