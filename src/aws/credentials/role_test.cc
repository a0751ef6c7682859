// Goal: a role is asked for with the keys that it should be, as often as it has to be, and what is
// no role is refused before anybody is asked.
#include "aws/assumed_roles.h"
#include "aws/config.h"
#include "aws/sigv4_verify.h"
#include "base/testing/manual_clock.h"
#include "base/time_text.h"
#include "http/testing/imposter.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tarn::aws {
namespace {

using namespace std::chrono_literals;
using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;

constexpr const char* kArn = "arn:aws:iam::123456789012:role/exports/writer";

/// Wall time is moved by the test, and steady time with it.
class MovableClock final : public Clock {
 public:
  WallTime now() const override { return wall_.now(); }
  SteadyTime steady_now() const override { return system_.steady_now() + moved_; }
  void advance(std::chrono::seconds step) {
    wall_.advance(step);
    moved_ += step;
  }

 private:
  SystemClock system_;
  tarn::testing::ManualClock wall_;
  std::chrono::seconds moved_{0};
};

class RoleTest : public ::testing::Test {
 protected:
  Reply answer() {
    ++asked;
    Reply reply;
    reply.status = refuses ? 403 : 200;
    reply.body = refuses
                     ? std::string(
                           "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you"
                           "</Message></Error></ErrorResponse>")
                     : fmt::format(
                           "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE{}"
                           "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
                           "</SessionToken><Expiration>{}</Expiration></Credentials>"
                           "</AssumeRoleResult></AssumeRoleResponse>",
                           asked, format_rfc3339(clock.now() + 1h));
    return reply;
  }
  static std::string key_of(CredentialsProvider& from) {
    const Result<CredentialsPtr> got = tarn::testing::run(from.credentials({}));
    return got ? (*got)->access_key_id : "error: " + got.error().message();
  }
  Environment environment() const {
    return Environment(Environment::Map{{"AWS_ENDPOINT_URL_STS", sts.base_url()},
                                        {"AWS_ACCESS_KEY_ID", "AKIASERVER"},
                                        {"AWS_SECRET_ACCESS_KEY", "secret"},
                                        {"AWS_CONFIG_FILE", "/nonexistent"},
                                        {"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"}});
  }
  Services services() { return {.http = *client, .clock = clock, .rng = rng}; }

  MovableClock clock;
  SeededRng rng{7};
  int asked = 0;
  bool refuses = false;
  Imposter sts{[this](const ReceivedRequest&) { return answer(); }};
  std::unique_ptr<http::Client> client = http::make_client({}, clock);
};

TEST_F(RoleTest, IsAskedForWithTheKeysOfTheBase) {
  const auto role = assumed_role(
      environment(), {.arn = kArn, .external_id = "ours/1", .session_name = "tarn"}, "eu-west-3",
      static_credentials(
          {.access_key_id = "AKIABASE", .secret_access_key = Secret(std::string("x"))}),
      services());
  EXPECT_EQ(key_of(*role), "ROLE1");
  ASSERT_EQ(sts.requests().size(), 1U);
  const ReceivedRequest sent = sts.requests()[0];
  EXPECT_EQ(sent.body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole"
            "%2Fexports%2Fwriter&RoleSessionName=tarn&ExternalId=ours%2F1");
  http::Request as_received;
  as_received.method = sent.method;
  as_received.target = sent.target;
  as_received.headers = sent.headers;
  const Result<Authorization> parsed = parse_authorization(as_received);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->access_key_id, "AKIABASE");
  EXPECT_EQ(parsed->region, "eu-west-3");
}

TEST_F(RoleTest, IsKeptUntilMinutesBeforeItsEnd) {
  AssumedRoles roles;
  const Role role{.arn = kArn};
  EXPECT_EQ(key_of(*roles.find(environment(), role, "", services())), "ROLE1");
  clock.advance(54min);
  EXPECT_EQ(key_of(*roles.find(environment(), role, "", services())), "ROLE1");
  clock.advance(2min);
  EXPECT_EQ(key_of(*roles.find(environment(), role, "", services())), "ROLE2");
  clock.advance(56min);
  refuses = true;
  EXPECT_EQ(key_of(*roles.find(environment(), role, "", services())), "ROLE2")
      << "to its end while renewing fails";
  clock.advance(5min);
  EXPECT_EQ(key_of(*roles.find(environment(), role, "", services())),
            fmt::format("error: role {}: STS AssumeRole: status 403, AccessDenied: not you", kArn));
}

TEST_F(RoleTest, OthersAreOthers) {
  AssumedRoles roles;
  EXPECT_EQ(key_of(*roles.find(environment(), {.arn = kArn}, "", services())), "ROLE1");
  EXPECT_EQ(key_of(*roles.find(environment(), {.arn = kArn, .external_id = "xx"}, "", services())),
            "ROLE2");
  EXPECT_EQ(key_of(*roles.find(environment(), {.arn = kArn, .session_name = "xx"}, "", services())),
            "ROLE3");
  EXPECT_EQ(key_of(*roles.find(environment(), {.arn = kArn}, "eu-west-3", services())), "ROLE4");
  EXPECT_EQ(key_of(*roles.find(environment(), {.arn = kArn}, "", services())), "ROLE1");
}

TEST(Role, WhatIsNoneIsNamed) {
  EXPECT_TRUE(check_role({.arn = kArn, .external_id = "a:/b", .session_name = "me@here"}));
  EXPECT_TRUE(check_role({.arn = "arn:aws-cn:iam::1:role/r"}));
  const std::pair<Role, std::string_view> rows[] = {
      {{.arn = ""}, "`` is no ARN of a role"},
      {{.arn = "writer"}, "`writer` is no ARN of a role"},
      {{.arn = "arn:aws:iam::1:user/u"}, "is no ARN of a role"},
      {{.arn = "arn:aws:iam::1:role/r r"}, "is no ARN of a role"},
      {{.arn = std::string(kArn) + std::string(3000, 'r')}, "is no ARN of a role"},
      {{.arn = kArn, .session_name = "a"}, "`a` is no name of a session"},
      {{.arn = kArn, .session_name = "a b"}, "`a b` is no name of a session"},
      {{.arn = kArn, .session_name = std::string(65, 'a')}, "is no name of a session"},
      {{.arn = kArn, .external_id = "a"}, "the external id is none"},
      {{.arn = kArn, .external_id = "a&b"}, "the external id is none"},
  };
  for (const auto& [role, message] : rows) {
    const Result<void> checked = check_role(role);
    ASSERT_FALSE(checked) << message;
    EXPECT_NE(checked.error().message().find(message), std::string::npos)
        << checked.error().message();
  }
}

}  // namespace
}  // namespace tarn::aws
