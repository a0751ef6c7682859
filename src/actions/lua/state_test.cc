#include "actions/lua/state.h"

#include "actions/lua/testing/script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace tarn::actions::lua {
namespace {

using testing::eval;
using testing::Outcome;
using testing::run_script;

/// A State whose parts a test reaches.
struct Fixture {
  explicit Fixture(const Limits& limits = testing::test_limits())
      : state(limits, {.clock = clock, .rng = rng, .output = [this](std::string_view text) {
                         output.append(text);
                       }}) {}
  std::string run(std::string_view script) {
    Result<void> ran = state.run(script, "lua");
    return ran ? "" : ran.error().message();
  }

  SystemClock clock;
  SeededRng rng{1};
  std::string output;
  State state;
};

TEST(LuaErrors, NamePositionAndTraceback) {
  EXPECT_EQ(run_script("error('boom')").error,
            "runtime error: [string \"lua\"]:1: boom\n"
            "stack traceback:\n"
            "\t[Go]: in ?\n"
            "\t[string \"lua\"]:1: in main chunk");
  EXPECT_EQ(run_script("error('nolevel', 0)").error,
            "runtime error: nolevel\nstack traceback:\n\t[Go]: in ?\n"
            "\t[string \"lua\"]:1: in main chunk");
}

TEST(LuaErrors, TracebackNamesLuaFunctionsAndSkipsTheMiddleOfDeepStacks) {
  EXPECT_EQ(run_script("local function inner() error('x', 0) end\ninner()").error,
            "runtime error: x\nstack traceback:\n\t[Go]: in ?\n"
            "\t[string \"lua\"]:1: in function 'inner'\n"
            "\t[string \"lua\"]:2: in main chunk");
  const std::string deep =
      run_script("local function f(n) if n == 0 then error('x', 0) end f(n - 1) end f(50)").error;
  EXPECT_EQ(std::ranges::count(deep, '\n'), 1 + 12 + 1 + 10);
  EXPECT_NE(deep.find("\n\t...\n"), std::string::npos);
  EXPECT_TRUE(deep.ends_with("in main chunk"));
}

TEST(LuaErrors, SyntaxErrorsHaveNoTraceback) {
  EXPECT_EQ(run_script("=").error, "syntax error: [string \"lua\"]:1: unexpected symbol near =");
  EXPECT_EQ(run_script("x = ").error,
            "syntax error: [string \"lua\"]:1: unexpected symbol near <eof>");
}

TEST(LuaErrors, HookFailureIsTheMessageAlone) {
  EXPECT_EQ(run_script("require('hook').fail('nope')").error, "nope");
  EXPECT_EQ(run_script("local ok, err = pcall(require('hook').fail, 'nope') error(err, 0)").error,
            "nope");
  EXPECT_EQ(run_script("print(pcall(function()\nrequire('hook').fail('nope') end))").output,
            "false\t[string \"lua\"]:2: <HookFailure>nope</HookFailure>\n");
}

TEST(LuaErrors, CallingNilReadsAsClientsMatchIt) {
  EXPECT_EQ(run_script("undefined()").raised(), "attempt to call a nil value (global 'undefined')");
  EXPECT_EQ(run_script("local t = {} t.x()").raised(), "attempt to call a nil value (field 'x')");
  EXPECT_EQ(run_script("print(pcall(function() local x = 1 x() end))").output,
            "false\t[string \"lua\"]:1: attempt to call a number value (local 'x')\n");
}

TEST(LuaErrors, ErrorValuesThatAreNoText) {
  EXPECT_EQ(run_script("error({})").raised(), "(error object is a table value)");
  EXPECT_EQ(run_script("error()").raised(), "(error object is a nil value)");
  EXPECT_EQ(run_script("error(42)").raised(), "42");
  EXPECT_EQ(
      run_script("error(setmetatable({}, {__tostring = function() return 'text' end}))").raised(),
      "text");
  EXPECT_EQ(run_script("local _, e = pcall(error, {1}) print(e[1])").output, "1\n");
}

TEST(LuaErrors, HaveTheIdentityOfTheirKind) {
  Fixture a;
  EXPECT_TRUE(a.state.run("=", "lua").error().is(kScriptSyntax));
  EXPECT_TRUE(a.state.run("error('x')", "lua").error().is(kScriptFailed));
  EXPECT_TRUE(a.state.run("require('hook').fail('x')", "lua").error().is(kHookFailure));
  EXPECT_TRUE(a.state.run("string.rep('x', 1e12)", "lua").error().is(kScriptLimit));
}

TEST(LuaRequire, FindsLoadedPreloadAndHostSourcesOnly) {
  EXPECT_EQ(run_script("require('io')").raised(), "module 'io' not found: ");
  EXPECT_EQ(run_script("print(pcall(require, 'io'))").output,
            "false\tmodule 'io' not found: \n\tno field package.preload['io']?.lua\n");
  EXPECT_EQ(eval("require('string') == string"), "true");
  EXPECT_EQ(run_script("package.loaded.lakefs = {x = 1} print(require('lakefs').x)").output, "1\n");
  EXPECT_EQ(run_script("package.preload.m = function(n) return {name = n} end "
                       "print(require('m').name, require('m') == require('m'))")
                .output,
            "m\ttrue\n");
}

TEST(LuaRequire, DottedAndSlashedNamesAreTwoInstances) {
  Fixture a;
  ASSERT_TRUE(a.state.add_source("lakefs/some/thing", "local M = {} M.name = ... return M"));
  EXPECT_EQ(a.run("local slash, dot = require('lakefs/some/thing'), require('lakefs.some.thing')\n"
                  "print(slash.name, dot.name, slash == dot, require('lakefs.some.thing') == dot)"),
            "");
  EXPECT_EQ(a.output, "lakefs/some/thing\tlakefs.some.thing\tfalse\ttrue\n");
  EXPECT_EQ(a.state.required_modules(),
            (std::set<std::string, std::less<>>{"lakefs.some.thing", "lakefs/some/thing"}));
}

TEST(LuaRequire, NamesTheFileOfABrokenSource) {
  Fixture a;
  ASSERT_TRUE(a.state.add_source("broken", "x = ="));
  EXPECT_NE(
      a.run("require('broken')").find("error loading module 'broken' from file 'broken.lua':"),
      std::string::npos);
}

TEST(LuaState, HostModulesReplaceStandardOnes) {
  Fixture a;
  ASSERT_TRUE(a.state.add_module({.name = "uuid", .functions = {{"new", [](Call& call) {
                                                                   call.push("fixed");
                                                                   return 1;
                                                                 }}}}));
  EXPECT_EQ(a.run("print(require('uuid').new())"), "");
  EXPECT_EQ(a.output, "fixed\n");
}

TEST(LuaState, NativeExceptionsBecomeLuaErrors) {
  Fixture a;
  ASSERT_TRUE(a.state.add_module(
      {.name = "m",
       .functions = {{"fail", [](Call& call) -> int { call.fail("told"); }},
                     {"standard", [](Call&) -> int { throw std::runtime_error("thrown"); }},
                     {"number", [](Call& call) -> int { return call.number(1) > 0 ? 0 : 0; }}}}));
  EXPECT_EQ(
      a.run(
          "local m = require('m')\nprint(pcall(function() m.fail() end))\n"
          "print(pcall(function() m.standard() end))\nprint(pcall(function() m.number('x') end))"),
      "");
  EXPECT_EQ(
      a.output,
      "false\t[string \"lua\"]:2: told\nfalse\t[string \"lua\"]:3: thrown\n"
      "false\t[string \"lua\"]:4: bad argument #1 to 'number' (number expected, got string)\n");
}

TEST(LuaState, NativeFramesUnwindOnErrorsAndLimits) {
  Fixture a;
  int alive = 0;
  struct Guard {
    explicit Guard(int& count) : count_(count) { ++count_; }
    ~Guard() { --count_; }
    int& count_;
  };
  ASSERT_TRUE(a.state.add_module({.name = "m", .functions = {{"call", [&alive](Call& call) {
                                                                const Guard guard(alive);
                                                                lua_call(call.lua(),
                                                                         call.count() - 1, 0);
                                                                return 0;
                                                              }}}}));
  EXPECT_EQ(a.run("pcall(require('m').call, error, 'x')"), "");
  EXPECT_EQ(alive, 0);
  EXPECT_NE(a.run("require('m').call(function() while true do end end)"), "");
  EXPECT_EQ(alive, 0);
}

TEST(LuaState, OwnedFunctionsDieWithTheirClosure) {
  Fixture a;
  auto token = std::make_shared<int>(1);
  ASSERT_TRUE(a.state.add_module(
      {.name = "m", .functions = {{"make", [&token](Call& call) {
                                     call.push_function([token](Call&) { return 0; }, 1024 * 1024);
                                     return 1;
                                   }}}}));
  // Each counts a megabyte, so that they are collected long before Lua's own heap asks for it.
  EXPECT_EQ(a.run("local m = require('m') for _ = 1, 1000 do m.make()() end"), "");
  EXPECT_LT(token.use_count(), 80);
  EXPECT_EQ(a.run("kept = {} for n = 1, 10 do kept[n] = require('m').make() end"), "");
  EXPECT_GT(a.state.memory_used(), 10 * kMiB);
  EXPECT_NE(a.run("for n = 1, 1000 do kept[n] = require('m').make() end").find("memory limit"),
            std::string::npos);
}

TEST(LuaState, LimitsEndEveryFurtherRun) {
  Fixture a;
  const std::string first = a.run("while true do end");
  EXPECT_NE(first.find("instruction limit of"), std::string::npos);
  EXPECT_EQ(a.run("print('again')"), first);
  EXPECT_EQ(a.state.set_global("x", Json(1)).error().message(), first);
  EXPECT_EQ(a.output, "");
  EXPECT_EQ(a.state.limit_reached(), LimitKind::kInstructions);
}

TEST(LuaState, LimitMessagesNameTheLine) {
  EXPECT_TRUE(run_script("local x\nwhile true do end")
                  .error.starts_with("runtime error: [string \"lua\"]:2: instruction limit of "
                                     "50000000 reached\nstack traceback:\n"
                                     "\t[string \"lua\"]:2: in main chunk"));
}

TEST(LuaState, DeepRecursionRaisesStackOverflow) {
  Limits limits = testing::test_limits();
  limits.memory_bytes = 256 * kMiB;
  const Outcome outcome =
      run_script("local function f() return 1 + f() end\nprint(pcall(f))", limits);
  EXPECT_NE(outcome.output.find("stack overflow"), std::string::npos) << outcome.error;
}

TEST(LuaState, AMemoryLimitBelowTheLibrariesIsAnErrorAndNoCrash) {
  for (std::size_t bytes = 0; bytes < 200'000; bytes += 1777) {
    Limits limits;
    limits.memory_bytes = bytes;
    const Outcome outcome = run_script("print('ran')", limits);
    EXPECT_EQ(outcome.error.empty(), outcome.output == "ran\n") << bytes;
    EXPECT_EQ(outcome.error.empty(), !outcome.limit.has_value()) << outcome.error;
  }
}

TEST(LuaState, EveryAllocationMayFail) {
  // The same script under every memory limit around what it needs: it succeeds or reports the
  // limit.
  constexpr std::string_view kScript =
      "local t = {} for n = 1, 200 do t[n] = ('x'):rep(n) .. n end\n"
      "local ok = pcall(function() error({table.concat(t)}) end)\n"
      "print(#table.concat(t), (('a,b'):gsub(',', ';')), pcall(load, 'return 1'))";
  int succeeded = 0;
  for (std::size_t bytes = 100'000; bytes < 400'000; bytes += 1013) {
    Limits limits;
    limits.memory_bytes = bytes;
    const Outcome outcome = run_script(kScript, limits);
    succeeded += outcome.error.empty() ? 1 : 0;
    EXPECT_EQ(outcome.error.empty(), !outcome.limit.has_value()) << bytes << " " << outcome.error;
  }
  EXPECT_GT(succeeded, 0);
}

TEST(LuaState, OtherThreadsCancel) {
  Fixture a;
  std::shared_ptr<Interrupt> interrupt = a.state.interrupt();
  ASSERT_TRUE(a.state.add_module({.name = "m", .functions = {{"started", [&interrupt](Call&) {
                                                                std::thread([interrupt] {
                                                                  interrupt->cancel("shutdown");
                                                                  interrupt->cancel("later");
                                                                }).detach();
                                                                return 0;
                                                              }}}}));
  const std::string error =
      a.run("require('m').started()\nwhile true do pcall(string.rep, 'x', 10) end");
  EXPECT_TRUE(error.find("cancelled: shutdown") != std::string::npos ||
              error.find("instruction limit") != std::string::npos)
      << error;
}

TEST(LuaState, CancellingBeforeTheRunStopsIt) {
  Fixture a;
  a.state.interrupt()->cancel("client gone");
  const Result<void> ran = a.state.run("while true do end", "lua");
  ASSERT_FALSE(ran);
  EXPECT_TRUE(ran.error().is(kScriptCancelled));
  EXPECT_TRUE(ran.error().message().starts_with(
      "runtime error: [string \"lua\"]:1: cancelled: client gone"))
      << ran.error().message();
}

TEST(LuaState, ADeadlineStopsTheScript) {
  Limits limits;
  limits.deadline = SystemClock().steady_now();
  Fixture a(limits);
  const Result<void> ran = a.state.run("while true do end", "lua");
  ASSERT_FALSE(ran);
  EXPECT_TRUE(ran.error().is(kScriptTimeout));
}

// Blocking native functions.

TEST(LuaBlockOn, ReturnsWhatAnotherThreadCompletes) {
  Fixture a;
  std::thread worker;
  ASSERT_TRUE(a.state.add_module(
      {.name = "m", .functions = {{"wait", [&worker](Call& call) {
                                     const int value =
                                         call.block_on<int>([&worker](Pending<int> done) {
                                           worker = std::thread([done] { done(42); });
                                         });
                                     worker.join();
                                     call.push(static_cast<double>(value));
                                     return 1;
                                   }}}}));
  EXPECT_EQ(a.run("print(require('m').wait())"), "");
  EXPECT_EQ(a.output, "42\n");
}

TEST(LuaBlockOn, CancellationAbandonsTheOperationAndItsLateResultIsDropped) {
  Fixture a;
  std::optional<Pending<std::string>> late;
  int abandoned = 0;
  ASSERT_TRUE(a.state.add_module(
      {.name = "m", .functions = {{"wait", [&](Call& call) {
                                     call.push(call.block_on<std::string>(
                                         [&](Pending<std::string> done) {
                                           late = done;
                                           call.engine().interrupt()->cancel("enough");
                                         },
                                         [&abandoned] { ++abandoned; }));
                                     return 1;
                                   }}}}));
  EXPECT_NE(a.run("pcall(require('m').wait) print('survived')").find("cancelled: enough"),
            std::string::npos);
  EXPECT_EQ(abandoned, 1);
  EXPECT_EQ(a.output, "");
  (*late)("late");
}

TEST(LuaBlockOn, TheDeadlineEndsTheWait) {
  Limits limits = testing::test_limits();
  limits.deadline = SystemClock().steady_now() + std::chrono::milliseconds(20);
  Fixture a(limits);
  ASSERT_TRUE(a.state.add_module({.name = "m", .functions = {{"wait", [](Call& call) {
                                                                call.block_on<int>(
                                                                    [](const Pending<int>&) {});
                                                                return 0;
                                                              }}}}));
  EXPECT_NE(a.run("require('m').wait()").find("time limit reached"), std::string::npos);
}

// Globals.

TEST(LuaGlobals, JsonKeepsShapesAndMarksLists) {
  Fixture a;
  Result<Json> json =
      parse_json(R"({"list":[1,null,"x"],"empty":[],"object":{"a":1.5},"none":null,"t":true})");
  ASSERT_TRUE(json);
  ASSERT_TRUE(a.state.set_global("args", *json));
  EXPECT_EQ(a.run("print(#args.list, args.list[2], args.list[3], #args.empty, args.object.a, "
                  "args.none, args.t)\n"
                  "print(getmetatable(args.list)._is_array, getmetatable(args.empty)._is_array, "
                  "getmetatable(args.object))"),
            "");
  EXPECT_EQ(a.output, "3\tnil\tx\t0\t1.5\tnil\ttrue\ntrue\ttrue\tnil\n");
}

TEST(LuaGlobals, YamlKeepsKeyTypesAndTurnsTimestampsIntoText) {
  Fixture a;
  const Result<YamlNode> node = parse_yaml(
      "1: one\ntrue: yes\nhex: 0x1f\nday: 2020-01-02\nlist: [a, ~, 017, 0o17]\nquoted: '5'\n"
      "base: &b {x: 1, y: 2}\nmerged:\n  <<: *b\n  y: 3\n");
  ASSERT_TRUE(a.state.set_global("args", *node));
  EXPECT_EQ(a.run("print(args[1], args['true'], args.hex, args.day, type(args.day))\n"
                  "print(#args.list, args.list[1], args.list[2], args.list[3], args.list[4], "
                  "type(args.quoted))\n"
                  "print(args.merged.x, args.merged.y)"),
            "");
  EXPECT_EQ(a.output, "one\tyes\t31\t2020-01-02\tstring\n4\ta\tnil\t15\t15\tstring\n1\t3\n");
}

TEST(LuaGlobals, YamlCountsAgainstTheMemoryLimit) {
  Limits limits = testing::test_limits();
  limits.memory_bytes = 2 * kMiB;
  Fixture a(limits);
  std::string list = "[";
  for (int n = 0; n < 100'000; ++n) {
    list += "[],";
  }
  EXPECT_TRUE(a.state.set_global("x", parse_yaml(list + "]").value()).error().is(kScriptLimit));
}

}  // namespace
}  // namespace tarn::actions::lua
