// The life of an installation's first administrator, over the memory store.
#include "auth/service.h"

#include "auth/permissions.h"
#include "auth/records.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

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

/// Passes everything on, and lets a test act when a scan has read its rows.
class WatchedStore final : public kv::Store {
 public:
  explicit WatchedStore(std::unique_ptr<kv::Store> inner) : inner_(std::move(inner)) {}

  Task<Result<Bytes>> get(Context ctx, kv::Key key) override {
    co_return co_await inner_->get(ctx, std::move(key));
  }
  Task<Result<void>> set(Context ctx, kv::Key key, Bytes value) override {
    co_return co_await inner_->set(ctx, std::move(key), std::move(value));
  }
  Task<Result<void>> set_if(Context ctx, kv::Key key, Bytes value,
                            kv::Predicate expected) override {
    co_return co_await inner_->set_if(ctx, std::move(key), std::move(value), std::move(expected));
  }
  Task<Result<void>> remove(Context ctx, kv::Key key) override {
    co_return co_await inner_->remove(ctx, std::move(key));
  }
  Task<Result<kv::Page>> scan(Context ctx, std::string partition,
                              kv::ScanOptions options) override {
    ++scans;
    Result<kv::Page> page = co_await inner_->scan(ctx, std::move(partition), std::move(options));
    if (after_scan) {
      std::function<Task<Result<void>>()> act = std::exchange(after_scan, nullptr);
      TARN_CO_CHECK_OK(co_await act());
    }
    co_return page;
  }
  Task<Result<void>> remove_partition(Context ctx, std::string partition) override {
    co_return co_await inner_->remove_partition(ctx, std::move(partition));
  }
  Task<Result<void>> set_many(Context ctx, std::string partition,
                              std::vector<kv::Entry> rows) override {
    co_return co_await inner_->set_many(ctx, std::move(partition), std::move(rows));
  }
  std::optional<Result<Bytes>> get_now(const kv::Key& key) override { return inner_->get_now(key); }

  int scans = 0;
  std::function<Task<Result<void>>()> after_scan;

 private:
  std::unique_ptr<kv::Store> inner_;
};

struct World {
  HandClock clock;
  SeededRng rng{3};
  std::unique_ptr<WatchedStore> store = std::make_unique<WatchedStore>(kv::open_mem());
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

TEST(Credentials, ThatNobodyHasAreLookedForOnceInAWhile) {
  World world;
  world.setup();
  const auto is_unknown = [&world] {
    const Result<CredentialsPtr> found = run(world.service->credentials(Context(), "AKIAUNKNOWN"));
    return !found && found.error().is(kCredentialsNotFound);
  };
  EXPECT_TRUE(is_unknown());
  const int scans = world.store->scans;
  EXPECT_TRUE(is_unknown());
  EXPECT_EQ(world.store->scans, scans) << "the second try costs no look at the store";
  world.clock.advance(Service::kUnknownKeyTtl);
  EXPECT_TRUE(is_unknown());
  EXPECT_GT(world.store->scans, scans);
  // Made here, it is known at once.
  const std::optional<GivenKey> key = GivenKey{"AKIAUNKNOWN", Secret("a secret")};
  ASSERT_TRUE(run(world.service->create_credentials(Context(), "admin", key)));
  EXPECT_FALSE(is_unknown());
}

TEST(Credentials, OfAnotherServerAreFoundSoon) {
  World world;
  world.setup();
  EXPECT_FALSE(run(world.service->credentials(Context(), "AKIAELSEWHERE")));
  ServiceConfig config;
  config.secret_key = Secret("a secret key");
  Service other(*world.store, world.crypto, world.clock, world.rng, config);
  const std::optional<GivenKey> key = GivenKey{"AKIAELSEWHERE", Secret("a secret")};
  ASSERT_TRUE(run(other.create_credentials(Context(), "admin", key)));
  EXPECT_FALSE(run(world.service->credentials(Context(), "AKIAELSEWHERE")));
  world.clock.advance(Service::kUnknownKeyTtl);
  EXPECT_TRUE(run(world.service->credentials(Context(), "AKIAELSEWHERE")));
}

TEST(Credentials, MadeDuringASearchInVainAreKnown) {
  World world;
  world.setup();
  // Between the search's look at the row and its answer: the row of `admin` is read after the scan,
  // so the key belongs to a user who is not in the scan.
  User late;
  late.name = "late";
  const Bytes row = encode(late, "internal");
  const std::optional<GivenKey> key = GivenKey{"AKIALATE", Secret("a secret")};
  auto act = [&]() -> Task<Result<void>> {
    kv::Key where{"auth", "users/late"};
    TARN_CO_CHECK_OK(co_await world.store->set(Context(), std::move(where), row));
    TARN_CO_CHECK_OK(co_await world.service->create_credentials(Context(), "late", key));
    co_return Result<void>();
  };
  world.store->after_scan = act;
  EXPECT_FALSE(run(world.service->credentials(Context(), "AKIALATE")))
      << "the search had passed already";
  EXPECT_TRUE(run(world.service->credentials(Context(), "AKIALATE")));
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
