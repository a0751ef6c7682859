#include "auth/request_login.h"

#include "base/encoding.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::auth {
namespace {

using tarn::testing::run;

struct World {
  SystemClock clock;
  SeededRng rng{3};
  std::unique_ptr<kv::Store> store = kv::open_mem();
  BlockingPool crypto{"crypto", 1, 100};
  Service service{*store, crypto, clock, rng, ServiceConfig{.secret_key = Secret("key")}};
  CredentialsPtr key = run(service.setup(Context(), "admin", std::nullopt)).value();

  /// The user's name, `nobody`, or the error.
  std::string who(const std::string& authorization) {
    http::Headers headers;
    if (!authorization.empty()) {
      headers.add("Authorization", authorization);
    }
    const Result<UserPtr> user = run(authenticate_header(Context(), service, headers));
    if (!user) {
      return user.error().message();
    }
    return *user ? (*user)->name : "nobody";
  }
};

TEST(RequestLogin, TakesBasicAndBearer) {
  World world;
  const std::string pair = world.key->access_key_id + ":" + world.key->secret_access_key.reveal();
  EXPECT_EQ(world.who("Basic " + base64_encode(pair)), "admin");
  EXPECT_EQ(world.who("bAsIc  " + base64_encode(pair)), "admin");
  EXPECT_EQ(world.who("Bearer " + world.service.issue_login_token("admin").text), "admin");
}

TEST(RequestLogin, RefusesWhatIsWrong) {
  World world;
  const std::string wrong = world.key->access_key_id + ":x";
  for (const std::string& value :
       {"Basic " + base64_encode(wrong), "Basic " + base64_encode("no colon"),
        std::string("Basic ***"), std::string("Bearer abc")}) {
    EXPECT_EQ(world.who(value), "error authenticating request") << value;
  }
}

TEST(RequestLogin, LeavesOtherSchemesAlone) {
  World world;
  for (const char* value : {"", "Basic", "Basic ", "AWS4-HMAC-SHA256 Credential=x", "Digest x"}) {
    EXPECT_EQ(world.who(value), "nobody") << value;
  }
}

TEST(RequestLogin, KnowsWhereARequestComesFrom) {
  http::Request request;
  request.peer_address = "10.0.0.1";
  EXPECT_EQ(source_address(request), "10.0.0.1");
  request.headers.add("X-Real-IP", "10.0.0.2");
  EXPECT_EQ(source_address(request), "10.0.0.2");
  request.headers.add("X-Forwarded-For", " 10.0.0.3 , 10.0.0.4");
  EXPECT_EQ(source_address(request), "10.0.0.3");
}

}  // namespace
}  // namespace tarn::auth
