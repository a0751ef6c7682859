#include "actions/lua/testing/server_bench.h"

#include <gtest/gtest.h>

#include <thread>

namespace tarn::actions::lua {
namespace {

using testing::Outcome;
using testing::ServerBench;

ApiResponse json_response(unsigned status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

TEST(LuaLakefs, SendsTheRequestsOfTheApi) {
  const std::tuple<std::string_view, std::string_view, std::string_view> rows[] = {
      {"create_tag('repo', 'main', 'v1')", "POST /api/v1/repositories/repo/tags",
       R"({"ref":"main","id":"v1"})"},
      {"diff_refs('repo', 'a', 'b')", "GET /api/v1/repositories/repo/refs/a/diff/b", ""},
      {"diff_refs('repo', 'a', 'b', 'x', 'y/', '/', 7)",
       "GET /api/v1/repositories/repo/refs/a/diff/b?after=x&prefix=y%2F&delimiter=%2F&amount=7",
       ""},
      {"diff_branch('repo', 'b')", "GET /api/v1/repositories/repo/branches/b/diff", ""},
      {"diff_branch('repo', 'b', 'x', 7, 'p', '/')",
       "GET /api/v1/repositories/repo/branches/b/diff?after=x&amount=7&prefix=p&delimiter=%2F", ""},
      {"list_objects('repo', 'r')", "GET /api/v1/repositories/repo/refs/r/objects/ls", ""},
      {"list_objects('repo', 'r', nil, 'p', nil, 3, true)",
       "GET /api/v1/repositories/repo/refs/r/objects/ls?prefix=p&amount=3&user_metadata=true", ""},
      {"stat_object('repo', 'r', 'a b&c=ü', false)",
       "GET /api/v1/repositories/repo/refs/r/objects/"
       "stat?path=a%20b%26c%3D%C3%BC&user_metadata=false",
       ""},
      {"get_object('../repo', 'rel/1?x#y', '../a')",
       "GET /api/v1/repositories/..%2Frepo/refs/rel%2F1%3Fx%23y/objects?path=..%2Fa", ""},
      {"update_object_user_metadata('repo', 'b', 'p', {k = 'v'})",
       "PUT /api/v1/repositories/repo/branches/b/objects/stat/user_metadata?path=p",
       R"({"set":{"k":"v"}})"},
  };
  for (const auto& [call, target, body] : rows) {
    ServerBench bench;
    bench.api.script = [](const ApiRequest&) { return json_response(201, "{}"); };
    const Outcome outcome = bench.run("local _ = require('lakefs')." + std::string(call));
    EXPECT_EQ(outcome.error, "") << call;
    ASSERT_EQ(bench.api.requests().size(), 1U) << call;
    EXPECT_EQ(bench.api.targets()[0], target);
    EXPECT_EQ(bench.api.requests()[0].body, body) << call;
    EXPECT_EQ(bench.api.requests()[0].user, "ann");
  }
}

TEST(LuaLakefs, GivesStatusAndDecodedBody) {
  ServerBench bench;
  bench.api.script = [](const ApiRequest&) {
    return json_response(201, R"({"id":"v1","commit_id":"c"})");
  };
  EXPECT_EQ(bench
                .run("local code, tag = require('lakefs').create_tag('r', 'main', 'v1') "
                     "print(code, tag.id, tag.commit_id)")
                .output,
            "201\tv1\tc\n");
  bench.api.script = [](const ApiRequest&) { return json_response(403, R"({"message":"no"})"); };
  EXPECT_EQ(bench
                .run("local code, e = require('lakefs').diff_branch('r', 'b') "
                     "print(code, e.message)")
                .output,
            "403\tno\n");
  bench.api.script = [](const ApiRequest&) { return json_response(201, ""); };
  EXPECT_EQ(bench.eval("select('#', require('lakefs').update_object_user_metadata("
                       "'r', 'b', 'p', {}))"),
            "1");
  bench.api.script = [](const ApiRequest&) { return json_response(502, "<html>"); };
  EXPECT_EQ(
      bench.eval("require('lakefs').diff_branch('r', 'b')"),
      "error: status 502: the answer is no JSON: invalid JSON: unexpected character at byte 0");
}

TEST(LuaLakefs, ObjectsAndStatsAreRawText) {
  ServerBench bench;
  bench.api.add("c", "a", 3, std::string("x\0y", 3));
  EXPECT_EQ(bench.eval("#select(2, require('lakefs').get_object('r', 'c', 'a'))"), "3");
  EXPECT_EQ(bench.eval("require('lakefs').get_object('r', 'c', 'b')"),
            R"(404)"
            "\t"
            R"({"message":"path not found"})");
  bench.api.script = [](const ApiRequest&) { return json_response(200, R"({"path":"a"})"); };
  EXPECT_EQ(bench.eval("require('lakefs').stat_object('r', 'c', 'a')"), "200\t{\"path\":\"a\"}");
}

TEST(LuaLakefs, ListsAreMarkedAndPaged) {
  ServerBench bench;
  for (const char* path : {"t/a", "t/b", "t/c"}) {
    bench.api.add("c", path);
  }
  EXPECT_EQ(
      bench
          .run(R"(
    local code, page = require('lakefs').list_objects('r', 'c', 't/a', 't/', '', 1)
    print(code, #page.results, page.results[1].path, page.pagination.has_more, page.pagination.next_offset)
    print(require('encoding/json').marshal(page.results))
  )")
          .output,
      "200\t1\tt/b\ttrue\tt/b\n"
      R"([{"checksum":"c","path":"t/b","path_type":"object","physical_address":"s3://bucket/ns/data/t-b","size_bytes":10}])"
      "\n\n");
}

TEST(LuaLakefs, RefusesWrongArguments) {
  ServerBench bench;
  EXPECT_EQ(bench.eval("require('lakefs').get_object('r', 'c')"),
            "error: bad argument #3 to 'get_object' (string expected, got no value)");
  EXPECT_EQ(bench.eval("require('lakefs').list_objects('r', 'c', nil, nil, nil, 1.5)"),
            "error: bad argument #6 to 'list_objects' (number has no integer representation)");
  EXPECT_EQ(bench.eval("require('lakefs').update_object_user_metadata('r', 'b', 'p', 'x')"),
            "error: bad argument #4 to 'update_object_user_metadata' (table expected, got string)");
  EXPECT_TRUE(bench.api.requests().empty());
}

TEST(LuaLakefs, AnswersLargerThanTheScriptsMemoryAreRefused) {
  ServerBench bench;
  bench.limits.memory_bytes = 8 * kMiB;
  bench.api.add("c", "large", 1, Bytes(6 * kMiB, 'x'));
  EXPECT_EQ(bench.eval("require('lakefs').get_object('r', 'c', 'large')"),
            "error: the answer is larger than the limit");
}

TEST(LuaLakefs, TheDeadlineEndsARequest) {
  ServerBench bench;
  bench.api.hangs = true;
  bench.limits.deadline = SystemClock().steady_now() + std::chrono::milliseconds(50);
  const Outcome outcome =
      bench.run("while true do pcall(require('lakefs').get_object, 'r', 'c', 'a') end");
  EXPECT_EQ(outcome.limit, LimitKind::kDeadline);
  EXPECT_EQ(bench.api.cancelled(), bench.api.requests().size()) << "a request outlived its script";
}

TEST(LuaLakefs, CancellingTheScriptCancelsTheRequest) {
  ServerBench bench;
  bench.api.hangs = true;
  std::thread canceller;
  bench.on_state = [&bench, &canceller](State& state) {
    canceller = std::thread([&bench, interrupt = state.interrupt()] {
      while (bench.api.requests().empty()) {
        std::this_thread::yield();
      }
      interrupt->cancel("the server stops");
    });
  };
  const Outcome outcome = bench.run("require('lakefs').get_object('r', 'c', 'a')");
  canceller.join();
  EXPECT_EQ(outcome.limit, LimitKind::kCancelled);
  EXPECT_EQ(bench.api.cancelled(), 1U);
}

}  // namespace
}  // namespace tarn::actions::lua
