// The life of an installation's first administrator, over the memory store.
#include "auth/service.h"

#include "auth/permissions.h"
#include "auth/records.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::auth {
namespace {

using tarn::testing::run;

class HandClock final : public Clock {
 public:
  WallTime now() const override { return wall; }
  SteadyTime steady_now() const override { return steady; }
  void advance(std::chrono::seconds by) {
    wall += by;
    steady += by;
  }
  WallTime wall = from_unix_seconds(1700000000);
  SteadyTime steady{};
};

struct World {
  HandClock clock;
  SeededRng rng{3};
  std::unique_ptr<kv::Store> store = kv::open_mem();
  BlockingPool crypto{"crypto", 1, 100};
  std::unique_ptr<Service> service;

  explicit World(std::string key = "a secret key") { start(std::move(key)); }
  void start(std::string key) {
    ServiceConfig config;
    config.secret_key = Secret(std::move(key));
    service = std::make_unique<Service>(*store, crypto, clock, rng, config);
  }
  CredentialsPtr setup() { return run(service->setup(Context(), "admin", std::nullopt)).value(); }
};

TEST(Setup, HappensOnce) {
  World world;
  EXPECT_FALSE(run(world.service->setup_state(Context()))->initialized);
  const CredentialsPtr key = world.setup();
  EXPECT_EQ(key->access_key_id.size(), 20U);
  EXPECT_TRUE(key->access_key_id.starts_with("AKIAJ") && key->access_key_id.ends_with("Q"));
  EXPECT_EQ(key->secret_access_key.reveal().size(), 40U);
  EXPECT_TRUE(run(world.service->setup_state(Context()))->initialized);
  EXPECT_TRUE(
      run(world.service->setup(Context(), "other", std::nullopt)).error().is(kAlreadyInitialized));
}

TEST(Setup, RefusesNamesThatPoliciesOrKeysCannotHold) {
  World world;
  for (const char* name : {"", "a/b", "a%b", "*", "a?"}) {
    EXPECT_TRUE(run(world.service->setup(Context(), name, std::nullopt)).error().is(kInvalidName))
        << name;
  }
  EXPECT_FALSE(run(world.service->setup_state(Context()))->initialized);
}

TEST(Setup, TakesAGivenKey) {
  World world;
  const std::optional<GivenKey> key =
      GivenKey{"AKIAIOSFOLQUICKSTART", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
  ASSERT_TRUE(run(world.service->setup(Context(), "quickstart", key)));
  EXPECT_TRUE(run(world.service->authenticate_key(Context(), "AKIAIOSFOLQUICKSTART",
                                                  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")));
}

TEST(Setup, StoresSecretsEncrypted) {
  World world;
  const CredentialsPtr key = world.setup();
  kv::ScanOptions all;
  const auto page = run(world.store->scan(Context(), "auth", all));
  ASSERT_TRUE(page);
  for (const kv::Entry& row : page->entries) {
    EXPECT_EQ(row.value.find(key->secret_access_key.reveal()), std::string::npos) << row.key;
  }
}

TEST(Authenticate, AcceptsTheKeyAndNothingElse) {
  World world;
  const CredentialsPtr key = world.setup();
  const auto user = run(world.service->authenticate_key(Context(), key->access_key_id,
                                                        key->secret_access_key.reveal()));
  ASSERT_TRUE(user);
  EXPECT_EQ((*user)->name, "admin");
  EXPECT_TRUE(run(world.service->authenticate_key(Context(), key->access_key_id, "wrong"))
                  .error()
                  .is(kUnauthenticated));
  EXPECT_TRUE(run(world.service->authenticate_key(Context(), "AKIAUNKNOWN", "x"))
                  .error()
                  .is(kUnauthenticated));
  EXPECT_TRUE(run(world.service->authenticate_key(Context(), "", "")).error().is(kUnauthenticated));
  EXPECT_TRUE(
      run(world.service->authenticate_key(Context(), "a/../b", "x")).error().is(kUnauthenticated));
}

TEST(Authenticate, SurvivesRestartsButNotAnotherSecretKey) {
  World world;
  const CredentialsPtr key = world.setup();
  world.start("a secret key");
  EXPECT_TRUE(run(world.service->authenticate_key(Context(), key->access_key_id,
                                                  key->secret_access_key.reveal())));
  world.start("another key");
  EXPECT_TRUE(run(world.service->authenticate_key(Context(), key->access_key_id,
                                                  key->secret_access_key.reveal()))
                  .error()
                  .is(kWrongSecretKey));
}

TEST(Authenticate, AcceptsLoginTokensUntilTheyExpire) {
  World world;
  world.setup();
  const Token token = world.service->issue_login_token("admin");
  EXPECT_EQ((*run(world.service->authenticate_token(Context(), token.text)))->name, "admin");
  world.clock.advance(std::chrono::hours(168) - std::chrono::seconds(1));
  EXPECT_TRUE(run(world.service->authenticate_token(Context(), token.text)));
  world.clock.advance(std::chrono::seconds(2));
  EXPECT_TRUE(
      run(world.service->authenticate_token(Context(), token.text)).error().is(kUnauthenticated));
  const Token stranger = world.service->issue_login_token("nobody");
  EXPECT_TRUE(run(world.service->authenticate_token(Context(), stranger.text))
                  .error()
                  .is(kUnauthenticated));
}

TEST(Credentials, AreForgottenAfterTheCachesTime) {
  World world;
  const CredentialsPtr key = world.setup();
  ASSERT_TRUE(run(world.service->credentials(Context(), key->access_key_id)));
  const kv::Key row{"auth", "uCredentials/admin/credentials/" + key->access_key_id};
  ASSERT_TRUE(run(world.store->remove(Context(), row)));
  EXPECT_TRUE(run(world.service->credentials(Context(), key->access_key_id)));
  world.clock.advance(std::chrono::seconds(24));
  EXPECT_TRUE(run(world.service->credentials(Context(), key->access_key_id))
                  .error()
                  .is(kCredentialsNotFound));
}

TEST(Authorize, GivesAdministratorsTheirGroupsRights) {
  World world;
  world.setup();
  const std::vector<Permission> write{{action::kWriteObject, arn::object("repo", "a/b")}};
  EXPECT_TRUE(run(world.service->authorize(Context(), "admin", write, "127.0.0.1")));
  EXPECT_TRUE(run(world.service->authorize(Context(), "", write, "")).error().is(kUnauthenticated));
  EXPECT_FALSE(run(world.service->authorize(Context(), "nobody", write, "")));
}

TEST(Authorize, RefusesUsersWithoutPolicies) {
  World world;
  world.setup();
  User plain;
  plain.name = "plain";
  const kv::Key row{"auth", "users/plain"};
  ASSERT_TRUE(run(world.store->set(Context(), row, encode(plain, "internal"))));
  const std::vector<Permission> read{{action::kReadObject, arn::object("repo", "a/b")}};
  EXPECT_TRUE(run(world.service->authorize(Context(), "plain", read, ""))
                  .error()
                  .is(kInsufficientPermissions));
}

TEST(TakeOver, KnowsTheSingleAdministratorOfABasicInstallation) {
  World world;
  const CredentialsPtr made = world.setup();
  const kv::Key old{"auth", "uCredentials/admin/credentials/" + made->access_key_id};
  const Bytes credentials = run(world.store->get(Context(), old)).value();
  World basic;
  User user;
  user.name = "admin";
  const kv::Key user_row{"basicAuth", "users/superAdmin"};
  ASSERT_TRUE(run(basic.store->set(Context(), user_row, encode(user, "internal"))));
  const kv::Key key_row{"basicAuth", "uCredentials/superAdmin/credentials/" + made->access_key_id};
  ASSERT_TRUE(run(basic.store->set(Context(), key_row, credentials)));
  ASSERT_TRUE(run(basic.service->authenticate_key(Context(), made->access_key_id,
                                                  made->secret_access_key.reveal())));
  const std::vector<Permission> write{{action::kWriteObject, arn::object("repo", "a/b")}};
  EXPECT_TRUE(run(basic.service->authorize(Context(), "admin", write, "")));
  EXPECT_FALSE(run(basic.service->authorize(Context(), "nobody", write, "")));
}

}  // namespace
}  // namespace tarn::auth
