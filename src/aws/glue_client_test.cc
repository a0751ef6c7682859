#include "aws/glue_client.h"

#include "aws/glue/failure.h"
#include "http/testing/imposter.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <deque>

namespace tarn::aws {
namespace {

using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;
using tarn::testing::run;

Reply refusal(unsigned status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.headers.add("x-amzn-RequestId", "id-1");
  reply.body = std::move(body);
  return reply;
}

Reply success(std::string body) {
  Reply reply;
  reply.body = std::move(body);
  return reply;
}

/// Answers in order; the last one for ever.
class GlueBench {
 public:
  explicit GlueBench(std::deque<Reply> replies) : replies_(std::move(replies)) {
    GlueConfig config;
    config.endpoint.base_url = imposter.base_url();
    config.region = "eu-west-1";
    config.retry.tries_max = 3;
    config.retry.first_delay = std::chrono::milliseconds(1);
    Credentials keys;
    keys.access_key_id = "AKIDEXAMPLE";
    keys.secret_access_key = Secret("secret");
    keys.session_token = Secret("token");
    client.emplace(config, static_credentials(keys), Services{*http, clock, rng}, &metrics);
  }

  Result<Json> call(std::string operation, Json input = Json()) {
    return run(client->call(Context(), std::move(operation), std::move(input)));
  }

  SystemClock clock;
  SeededRng rng{3};
  Metrics metrics;
  std::unique_ptr<http::Client> http = http::make_client({}, clock);
  std::optional<GlueClient> client;
  Imposter imposter{[this](const ReceivedRequest&) {
    const MutexLock lock(mutex_);
    Reply reply = replies_.front();
    if (replies_.size() > 1) {
      replies_.pop_front();
    }
    return reply;
  }};

 private:
  Mutex mutex_;
  std::deque<Reply> replies_ TARN_GUARDED_BY(mutex_);
};

TEST(GlueClient, SpeaksAwsJson) {
  GlueBench bench({success(R"({"Table":{"Name":"t","CreateTime":1.5}})")});
  const auto answer = bench.call("GetTable", Json::object({{"DatabaseName", "d"}, {"Name", "t"}}));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->find_path({"Table", "Name"})->as_string()->c_str(), std::string("t"));
  const ReceivedRequest request = bench.imposter.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /");
  EXPECT_EQ(request.headers.get("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(request.headers.get("X-Amz-Target"), "AWSGlue.GetTable");
  EXPECT_EQ(request.headers.get("X-Amz-Security-Token"), "token");
  EXPECT_NE(request.headers.get("Authorization").find("/eu-west-1/glue/aws4_request"),
            std::string_view::npos);
  EXPECT_EQ(request.body, R"({"DatabaseName":"d","Name":"t"})");
}

TEST(GlueClient, TakesAnEmptyAnswerForAnEmptyObject) {
  GlueBench bench({success("")});
  const auto answer = bench.call("DeleteTable");
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->is_object());
  EXPECT_EQ(bench.imposter.requests().at(0).body, "{}");
}

TEST(GlueClient, SaysWhatWasRefused) {
  GlueBench bench(
      {refusal(400, R"({"__type":"EntityNotFoundException","Message":"Entity Not Found"})")});
  const auto answer = bench.call("GetTable");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(kNotFound));
  EXPECT_EQ(answer.error().message(),
            "operation error Glue: GetTable, https response error StatusCode: 400, RequestID: "
            "id-1, EntityNotFoundException: Entity Not Found");
  EXPECT_EQ(bench.imposter.requests().size(), 1U);
}

TEST(GlueClient, RepeatsWhatPasses) {
  Reply drop;
  drop.drop = true;
  Reply cut = success(R"({"Table":{}})");
  cut.cut_at = 4;
  const std::deque<Reply> failures{refusal(400, R"({"__type":"ThrottlingException"})"),
                                   refusal(400, R"({"__type":"OperationTimeoutException"})"),
                                   refusal(500, R"({"__type":"InternalServiceException"})"),
                                   refusal(503, "<html>"),
                                   refusal(502, ""),
                                   drop,
                                   cut};
  for (const Reply& failure : failures) {
    GlueBench bench({failure, failure, success("{}")});
    EXPECT_TRUE(bench.call("CreateTable")) << failure.status << failure.body;
    EXPECT_EQ(bench.imposter.requests().size(), 3U);
  }
}

TEST(GlueClient, GivesUpInTheEnd) {
  Reply drop;
  drop.drop = true;
  GlueBench lost({drop});
  EXPECT_TRUE(lost.call("GetTables").error().is(kServiceFailed));
  EXPECT_TRUE(lost.call("CreateTable").error().is(kUnknownOutcome));
  EXPECT_EQ(lost.imposter.requests().size(), 6U);
  GlueBench slow({refusal(400, R"({"__type":"ThrottlingException","message":"Rate exceeded"})")});
  const auto throttled = slow.call("CreateTable");
  EXPECT_TRUE(throttled.error().is(kSlowDown));
  EXPECT_TRUE(throttled.error().message().ends_with("ThrottlingException: Rate exceeded"));
  GlueBench odd({success("[1]")});
  EXPECT_TRUE(odd.call("GetTables").error().is(kServiceFailed));
}

TEST(GlueFailure, ResolvesTheErrorType) {
  const auto code = [](std::string header, std::string_view body) {
    http::Headers headers;
    if (!header.empty()) {
      headers.add("X-Amzn-ErrorType", std::move(header));
    }
    const GlueFailure failure = read_glue_failure(400, headers, body);
    return failure.code + "|" + failure.message;
  };
  EXPECT_EQ(code("", R"({"__type":"aws.glue#AlreadyExistsException","MESSAGE":"m"})"),
            "AlreadyExistsException|m");
  EXPECT_EQ(code("", R"({"__type":"FooError:http://internal.amazon.com/coral/x/"})"), "FooError|");
  EXPECT_EQ(code("", R"({"__type":"aws.glue#FooError:http://internal/x#y"})"), "FooError|");
  EXPECT_EQ(code("HeaderError:http://x/", R"({"__type":"BodyError"})"), "HeaderError|");
  EXPECT_EQ(code("", R"({"code":"CodeError"})"), "CodeError|");
  EXPECT_EQ(code("", "<html>"), "UnknownError|Bad Request");
}

TEST(GlueFailure, MapsWhatCallersReactTo) {
  const struct {
    unsigned status;
    std::string code;
    const ErrorId& id;
  } rows[] = {{400, "alreadyexistsexception", kAlreadyExists},
              {400, "ConcurrentModificationException", kConflict},
              {400, "InvalidInputException", kInvalidRequest},
              {400, "AccessDeniedException", kAccessDenied},
              {403, "Whatever", kAccessDenied},
              {500, "Whatever", kServiceFailed},
              {501, "Whatever", kInvalidRequest},
              {504, "Whatever", http::kConnectionLost}};
  for (const auto& row : rows) {
    GlueFailure failure;
    failure.status = row.status;
    failure.code = row.code;
    EXPECT_TRUE(to_error(failure, "GetTable").is(row.id)) << row.status << row.code;
  }
}

}  // namespace
}  // namespace tarn::aws
