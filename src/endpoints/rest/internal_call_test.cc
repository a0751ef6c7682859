// Requests from inside the server: the rights of the user named, and nothing else about them.
#include "auth/records.h"
#include "block/list_walker.h"
#include "catalog/imports.h"
#include "catalog/objects.h"
#include "endpoints/rest/endpoint.h"
#include "graveler/testing/world.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <tuple>

namespace tarn::endpoints::rest {
namespace {

using actions::ApiRequest;
using actions::ApiResponse;
using tarn::testing::run;

struct World : graveler::testing::World {
  BlockingPool crypto{"crypto", 1, 100};
  auth::ServiceConfig auth_config;
  auth::Service auth;
  block::PathProvider paths{clock, xids};
  Secret signing_key{"signing"};
  catalog::Objects objects{{store(), *blocks, paths, clock, signing_key}};
  actions::RunStore runs{*kv, *blocks};
  ServerInfo info;
  Metrics metrics;
  catalog::MultipartUploads uploads{{store(), *kv, *blocks, paths, clock}};
  catalog::Removal removal{{store(), uploads, *blocks}};
  catalog::Tasks tasks{{*kv, clock, rng, loops, [](const Error& error) {
                          return catalog::Tasks::Failure{error.message(), 500};
                        }}};
  BlockingPool files{"fs", 1, 100};
  std::unique_ptr<block::Walker> walker = block::make_list_walker(*blocks, files);
  catalog::Imports imports{{store(), *kv, *walker, clock, xids, loops, files},
                           catalog::ImportsConfig{.folder = ::testing::TempDir()}};
  Endpoint endpoint{{store(), objects, auth, runs, imports, clock, info, tasks, removal}, metrics};

  World() : auth(*kv, crypto, clock, rng, with_key()) {
    EXPECT_TRUE(run(auth.setup(Context(), "admin", std::nullopt)));
    add_user("nobody");
  }

  static auth::ServiceConfig with_key() {
    auth::ServiceConfig config;
    config.secret_key = Secret("key");
    config.cache_enabled = false;
    return config;
  }
  void add_user(const std::string& name) {
    auth::User user;
    user.name = name;
    EXPECT_TRUE(run(kv->set(Context(), {"auth", "users/" + name}, auth::encode(user, "internal"))));
  }
  void grant(const std::string& user, std::vector<auth::Statement> statements) {
    const std::string key = "policies/of-" + user;
    const auth::Policy policy{"of-" + user, std::move(statements)};
    EXPECT_TRUE(run(kv->set(Context(), {"auth", key}, auth::encode(policy, clock.now()))));
    EXPECT_TRUE(
        run(kv->set(Context(), {"auth", "uPolicies/" + user + "/" + key}, auth::encode_link(key))));
  }
  void upload(const std::string& path, const std::string& text) {
    catalog::Upload upload;
    upload.body = memory_source(text);
    upload.size_bytes = text.size();
    EXPECT_TRUE(
        run(objects.upload(Context(), repo, main, ObjectPath::trusted(path), std::move(upload))));
  }
  Result<ApiResponse> call(std::string method, std::string target, std::string user = "admin",
                           std::string body = "", Context ctx = Context()) {
    ApiRequest request;
    request.method = std::move(method);
    request.target = "/api/v1" + std::move(target);
    request.user = std::move(user);
    request.body = std::move(body);
    return run(endpoint.call(std::move(ctx), std::move(request)));
  }
};

TEST(InternalCall, AnswersWithStatusTypeAndBody) {
  World world;
  const auto found = world.call("GET", "/repositories/repo");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->status, 200U);
  EXPECT_EQ(found->content_type, "application/json");
  EXPECT_NE(found->body.find("\"id\":\"repo\""), std::string::npos);
  const auto missing = world.call("GET", "/repositories/other");
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404U);
  EXPECT_EQ(world.call("GET", "/nonsense")->status, 404U);
}

