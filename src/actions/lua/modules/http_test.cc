// The module `net/http` against an imposter, and where AWS clients of scripts may go.
#include "actions/lua/testing/server_bench.h"
#include "http/guarded_client.h"
#include "http/testing/imposter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tarn::actions::lua {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::HasSubstr;
using testing::ServerBench;

constexpr ErrorId kRefused{ErrorKind::kForbidden, "not there"};

/// Answers what it was sent, as text.
Reply echo(const ReceivedRequest& request) {
  Reply reply;
  reply.status = request.path() == "/teapot" ? 418 : 200;
  reply.headers.add("x-one", "1");
  reply.headers.add("set-cookie", "a=b");
  reply.headers.add("set-cookie", "c=d");
  reply.body = request.method + " " + request.target + " " +
               std::string(request.headers.get("X-Given")) + " [" + request.body + "]";
  return reply;
}

class NetHttp : public ::testing::Test {
 protected:
  NetHttp() { bench_.net_http = true; }
  /// The script's output, with `url` for the imposter.
  std::string run(const std::string& script) {
    const auto outcome = bench_.run("local http = require('net/http')\nlocal url = '" +
                                    imposter_.base_url() + "'\n" + script);
    return outcome.error.empty() ? outcome.output : "error: " + outcome.error;
  }

  Imposter imposter_{echo};
  ServerBench bench_;
};

TEST_F(NetHttp, AnswersCodeBodyHeadersStatus) {
  EXPECT_EQ(run("local code, body, headers, status = http.request(url .. '/p?q=1#f')\n"
                "print(code, body, status, headers['X-One'], headers['Set-Cookie'][1],\n"
                "      headers['Set-Cookie'][2], #headers['Set-Cookie'])"),
            "200\tGET /p?q=1  []\t200 OK\t1\ta=b\tc=d\t2\n");
  EXPECT_EQ(run("print((http.request(url .. '/teapot')))"), "418\n");
}

TEST_F(NetHttp, PostsWithABody) {
  EXPECT_EQ(run("local _, body = http.request(url, 'some\\0bytes') print((body:gsub('%z', '0')))"),
            "POST /  [some0bytes]\n");
  EXPECT_EQ(run("local _, body = http.request{url = url .. '/x', method = 'PUT', body = 'b',\n"
                "                             headers = {['X-Given'] = 'h'}}\n"
                "print(body)"),
            "PUT /x h [b]\n");
  EXPECT_EQ(run("local _, body = http.request{url = url, body = 'b', headers = {['X-Given'] = 7}}\n"
                "print(body)"),
            "POST / 7 [b]\n");
  EXPECT_EQ(run("local _, body = http.request{url = url, headers = {['X-Given'] = {a = 'in'},\n"
                "                             Other = {'ignored'}}}\n"
                "print(body)"),
            "GET / in []\n");
  EXPECT_EQ(run("print((http.request{url = url, method = 'HEAD'}))"), "200\n");
}

TEST_F(NetHttp, RaisesWhatCannotBeAsked) {
  EXPECT_THAT(run("http.request()"),
              HasSubstr("first argument can be url or request table (invalid type: "));
  EXPECT_THAT(run("http.request(7)"),
              HasSubstr("first argument can be url or request table (invalid type: 3)"));
  EXPECT_THAT(run("http.request{}"), HasSubstr("missing request url"));
  EXPECT_THAT(run("http.request('')"), HasSubstr("missing request url"));
  EXPECT_THAT(run("http.request('file:///etc/passwd')"), HasSubstr("is no http or https URL"));
  EXPECT_THAT(run("http.request{url = url, headers = {['a b'] = 'c'}}"),
              HasSubstr("invalid header field 'a b'"));
  EXPECT_THAT(run("http.request{url = url, headers = {a = 'x\\r\\nEvil: 1'}}"),
              HasSubstr("invalid header field 'a'"));
  EXPECT_THAT(run("http.request{url = url, method = 'G T'}"),
              HasSubstr("malformed request method"));
  EXPECT_THAT(run("http.request{url = url, headers = 'x'}"),
              HasSubstr("'headers' should be a table"));
  // Failures are errors that a script can catch.
  EXPECT_EQ(run("print((pcall(http.request, 'http://localhost:1/')))"), "false\n");
}

TEST_F(NetHttp, IsThereOnlyWhenSwitchedOn) {
  bench_.net_http = false;
  EXPECT_THAT(run(""), HasSubstr("module 'net/http' not found"));
}

TEST_F(NetHttp, GoesWhereHooksMay) {
  const SystemClock clock;
  const auto guarded = http::make_guarded_client(
      {},
      [](std::string_view, std::string_view address) -> Result<void> {
        return Error(kRefused, std::string(address));
      },
      clock);
  bench_.outbound = guarded.get();
  EXPECT_THAT(run("http.request(url)"), HasSubstr("127.0.0.1: not there"));
  EXPECT_TRUE(imposter_.requests().empty());
  // An endpoint that a script names falls under the same rules; the server's own does not.
  EXPECT_THAT(run("local s3 = require('aws').s3_client('id', 'key', 'us-east-1', url)\n"
                  "s3.put_object('bucket', 'key', 'data')"),
              HasSubstr("127.0.0.1: not there"));
  EXPECT_THAT(run("local glue = require('aws').glue_client('id', 'key', 'us-east-1', url)\n"
                  "glue.get_table('db', 'table')"),
              HasSubstr("127.0.0.1: not there"));
  EXPECT_TRUE(imposter_.requests().empty());
  EXPECT_EQ(run("local s3 = require('aws').s3_client()\n"
                "print(s3.get_object('no-bucket', 'key'))"),
            "\tfalse\n");
}

}  // namespace
}  // namespace tarn::actions::lua
