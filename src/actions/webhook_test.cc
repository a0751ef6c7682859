// Webhooks against an imposter that remembers what it was sent.
#include "actions/testing/hook_world.h"
#include "base/json.h"
#include "http/testing/imposter.h"
#include "runtime/testing/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tarn::actions {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using ::testing::HasSubstr;
using testing::HookWorld;
using ::testing::Not;

/// Commits with one pre-commit webhook of these properties; the id or the error.
std::string commit_with(HookWorld& world, const std::string& properties) {
  world.upload("_lakefs_actions/w",
               "name: web\non: {pre-commit: }\nhooks:\n"
               "  - {id: call, type: webhook, properties: {" +
                   properties + "}}\n");
  return world.commit("Say \"hi\"");
}

TEST(Webhook, SendsTheEvent) {
  Imposter imposter([](const ReceivedRequest&) {
    Reply reply;
    reply.body = "thanks";
    return reply;
  });
  HookWorld world({}, {{"LAKEFSACTION_VAR", "this_is_var"}});
  const std::string commit = commit_with(
      world, "url: '" + imposter.base_url() +
                 "/hook?own=1', query_params: {b: [x y, z], a: '{{ ENV.LAKEFSACTION_VAR }}'}, "
                 "headers: {X-Token: 't {{ENV.LAKEFSACTION_VAR}}', X-Plain: p}");
  ASSERT_EQ(commit.size(), 64U) << commit;
  const std::vector<ReceivedRequest> got = imposter.requests();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].method, "POST");
  EXPECT_EQ(got[0].target, "/hook?own=1&a=this_is_var&b=x+y&b=z");
  EXPECT_EQ(got[0].headers.get("Content-Type"), "application/json");
  EXPECT_EQ(got[0].headers.get("X-Token"), "t this_is_var");
  const Result<Json> event = parse_json(got[0].body);
  ASSERT_TRUE(event) << got[0].body;
  std::string keys;
  for (const Json::Member& member : event->members()) {
    keys += member.key + " ";
  }
  EXPECT_EQ(keys,
            "event_type event_time action_name hook_id repository_id branch_id source_ref "
            "commit_message committer commit_metadata ");
  EXPECT_EQ(event->string_or("event_type", ""), "pre-commit");
  EXPECT_EQ(event->string_or("action_name", ""), "web");
  EXPECT_EQ(event->string_or("hook_id", ""), "call");
  EXPECT_EQ(event->string_or("commit_message", ""), "Say \"hi\"");
  EXPECT_EQ(event->string_or("committer", ""), "jo");
  EXPECT_EQ(event->find("commit_metadata")->dump(), R"({"key":"value"})");
  EXPECT_EQ(event->string_or("event_time", "").size(), 20U);

  const std::string log = world.log_of("pre-commit");
  EXPECT_THAT(log, HasSubstr("Request:\nPOST " + imposter.base_url() +
                             "/hook?own=1\nQuery Params:\na: *******\nb: x y\nb: z\nHeaders:\n"));
  EXPECT_THAT(log, HasSubstr("X-Plain: p\nX-Token: *******\nRequest Body:\n{\"event_type\""));
  EXPECT_THAT(log, HasSubstr("\nRequest duration: "));
  EXPECT_THAT(log, HasSubstr("\nResponse:\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(log, HasSubstr("thanks"));
  EXPECT_THAT(log, Not(HasSubstr("this_is_var")));
}

TEST(Webhook, OtherAnswersRefuse) {
  unsigned status = 0;
  Imposter imposter([&status](const ReceivedRequest&) {
    Reply reply;
    reply.status = status;
    reply.body = "because";
    return reply;
  });
  HookWorld world;
  for (const unsigned refused : {199 + 101U, 404U, 500U}) {
    status = refused;
    EXPECT_THAT(commit_with(world, "url: '" + imposter.base_url() + "'"),
                HasSubstr("action failed: webhook request failed (status code: " +
                          std::to_string(refused) + ")"));
    EXPECT_THAT(world.log(world.runs().back().id, "0000_0000"), HasSubstr("because"));
  }
  status = 299;
  EXPECT_EQ(commit_with(world, "url: '" + imposter.base_url() + "'").size(), 64U);
}

TEST(Webhook, TimeoutsAndBrokenConnectionsAreErrors) {
  auto gate = std::make_shared<http::testing::Gate>();
  bool drop = false;
  Imposter imposter([&](const ReceivedRequest&) {
    Reply reply;
    reply.drop = drop;
    reply.before = drop ? nullptr : gate;
    return reply;
  });
  HookWorld world;
  EXPECT_THAT(commit_with(world, "timeout: 50ms, url: '" + imposter.base_url() + "'"),
              HasSubstr("context deadline exceeded (Client.Timeout exceeded while awaiting "
                        "headers)"));
  gate->open();
  drop = true;
  EXPECT_THAT(commit_with(world, "url: '" + imposter.base_url() + "'"),
              HasSubstr("action failed: Post \"" + imposter.base_url() + "/\": "));
}

TEST(Webhook, FollowsRedirectsAsGoDoes) {
  Imposter other([](const ReceivedRequest&) { return Reply(); });
  Imposter imposter([&other](const ReceivedRequest& request) {
    Reply reply;
    if (request.path() == "/see-other") {
      reply.status = 303;
      reply.headers.add("Location", other.base_url() + "/there?x=1");
    } else if (request.path() == "/temporary") {
      reply.status = 307;
      reply.headers.add("Location", "/end");
    } else if (request.path() == "/loop") {
      reply.status = 302;
      reply.headers.add("Location", "/loop");
    }
    return reply;
  });
  HookWorld world;
  const std::string base = imposter.base_url();
  EXPECT_EQ(commit_with(world, "url: '" + base + "/see-other', headers: {X-Token: t}").size(), 64U);
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_EQ(other.requests()[0].method, "GET");
  EXPECT_EQ(other.requests()[0].target, "/there?x=1");
  EXPECT_EQ(other.requests()[0].body, "");
  EXPECT_FALSE(other.requests()[0].headers.contains("X-Token"));  // not to another host
  EXPECT_EQ(commit_with(world, "url: '" + base + "/temporary', headers: {X-Token: t}").size(), 64U);
  const ReceivedRequest last = imposter.requests().back();
  EXPECT_EQ(last.method + " " + last.target, "POST /end");
  EXPECT_NE(last.body, "");
  EXPECT_EQ(last.headers.get("X-Token"), "t");
  EXPECT_THAT(commit_with(world, "url: '" + base + "/loop'"),
              HasSubstr("stopped after 10 redirects"));
}

TEST(Webhook, TakesTheUserFromTheUrl) {
  Imposter imposter([](const ReceivedRequest&) { return Reply(); });
  HookWorld world;
  const std::string port = std::to_string(imposter.port());
  EXPECT_EQ(commit_with(world, "url: 'http://me:p%40ss@127.0.0.1:" + port + "/x'").size(), 64U);
  EXPECT_EQ(imposter.requests().back().target, "/x");
  EXPECT_EQ(imposter.requests().back().headers.get("Authorization"), "Basic bWU6cEBzcw==");
  const std::string log = world.log_of("pre-commit");
  EXPECT_THAT(log, HasSubstr("POST http://127.0.0.1:" + port + "/x\n"));
  EXPECT_THAT(log, Not(HasSubstr("p%40ss")));
  EXPECT_EQ(commit_with(world, "url: 'http://me:pw@127.0.0.1:" + port +
                                   "/x', headers: {Authorization: own}")
                .size(),
            64U);
  EXPECT_EQ(imposter.requests().back().headers.get("Authorization"), "own");
  EXPECT_THAT(commit_with(world, "url: 'http://me:%zz@h/'"),
              HasSubstr("'url' should be an http or https URL"));
}

TEST(Webhook, RefusesWhatItCannotSend) {
  HookWorld world({}, {{"LAKEFSACTION_LINES", "a\r\nX-Evil: 1"}});
  const std::pair<const char*, const char*> cases[] = {
      {"url: [1]", "'url' should be an http or https URL"},
      {"url: example.com", "'url' should be an http or https URL"},
      {"url: 'http://h', timeout: 5x", "'5x' is no duration"},
      {"url: 'http://h', timeout: -5s", "'-5s' is no duration"},
      {"url: 'http://h', query_params: [a]", "webhook wrong format"},
      {"url: 'http://h', query_params: {a: {b: c}}", "webhook wrong format"},
      {"url: 'http://h', query_params: {a: [[b]]}", "webhook wrong format"},
      {"url: 'http://h', headers: {a: [b]}", "webhook wrong format"},
      {"url: 'http://h', headers: {'a b': c}", "webhook wrong format"},
      {"url: 'http://h', headers: {a: '{{ ENV.LAKEFSACTION_LINES }}'}", "webhook wrong format"},
      {"url: 'http://h', headers: {a: '{{ ENV.LAKEFSACTION_NOPE }}'}",
       "LAKEFSACTION_NOPE not found: missing env var"},
  };
  for (const auto& [properties, expected] : cases) {
    EXPECT_THAT(commit_with(world, properties), HasSubstr(expected)) << properties;
  }
}

}  // namespace
}  // namespace tarn::actions