TEST(InternalCall, ChangesThingsAndReadsStreams) {
  World world;
  world.upload("a b", "bytes");
  EXPECT_EQ(world.call("GET", "/repositories/repo/refs/main/objects?path=a%20b")->body, "bytes");
  EXPECT_EQ(
      world.call("POST", "/repositories/repo/branches/main/commits", "admin", R"({"message":"m"})")
          ->status,
      201U);
  const auto tag =
      world.call("POST", "/repositories/repo/tags", "admin", R"({"id":"v1","ref":"main"})");
  EXPECT_EQ(tag->status, 201U) << tag->body;
  const auto bad = world.call("POST", "/repositories/repo/tags", "admin", R"({"id":)");
  EXPECT_EQ(bad->status, 400U) << bad->body;
}

TEST(InternalCall, HasTheRightsOfItsUserOnly) {
  World world;
  world.upload("secret", "bytes");
  for (const char* target : {"/repositories/repo", "/repositories",
                             "/repositories/repo/refs/main/objects?path=secret"}) {
    const auto answer = world.call("GET", target, "nobody");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401U) << target;
    EXPECT_EQ(answer->body.find("bytes"), std::string::npos);
  }
  for (const char* user : {"", "deleted", "../users/admin"}) {
    const auto answer = world.call("GET", "/repositories/repo", user);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401U) << user;
    EXPECT_NE(answer->body.find("error authenticating request"), std::string::npos);
  }
}

TEST(InternalCall, AnImportNeedsEveryRightOnBranchSourceAndDestination) {
  World world;
  const std::string on_repo = "arn:lakefs:fs:::repository/repo";
  const auto right = [](std::string action, std::string resource) {
    return auth::Statement{true, {std::move(action)}, std::move(resource), {}};
  };
  const std::vector<auth::Statement> all = {
      right("fs:WriteObject", on_repo + "/branch/main"),
      right("fs:CreateCommit", on_repo + "/branch/main"),
      right("fs:ImportFromStorage", "arn:lakefs:fs:::namespace/mem://lake/src/*"),
      right("fs:WriteObject", on_repo + "/object/in/*"),
  };
  const auto start = [&world](const std::string& user, const std::string& from,
                              const std::string& to) {
    const std::string body =
        R"({"commit":{"message":""},"paths":[{"type":"common_prefix","path":")" + from +
        R"(","destination":")" + to + R"("}]})";
    return world.call("POST", "/repositories/repo/branches/main/import", user, body)->status;
  };
  for (std::size_t missing = 0; missing < all.size(); ++missing) {
    std::vector<auth::Statement> some = all;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(missing));
    const std::string user = "lacks-" + std::to_string(missing);
    world.add_user(user);
    world.grant(user, some);
    EXPECT_EQ(start(user, "mem://lake/src/", "in/"), 401U) << missing;
  }
  world.add_user("importer");
  world.grant("importer", all);
  EXPECT_EQ(start("importer", "mem://lake/other/", "in/"), 401U);
  EXPECT_EQ(start("importer", "mem://lake/src/", "out/"), 401U);
  EXPECT_EQ(start("importer", "mem://lake/src/", "in/"), 202U);
  const std::string of_one = "/repositories/repo/branches/main/import?id=x";
  EXPECT_EQ(world.call("GET", of_one, "importer")->status, 401U);
  EXPECT_EQ(world.call("DELETE", of_one, "importer")->status, 401U);
  EXPECT_EQ(world.call("DELETE", of_one)->status, 404U);
}

TEST(InternalCall, RunsByHandNeedARightOfTheirOwn) {
  World world;
  const std::string on_repo = "arn:lakefs:fs:::repository/repo";
  world.add_user("reader");
  world.grant("reader", {auth::Statement{true, {"ci:ReadAction", "fs:*"}, on_repo, {}}});
  world.add_user("runner");
  world.grant("runner", {auth::Statement{true, {"ci:RunAction"}, on_repo, {}}});
  const std::string runs = "/tarn/repositories/repo/actions/runs";
  const std::string body = R"({"action":"a","ref":"main"})";
  EXPECT_EQ(world.call("POST", runs, "reader", body)->status, 401U);
  EXPECT_EQ(world.call("POST", runs + "/x/rerun", "reader")->status, 401U);
  // Who may gets as far as this endpoint goes, which runs no actions.
  EXPECT_EQ(world.call("POST", runs, "runner", body)->status, 501U);
  EXPECT_EQ(world.call("POST", runs + "/x/rerun", "runner")->status, 501U);
}

