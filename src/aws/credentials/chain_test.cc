// Goal: which keys are found where, in which order, how often a service is asked, and what an
// error tells (what was looked at) and what it does not (secrets).
// Method: environments and files of the test's own, and imposters of STS, containers and instances.
#include "aws/config.h"
#include "aws/credentials/lookup.h"
#include "aws/sigv4_verify.h"
#include "base/testing/manual_clock.h"
#include "base/time_text.h"
#include "http/testing/imposter.h"
#include "runtime/loops.h"
#include "runtime/testing/temp_folder.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <map>

namespace tarn::aws {
namespace {

using namespace std::chrono_literals;
using http::testing::Gate;
using http::testing::Imposter;
using http::testing::ReceivedRequest;
using http::testing::Reply;

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

Reply text(unsigned status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

http::QueryPairs form_of(const ReceivedRequest& request) {
  return http::parse_query(request.body).value();
}

std::string value_of(const http::QueryPairs& form, std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) {
      return value;
    }
  }
  return "(none)";
}

/// Wall time stands still until it is moved; steady time runs on, as the client's timers do, and is
/// moved along.
class MovableClock final : public Clock {
 public:
  WallTime now() const override { return wall_.now(); }
  SteadyTime steady_now() const override {
    return system_.steady_now() + std::chrono::seconds(moved_s_);
  }
  void advance(std::chrono::seconds step) {
    wall_.advance(step);
    moved_s_ += step.count();
  }

 private:
  SystemClock system_;
  tarn::testing::ManualClock wall_;
  std::atomic<std::int64_t> moved_s_ = 0;
};

/// A chain in a world of its own. Not even the instance service is asked unless a test says so.
class World {
 public:
  World() {
    variables["HOME"] = folder_.path();
    variables["AWS_EC2_METADATA_DISABLED"] = "true";
  }

  std::string write(const std::string& name, std::string_view content) {
    const std::filesystem::path path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
    return path;
  }

  Result<CredentialsPtr> get(Context ctx = {}) {
    std::optional<Result<CredentialsPtr>> out;
    block_on(loops.executor(0), ask(&provider(), std::move(ctx), &out));
    return *std::move(out);
  }

  /// The access key, or the error.
  std::string key() {
    const Result<CredentialsPtr> got = get();
    return got ? (*got)->access_key_id : "error: " + got.error().message();
  }

  CredentialsProvider& provider() {
    if (!provider_) {
      const Services services{.http = *client_, .clock = clock, .rng = rng_};
      provider_ = default_chain(Environment(variables), options, services);
    }
    return *provider_;
  }

  static Task<void> ask(CredentialsProvider* from, Context ctx,
                        std::optional<Result<CredentialsPtr>>* out) {
    Result<CredentialsPtr> got = co_await from->credentials(std::move(ctx));
    out->emplace(std::move(got));
  }

  std::string after(std::chrono::seconds time) const { return format_rfc3339(clock.now() + time); }

  Environment::Map variables;
  ChainOptions options;
  MovableClock clock;
  Loops loops{1};

