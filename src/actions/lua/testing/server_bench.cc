#include "actions/lua/testing/server_bench.h"

#include "actions/lua/server_modules.h"
#include "http/guarded_client.h"

#include <gtest/gtest.h>

namespace tarn::actions::lua::testing {
namespace {

constexpr ErrorId kNotThere{ErrorKind::kForbidden, "hooks may not go there"};

}  // namespace

ServerBench::ServerBench() {
  const aws::Credentials keys = aws::testing::S3Imposter::credentials();
  environment = {{"AWS_ENDPOINT_URL_S3", s3.base_url()},
                 {"AWS_ENDPOINT_URL", glue.base_url()},
                 {"AWS_REGION", "us-east-1"},
                 {"AWS_ACCESS_KEY_ID", keys.access_key_id},
                 {"AWS_SECRET_ACCESS_KEY", keys.secret_access_key.reveal()},
                 {"AWS_CONFIG_FILE", "/nonexistent"},
                 {"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"}};
  action = Json::object({{"repository_id", "catalogs"},
                         {"commit_id", kCommit},
                         {"branch_id", "main"},
                         {"tag_id", ""},
                         {"event_type", "post-commit"},
                         {"storage_namespace", "s3://bucket/ns"}});
  // Generous: only so that a script that hangs fails its test.
  limits.deadline = clock_.steady_now() + std::chrono::minutes(2);
}

void ServerBench::refuse_hosts() {
  refusing_ = http::make_guarded_client(
      {},
      [](std::string_view, std::string_view address) -> Result<void> {
        return Error(kNotThere, address);
      },
      clock_);
  outbound = refusing_.get();
}

Outcome ServerBench::run(std::string_view script) {
  const Environment variables(environment);
  Outcome outcome;
  State state(limits, {.clock = clock_, .rng = rng_, .output = [&outcome](std::string_view text) {
                         outcome.output.append(text);
                       }});
  const HookSession session{.services = {.api = api,
                                         .aws = {.http = *http_, .clock = clock_, .rng = rng_},
                                         .environment = variables,
                                         .outbound = outbound,
                                         .net_http = net_http,
                                         .journal = &journal_},
                            .ctx = Context("request-1", {}).with_user(user),
                            .executor = loops_.executor(0)};
  EXPECT_TRUE(add_server_modules(state, session));
  EXPECT_TRUE(state.set_global("args", args));
  EXPECT_TRUE(state.set_global("action", action));
  if (on_state) {
    on_state(state);
  }
  if (Result<void> ran = state.run(script, "lua"); !ran) {
    outcome.error = ran.error().message();
  }
  outcome.limit = state.limit_reached();
  return outcome;
}

std::string ServerBench::eval(std::string_view expression) {
  return run(print_script(expression)).printed();
}

}  // namespace tarn::actions::lua::testing