TEST(InternalCall, RefusesAUserWhoIsGone) {
  World world;
  world.add_user("leaver");
  const auto before = world.call("GET", "/user", "leaver");
  EXPECT_EQ(before->status, 200U) << before->body;
  EXPECT_TRUE(run(world.kv->remove(Context(), {"auth", "users/leaver"})));
  EXPECT_EQ(world.call("GET", "/user", "leaver")->status, 401U);
}

TEST(InternalCall, BoundsTheAnswer) {
  World world;
  world.upload("big", std::string(300 * kKiB, 'x'));
  for (const char* target :
       {"/repositories/repo/refs/main/objects?path=big", "/repositories/repo"}) {
    for (const bool fits : {true, false}) {
      ApiRequest request;
      request.method = "GET";
      request.target = std::string("/api/v1") + target;
      request.user = "admin";
      request.response_bytes_max = fits ? 300 * kKiB : 100;
      const auto answer = run(world.endpoint.call(Context(), std::move(request)));
      EXPECT_EQ(answer.has_value(), fits) << target;
      if (!fits) {
        EXPECT_EQ(answer.error().kind(), ErrorKind::kInvalid);
      }
    }
  }
}

TEST(InternalCall, EndsWithItsContext) {
  World world;
  CancelSource source;
  source.cancel(CancelReason::kShutdown);
  const auto cancelled =
      world.call("GET", "/repositories/repo", "admin", "", Context("id", source.token()));
  EXPECT_EQ(cancelled.error().kind(), ErrorKind::kCancelled);
  const Context late = Context().with_deadline(world.clock.steady_now());
  EXPECT_EQ(world.call("GET", "/repositories/repo", "admin", "", late).error().kind(),
            ErrorKind::kTimeout);
}

/// Each operation of the trash, of exports, and of dumps, asks for rights before it looks at anything.
TEST(InternalCall, TheTrashExportsAndDumpsAreForThoseWithRights) {
  World world;
  const std::string dump =
      R"({"commits_meta_range_id":"","branches_meta_range_id":"","tags_meta_range_id":""})";
  const std::tuple<const char*, const char*, std::string> calls[] = {
      {"GET", "/tarn/repositories/deleted", ""},
      {"POST", "/tarn/repositories/repo/undelete", ""},
      {"GET", "/tarn/repositories/repo/branches/deleted", ""},
      {"POST", "/tarn/repositories/repo/branches/b/undelete", ""},
      {"GET", "/tarn/repositories/repo/exports", ""},
      {"POST", "/tarn/repositories/repo/refs/main/exports", R"({"tables":["t"]})"},
      {"POST", "/tarn/repositories/repo/exports/prune", "{}"},
      {"GET", "/tarn/repositories/repo/exports/tasks/EX", ""},
      {"PUT", "/repositories/repo/refs/dump", ""},
      {"PUT", "/repositories/repo/refs/restore", dump},
      {"POST", "/repositories/repo/dump", ""},
      {"GET", "/repositories/repo/dump?task_id=DR", ""},
      {"POST", "/repositories/repo/restore", dump},
      {"GET", "/repositories/repo/restore?task_id=RR", ""},
      {"DELETE", "/repositories/repo?purge_data=true", ""},
  };
  for (const auto& [method, target, body] : calls) {
    EXPECT_EQ(world.call(method, target, "nobody", body)->status, 401U) << method << " " << target;
    EXPECT_NE(world.call(method, target, "admin", body)->status, 401U) << method << " " << target;
  }
}

}  // namespace
}  // namespace tarn::endpoints::rest