 private:
  tarn::testing::TempFolder folder_;
  SeededRng rng_{7};
  std::unique_ptr<http::Client> client_ = http::make_client({}, clock);
  std::unique_ptr<CredentialsProvider> provider_;
};

std::string sts_answer(std::string_view action, std::string_view key, std::string_view expires) {
  return fmt::format(
      "<{0}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{0}Result><Credentials>"
      "<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>secret of {1}</SecretAccessKey>"
      "<SessionToken>token of {1}</SessionToken><Expiration>{2}</Expiration></Credentials>"
      "</{0}Result></{0}Response>",
      action, key, expires);
}

std::string json_answer(std::string_view key, std::string_view expires) {
  return fmt::format(R"({{"Code":"Success","AccessKeyId":"{0}","SecretAccessKey":"secret of {0}",)"
                     R"("Token":"token of {0}","Expiration":"{1}"}})",
                     key, expires);
}

TEST(CredentialChain, NothingFoundSaysWhereItLooked) {
  World world;
  const Result<CredentialsPtr> got = world.get();
  ASSERT_FALSE(got.has_value());
  EXPECT_TRUE(got.error().is(kNoCredentials));
  const std::string home = world.variables["HOME"];
  EXPECT_EQ(got.error().message(),
            "no AWS credentials found: environment: AWS_ACCESS_KEY_ID is not set; web identity: "
            "AWS_WEB_IDENTITY_TOKEN_FILE is not set; profile \"default\": not in " +
                home + "/.aws/credentials and " + home +
                "/.aws/config; container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                "_FULL_URI is set; instance metadata: AWS_EC2_METADATA_DISABLED is true");
}

TEST(CredentialChain, TheEnvironmentGoesFirst) {
  World world;
  world.write(".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  world.variables["AWS_ACCESS_KEY_ID"] = "ENV";
  world.variables["AWS_SECRET_ACCESS_KEY"] = kSecret;
  world.variables["AWS_SESSION_TOKEN"] = "token";
  const Result<CredentialsPtr> got = world.get();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ((*got)->access_key_id, "ENV");
  EXPECT_EQ((*got)->secret_access_key.reveal(), kSecret);
  EXPECT_EQ((*got)->session_token.reveal(), "token");
  EXPECT_EQ(world.get().value(), *got);  // the same object: nothing is looked up again
}

TEST(CredentialChain, HalfAKeyIsAnError) {
  World world;
  world.write(".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  world.variables["AWS_SECRET_ACCESS_KEY"] = kSecret;
  EXPECT_EQ(world.key(),
            "error: environment: AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not");
}

TEST(CredentialChain, ReadsProfiles) {
  const std::string_view files =
      "[default]\naws_access_key_id=DEFAULT\naws_secret_access_key=s\n"
      "[dev]\naws_access_key_id=DEV\naws_secret_access_key=s\naws_session_token=t\n";
  {
    World world;
    world.write(".aws/credentials", files);
    EXPECT_EQ(world.key(), "DEFAULT");
  }
  {
    World world;
    world.write(".aws/credentials", files);
    world.variables["AWS_PROFILE"] = "dev";
    const Result<CredentialsPtr> got = world.get();
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ((*got)->access_key_id, "DEV");
    EXPECT_EQ((*got)->session_token.reveal(), "t");
  }
  {
    World world;  // what the configuration names goes before the environment
    world.options.credentials_file = world.write("elsewhere", files);
    world.options.profile = "dev";
    world.variables["AWS_ACCESS_KEY_ID"] = "ENV";
    world.variables["AWS_SECRET_ACCESS_KEY"] = "s";
    EXPECT_EQ(world.key(), "DEV");
  }
}

TEST(CredentialChain, AProfileThatWasAskedForMustBeThere) {
  World world;
  world.write(".aws/config", "[profile empty]\nregion=r\n");
  world.variables["AWS_PROFILE"] = "missing";
  const std::string home = world.variables["HOME"];
  const std::string files = home + "/.aws/credentials and " + home + "/.aws/config";
  EXPECT_EQ(world.key(), "error: profile \"missing\": not in " + files);
  World other;
  other.variables["HOME"] = home;
  other.options.profile = "empty";
  EXPECT_EQ(other.key(), "error: profile \"empty\": without credentials in " + files);
}

TEST(CredentialChain, SaysWhatAProfileCannotDo) {
  const std::map<std::string, std::string> cases = {
      {"credential_process=/bin/keys", "credential_process is not supported"},
      {"sso_session=s", "sso_session is not supported"},
      {"role_arn=r\nmfa_serial=m\nsource_profile=default", "mfa_serial is not supported"},
      {"aws_access_key_id=A", "it has no aws_access_key_id with aws_secret_access_key"},
      {"role_arn=r", "role_arn needs source_profile, credential_source or web_identity_token_file"},
      {"role_arn=r\ncredential_source=Moon", "credential_source \"Moon\" is none"},
      {"role_arn=r\ncredential_source=Environment", "environment: AWS_ACCESS_KEY_ID is not set"},
  };
  for (const auto& [lines, why] : cases) {
    World world;
    world.write(".aws/config", "[default]\n" + lines + "\n");
    EXPECT_EQ(world.key(), "error: profile \"default\": " + why);
  }
  World circle;
  circle.write(".aws/config",
               "[default]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\n"
               "source_profile=default\n");
  EXPECT_EQ(circle.key(), "error: profile \"default\": source_profile leads back to it");
  World nowhere;
  nowhere.write(".aws/config", "[default]\nrole_arn=r\nsource_profile=b\n");
  EXPECT_EQ(nowhere.key(), "error: profile \"b\": there is no such profile");
  World broken;
  const std::string path = broken.write(".aws/config", "[default\n");
  EXPECT_EQ(broken.key(), "error: " + path + ":1: a section without its ]");
}

TEST(CredentialChain, AssumesTheRoleOfAProfile) {
  World world;
  Imposter sts([&](const ReceivedRequest&) {
    return text(200, sts_answer("AssumeRole", "ASSUMED", world.after(1h)));
  });
  world.variables["AWS_ENDPOINT_URL_STS"] = sts.base_url();
  world.write(
      ".aws/credentials",
      fmt::format("[base]\naws_access_key_id=AKIABASE\naws_secret_access_key={}\n", kSecret));
  world.write(".aws/config",
              "[default]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=base\nexternal_id=x y\n"
              "role_session_name=me\nduration_seconds=900\nregion=eu-west-3\n");
  const Result<CredentialsPtr> got = world.get();
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_EQ((*got)->access_key_id, "ASSUMED");
  EXPECT_EQ((*got)->secret_access_key.reveal(), "secret of ASSUMED");
  EXPECT_EQ((*got)->session_token.reveal(), "token of ASSUMED");
  EXPECT_EQ((*got)->expires_at, world.clock.now() + 1h);

  ASSERT_EQ(sts.requests().size(), 1U);
  const ReceivedRequest sent = sts.requests()[0];
  const http::QueryPairs form = form_of(sent);
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(value_of(form, "Action"), "AssumeRole");
  EXPECT_EQ(value_of(form, "Version"), "2011-06-15");
  EXPECT_EQ(value_of(form, "RoleArn"), "arn:aws:iam::1:role/r");
  EXPECT_EQ(value_of(form, "RoleSessionName"), "me");
  EXPECT_EQ(value_of(form, "ExternalId"), "x y");
  EXPECT_EQ(value_of(form, "DurationSeconds"), "900");

  http::Request as_received;
  as_received.method = sent.method;
  as_received.target = sent.target;
  as_received.headers = sent.headers;
  const Result<Authorization> parsed = parse_authorization(as_received);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->access_key_id, "AKIABASE");
  EXPECT_EQ(parsed->region, "eu-west-3");
  EXPECT_EQ(parsed->service, "sts");
}

TEST(CredentialChain, AProfileMayBeItsOwnSource) {
  World world;
  Imposter sts([&](const ReceivedRequest&) {
    return text(200, sts_answer("AssumeRole", "ASSUMED", world.after(1h)));
  });
  world.variables["AWS_ENDPOINT_URL_STS"] = sts.base_url();
  world.write(".aws/config",
              "[default]\nrole_arn=r\nsource_profile=default\naws_access_key_id=AKIAOWN\n"
              "aws_secret_access_key=s\n");
  EXPECT_EQ(world.key(), "ASSUMED");
  EXPECT_NE(sts.requests()[0].headers.get("Authorization").find("AKIAOWN"), std::string::npos);
}

TEST(WebIdentity, ExchangesTheTokenAndRenewsBeforeTheEnd) {
  World world;
  std::atomic<int> calls = 0;
  Imposter sts([&](const ReceivedRequest&) {
    const std::string key = fmt::format("KEY{}", ++calls);
    return text(200, sts_answer("AssumeRoleWithWebIdentity", key, world.after(1h)));
  });
  world.variables["AWS_ENDPOINT_URL"] = sts.base_url();
  world.variables["AWS_ROLE_ARN"] = "arn:role";
  world.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = world.write("token", "first.token\n");
  EXPECT_EQ(world.key(), "KEY1");
  world.clock.advance(54min);
  EXPECT_EQ(world.key(), "KEY1");
  world.write("token", "second.token");
  world.clock.advance(2min);
  EXPECT_EQ(world.key(), "KEY2");
  EXPECT_EQ(world.key(), "KEY2");
  const std::vector<ReceivedRequest> sent = sts.requests();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(value_of(form_of(sent[0]), "WebIdentityToken"), "first.token");
  EXPECT_EQ(value_of(form_of(sent[1]), "WebIdentityToken"), "second.token");
  EXPECT_EQ(value_of(form_of(sent[0]), "RoleArn"), "arn:role");
  EXPECT_EQ(value_of(form_of(sent[0]), "RoleSessionName"), "tarn-1700000000");
  EXPECT_FALSE(sent[0].headers.contains("Authorization"));
}

TEST(WebIdentity, ARefusalEndsTheSearchAndTellsNoSecret) {
  World world;
  Imposter sts([&](const ReceivedRequest&) {
    return text(403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not you</Message></Error>"
                "</ErrorResponse>");
  });
  world.variables["AWS_ENDPOINT_URL_STS"] = sts.base_url();
  world.variables["AWS_ROLE_ARN"] = "arn:role";
  world.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = world.write("token", "the.token");
  world.write(".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  EXPECT_EQ(world.key(), "error: STS AssumeRoleWithWebIdentity: status 403, AccessDenied: Not you");
  EXPECT_EQ(sts.requests().size(), 1U);  // a refusal is not repeated
}

TEST(WebIdentity, SaysWhatIsMissing) {
  World world;
  world.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nowhere";
  EXPECT_EQ(world.key(),
            "error: web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  World file;
  file.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nowhere/token";
  file.variables["AWS_ROLE_ARN"] = "arn:role";
  EXPECT_EQ(file.key(), "error: web identity token: /nowhere/token does not exist");
}

TEST(WebIdentity, WhatMayPassIsTriedAgain) {
  World world;
  std::atomic<int> calls = 0;
  Imposter sts([&](const ReceivedRequest&) {
    switch (++calls) {
      case 1:
        return text(503, "<busy>");
      case 2: {
        Reply reply;
        reply.drop = true;
        return reply;
      }
      default:
        return text(200, sts_answer("AssumeRoleWithWebIdentity", "KEY", world.after(1h)));
    }
  });
  world.variables["AWS_ENDPOINT_URL_STS"] = sts.base_url();
  world.variables["AWS_ROLE_ARN"] = "arn:role";
  world.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = world.write("token", "t");
  EXPECT_EQ(world.key(), "KEY");
}

TEST(Container, AsksWithTheTokenOfItsFile) {
  World world;
  Imposter agent(
      [&](const ReceivedRequest&) { return text(200, json_answer("TASK", world.after(1h))); });
  world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = agent.base_url() + "/v1/credentials?x=1";
  world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "not this";
  world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = world.write("token", "from file\n");
  const Result<CredentialsPtr> got = world.get();
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_EQ((*got)->access_key_id, "TASK");
  EXPECT_EQ((*got)->session_token.reveal(), "token of TASK");
  EXPECT_EQ((*got)->expires_at, world.clock.now() + 1h);
  const ReceivedRequest sent = agent.requests().at(0);
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.target, "/v1/credentials?x=1");
  EXPECT_EQ(sent.headers.get("Authorization"), "from file");
}

TEST(Container, AFailureEndsTheSearch) {
  World world;
  std::string body;
  unsigned status = 404;
  Imposter agent([&](const ReceivedRequest&) { return text(status, body); });
  const std::string url = agent.base_url() + "/";
  world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
  const std::string origin = "error: container credentials at " + url + ": ";
  const auto next = [&](unsigned new_status, std::string new_body) {
    status = new_status;
    body = std::move(new_body);
    world.clock.advance(6s);
    return world.key();
  };
  EXPECT_EQ(next(404, ""), origin + "status 404");
  EXPECT_EQ(next(200, "secret text"), origin + "the answer is no JSON object");
  EXPECT_EQ(next(200, R"({"AccessKeyId":"A"})"),
            origin + "the answer has no AccessKeyId or no SecretAccessKey");
  EXPECT_EQ(next(200, R"({"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"})"),
            origin + "Expiration \"soon\" is no time");
  EXPECT_EQ(next(200, R"({"Code":"Failed","Message":"why"})"), origin + "Failed: why");
  EXPECT_EQ(next(200, R"({"AccessKeyId":"A","SecretAccessKey":"s"})"), "A");
}

TEST(Container, PlainHttpOnlyGoesToNeighbours) {
  const auto url = [](std::string_view name, std::string value) {
    const Result<std::optional<std::string>> got =
        detail::container_url(Environment(Environment::Map{{std::string(name), std::move(value)}}));
    return !got ? "refused" : got->value_or("none");
  };
  constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  constexpr std::string_view kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  EXPECT_EQ(detail::container_url(Environment()).value(), std::nullopt);
  EXPECT_EQ(url(kRelative, "/v2/x"), "http://169.254.170.2/v2/x");
  EXPECT_EQ(url(kRelative, "@evil.example/x"), "refused");
  for (const char* good :
       {"http://127.0.0.1:80/x", "http://127.1.2.3/", "http://localhost/x", "http://[::1]:8/x",
        "http://169.254.170.2/x", "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials", "https://anywhere.example/x"}) {
    EXPECT_EQ(url(kFull, good), good);
  }
  for (const char* bad : {"http://anywhere.example/x", "http://127.evil.example/",
                          "http://localhost.evil.example/", "http://169.254.169.254/x", "ftp://h",
                          "//localhost/", "http://", "http://[::1", "http://localhost@evil/"}) {
    EXPECT_EQ(url(kFull, bad), "refused") << bad;
  }
}

/// Version 2 of the metadata service.
Reply instance(const ReceivedRequest& request, const std::string& keys) {
  if (request.target == "/latest/api/token") {
    const bool ok =
        request.method == "PUT" && request.headers.contains("X-aws-ec2-metadata-token-ttl-seconds");
    return ok ? text(200, "imds-token") : text(405, "");
  }
  if (request.headers.get("X-aws-ec2-metadata-token") != "imds-token") {
    return text(401, "");
  }
  if (request.target == "/latest/meta-data/iam/security-credentials/") {
    return text(200, "my-role\nother");
  }
  if (request.target == "/latest/meta-data/iam/security-credentials/my-role") {
    return text(200, keys);
  }
  return text(404, "");
}

TEST(Instance, GivesTheKeysOfItsRole) {
  World world;
  Imposter service([&](const ReceivedRequest& request) {
    return instance(request, json_answer("ROLE", world.after(6h)));
  });
  world.variables.erase("AWS_EC2_METADATA_DISABLED");
  world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.base_url() + "/";
  EXPECT_EQ(world.key(), "ROLE");
  EXPECT_EQ(world.key(), "ROLE");
  EXPECT_EQ(service.requests().size(), 3U);
}

TEST(Instance, IsPassedOverWhenItIsNotThere) {
  const auto failure = [](Imposter::Script script) {
    World world;
    Imposter service(std::move(script));
    world.variables.erase("AWS_EC2_METADATA_DISABLED");
    world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.base_url();
    const Result<CredentialsPtr> got = world.get();
    EXPECT_TRUE(!got && got.error().is(kNoCredentials));
    const std::string message = got ? "" : got.error().message();
    const std::size_t at = message.find("instance metadata at " + service.base_url());
    return at == std::string::npos ? message : message.substr(at + 23 + service.base_url().size());
  };
  EXPECT_EQ(failure([](const ReceivedRequest&) {
              Reply reply;
              reply.drop = true;
              return reply;
            }).substr(0, 15),
            "connection lost");
  EXPECT_EQ(failure([](const ReceivedRequest&) { return text(404, ""); }), "no token, status 404");
  EXPECT_EQ(failure([](const ReceivedRequest& request) {
              return request.method == "PUT" ? text(200, "t") : text(404, "");
            }),
            "the instance has no role");
}

TEST(CredentialChain, ConcurrentCallersShareOneFetch) {
  World world;
  auto gate = std::make_shared<Gate>();
  Imposter agent([&](const ReceivedRequest&) {
    Reply reply = text(200, json_answer("ONE", world.after(1h)));
    reply.before = gate;
    return reply;
  });
  world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = agent.base_url() + "/";
  constexpr std::size_t kCallers = 20;
  std::vector<std::optional<Result<CredentialsPtr>>> answers(kCallers);
  std::atomic<std::size_t> left = kCallers;
  std::promise<void> done;
  const auto executor = world.loops.executor(0);
  for (auto& answer : answers) {
    boost::asio::co_spawn(executor, World::ask(&world.provider(), {}, &answer),
                          [&](const std::exception_ptr&) {
                            if (--left == 0) {
                              done.set_value();
                            }
                          });
  }
  // The loop is one thread, so by now all have asked.
  boost::asio::post(executor, [&] { gate->open(); });
  ASSERT_EQ(done.get_future().wait_for(30s), std::future_status::ready);
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer && answer->has_value());
    EXPECT_EQ((**answer)->access_key_id, "ONE");
  }
  EXPECT_EQ(agent.requests().size(), 1U);
}

TEST(CredentialChain, KeysAreUsedToTheirEndWhileRenewingFails) {
  World world;
  std::atomic<bool> broken = false;
  std::atomic<int> calls = 0;
  Imposter agent([&](const ReceivedRequest&) {
    ++calls;
    return broken ? text(404, "") : text(200, json_answer("KEY", world.after(1h)));
  });
  world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = agent.base_url() + "/";
  EXPECT_EQ(world.key(), "KEY");
  broken = true;
  world.clock.advance(56min);
  EXPECT_EQ(world.key(), "KEY");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(world.key(), "KEY");  // not asked again for some seconds
  EXPECT_EQ(calls, 2);
  world.clock.advance(6s);
  EXPECT_EQ(world.key(), "KEY");
  EXPECT_EQ(calls, 3);
  world.clock.advance(4min);
  EXPECT_TRUE(world.key().ends_with("status 404"));
  EXPECT_EQ(calls, 4);
  EXPECT_TRUE(world.key().ends_with("status 404"));  // the failure is shared for some seconds
  EXPECT_EQ(calls, 4);
  broken = false;
  world.clock.advance(6s);
  EXPECT_EQ(world.key(), "KEY");
}

TEST(CredentialChain, OneCallersDeadlineIsNotTheOthers) {
  World world;
  Imposter agent(
      [&](const ReceivedRequest&) { return text(200, json_answer("KEY", world.after(1h))); });
  world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = agent.base_url() + "/";
  const Result<CredentialsPtr> late =
      world.get(Context().with_deadline(world.clock.steady_now() - 1s));
  ASSERT_FALSE(late.has_value());
  EXPECT_TRUE(late.error().is(kTimeout));
  EXPECT_EQ(world.key(), "KEY");
}

}  // namespace
}  // namespace tarn::aws
