// Goal: what the client does with answers that are not what was asked for. Method: an imposter that
// answers by a script; waits between tries are set to nothing.
#include "ctl/session.h"

#include "http/testing/imposter.h"

#include <gtest/gtest.h>

#include <atomic>

namespace tarn::ctl {
namespace {

using http::testing::Gate;
using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;

Config config_for(const std::string& url) {
  Config out;
  out.endpoint_url = url;
  out.access_key_id = "key";
  out.secret_access_key = Secret("secret");
  out.retries_max = 4;
  out.idle_timeout = std::chrono::minutes(1);
  return out;
}

Reply json(unsigned status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", "application/json");
  reply.body = std::move(body);
  return reply;
}

Reply redirect(const std::string& where) {
  Reply reply;
  reply.status = 302;
  reply.headers.add("Location", where);
  return reply;
}

constexpr const char* kUser = R"({"user":{"id":"me","creation_date":1}})";

Result<api::dto::CurrentUser> whoami(Session& session) {
  return session.call<api::ops::GetCurrentUser>({});
}

class SessionTest : public ::testing::Test {
 protected:
  SystemClock clock_;
};

TEST_F(SessionTest, SendsCredentialsAndItsName) {
  Imposter server([](const ReceivedRequest&) { return json(200, kUser); });
  Session session(config_for(server.base_url() + "/"), clock_);
  const auto user = whoami(session);
  ASSERT_TRUE(user) << user.error().message();
  EXPECT_EQ(user->user.id, "me");
  const ReceivedRequest sent = server.requests().front();
  EXPECT_EQ(sent.target, "/api/v1/user");
  EXPECT_EQ(sent.headers.get("Authorization"), "Basic a2V5OnNlY3JldA==");
  EXPECT_EQ(sent.headers.get("User-Agent"), "lakectl/" TARN_VERSION "/linux/unknown/unknown");
}

TEST_F(SessionTest, KeepsABasePathAndSendsJson) {
  Imposter server([](const ReceivedRequest&) { return json(404, R"({"message":"no"})"); });
  Session session(config_for(server.base_url() + "/base"), clock_);
  api::CreateTagRequest request;
  request.repository = "repo";
  request.body.id = "v 1";
  request.body.ref = "main";
  EXPECT_FALSE(session.call<api::ops::CreateTag>(request));
  const ReceivedRequest sent = server.requests().front();
  EXPECT_EQ(sent.target, "/base/repositories/repo/tags");
  EXPECT_EQ(sent.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(sent.body, R"({"id":"v 1","ref":"main"})");
}

TEST_F(SessionTest, NamesWhatTheServerRefuses) {
  struct {
    Reply reply;
    const ErrorId& id;
    std::string text;
  } const cases[] = {
      {json(404, R"({"message":"branch not found"})"), kApiNotFound,
       "branch not found\n404 Not Found"},
      {json(401, R"({"message":"who?"})"), kApiUnauthorized, "who?\n401 Unauthorized"},
      {json(409, R"({"message":"two"})"), kApiConflict, "two\n409 Conflict"},
      {json(400, "<html>"), kApiFailure, "\n400 Bad Request"},
      {json(200, "<html>"), kNotJson, "Bad response from server"},
      {json(200, ""), kNotJson, "Bad response from server"},
      {json(204, ""), kFailed, "got unexpected status code: 204, expected: 200"},
  };
  for (const auto& expected : cases) {
    Imposter server([&](const ReceivedRequest&) { return expected.reply; });
    Session session(config_for(server.base_url()), clock_);
    const auto user = whoami(session);
    ASSERT_FALSE(user) << expected.text;
    EXPECT_TRUE(user.error().is(expected.id)) << expected.text;
    EXPECT_EQ(user.error().message(), expected.text);
    EXPECT_EQ(server.requests().size(), 1U) << expected.text;
  }
}

TEST_F(SessionTest, TriesAgainWhatMayPass) {
  std::atomic<int> count = 0;
  Imposter server([&](const ReceivedRequest&) {
    switch (count++) {
      case 0:
        return json(500, "");
      case 1: {
        Reply drop;
        drop.drop = true;
        return drop;
      }
      case 2: {
        Reply busy = json(503, "");
        busy.headers.add("Retry-After", "0");
        return busy;
      }
      case 3:
        return json(429, "");
      default:
        return json(200, kUser);
    }
  });
  Session session(config_for(server.base_url()), clock_);
  const auto user = whoami(session);
  ASSERT_TRUE(user) << user.error().message();
  EXPECT_EQ(server.requests().size(), 5U);
}

TEST_F(SessionTest, GivesUpAfterItsTries) {
  Imposter server([](const ReceivedRequest&) { return json(503, R"({"message":"busy"})"); });
  const std::string url = server.base_url() + "/api/v1/user";
  Session session(config_for(server.base_url()), clock_);
  const auto user = whoami(session);
  ASSERT_FALSE(user);
  EXPECT_TRUE(user.error().is(kTransport));
  EXPECT_EQ(user.error().message(),
            "Get \"" + url + "\": GET " + url +
                " giving up after 5 attempt(s): 503 Service Unavailable: busy");
  EXPECT_EQ(server.requests().size(), 5U);
}

TEST_F(SessionTest, TriesOnceWithoutRetries) {
  Imposter server([](const ReceivedRequest&) { return json(500, R"({"message":"oops"})"); });
  Config config = config_for(server.base_url());
  config.retries_enabled = false;
  Session session(config, clock_);
  const auto user = whoami(session);
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().message(), "oops\n500 Internal Server Error");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(SessionTest, RefusesOtherSchemesWithoutATry) {
  Session session(config_for("wrong_uri"), clock_);
  const auto user = whoami(session);
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().message(),
            "Get \"/wrong_uri/user\": GET /wrong_uri/user giving up after 1 attempt(s): "
            "unsupported protocol scheme \"\"");
}

TEST_F(SessionTest, DoesNotSendAPipeTwice) {
  std::atomic<int> opened = 0;
  Imposter server([](const ReceivedRequest&) { return json(500, R"({"message":"full"})"); });
  Session session(config_for(server.base_url()), clock_);
  Call call = session.prepare(api::encode_call(api::UploadObjectRequest{.repository = "r",
                                                                        .branch = "b",
                                                                        .path = "p",
                                                                        .storage_class = {},
                                                                        .if_none_match = {},
                                                                        .if_match = {}}));
  call.body = [&]() -> std::unique_ptr<ByteSource> {
    return opened++ == 0 ? memory_source("bytes") : nullptr;
  };
  const auto answer = session.exchange(call);
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message().find(
                "giving up after 1 attempt(s): 500 Internal Server Error: full"),
            std::string::npos)
      << answer.error().message();
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(SessionTest, GivesNoCredentialsToOtherHosts) {
  Imposter store([](const ReceivedRequest&) { return json(200, "bytes"); });
  Imposter server([&](const ReceivedRequest& request) {
    return request.path() == "/api/v1/again" ? redirect(store.base_url() + "/signed?x=1")
                                             : redirect("/api/v1/again");
  });
  Session session(config_for(server.base_url()), clock_);
  api::GetObjectRequest request;
  request.repository = "r";
  request.ref = "main";
  request.path = "a";
  Call call = session.prepare(api::encode_call(request));
  std::string got;
  call.sink = [&](ByteView bytes) -> Result<void> {
    got.append(bytes);
    return {};
  };
  const auto answer = session.exchange(call);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(got, "bytes");
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_TRUE(server.requests()[1].headers.contains("Authorization"));
  EXPECT_EQ(store.requests().front().target, "/signed?x=1");
  EXPECT_FALSE(store.requests().front().headers.contains("Authorization"));
}

TEST_F(SessionTest, StopsAfterTenRedirects) {
  Imposter server([](const ReceivedRequest& request) { return redirect(request.target); });
  Session session(config_for(server.base_url()), clock_);
  const auto user = whoami(session);
  ASSERT_FALSE(user);
  EXPECT_NE(user.error().message().find("giving up after 1 attempt(s): stopped after 10 redirects"),
            std::string::npos)
      << user.error().message();
  EXPECT_EQ(server.requests().size(), 11U);
}

TEST_F(SessionTest, EndsWhenTheServerHangs) {
  auto gate = std::make_shared<Gate>();
  Imposter server([&](const ReceivedRequest&) {
    Reply reply = json(200, kUser);
    reply.before = gate;
    return reply;
  });
  Config config = config_for(server.base_url());
  config.idle_timeout = std::chrono::milliseconds(50);
  config.retries_enabled = false;
  Session session(config, clock_);
  const auto user = whoami(session);
  gate->open();
  ASSERT_FALSE(user);
  EXPECT_TRUE(user.error().is(kTransport));
}

TEST_F(SessionTest, SaysWhenAStreamIsCutShort) {
  Imposter server([](const ReceivedRequest&) {
    Reply reply = json(200, std::string(1000, 'x'));
    reply.cut_at = 10;
    return reply;
  });
  Session session(config_for(server.base_url()), clock_);
  Call call = session.prepare(api::encode_call(api::GetCurrentUserRequest{}));
  call.sink = [](ByteView) { return Result<void>(); };
  const auto answer = session.exchange(call);
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(kCutShort));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(SessionTest, StopsWhenTheSinkIsFull) {
  Imposter server([](const ReceivedRequest&) { return json(200, std::string(1000, 'x')); });
  Session session(config_for(server.base_url()), clock_);
  Call call = session.prepare(api::encode_call(api::GetCurrentUserRequest{}));
  call.sink = [](ByteView) -> Result<void> { return failure("no space left"); };
  const auto answer = session.exchange(call);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "no space left");
}

}  // namespace
}  // namespace tarn::ctl
