// Events of a version store over memory drivers, with actions that its own files describe.
#include "actions/service.h"

#include "actions/testing/hook_world.h"
#include "block/namespace.h"
#include "runtime/byte_source.h"
#include "runtime/testing/run.h"
#include "runtime/timer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace tarn::actions {
namespace {

using tarn::testing::run;
using ::testing::HasSubstr;
using testing::HookWorld;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr const char* kBoth = "pre-commit: , post-commit: ";

ServiceConfig quick(std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
  ServiceConfig config;
  config.hooks.lua_timeout = timeout;
  config.hooks.lua_limits.instructions = 5'000'000;
  config.hooks.lua_limits.memory_bytes = 16 * kMiB;
  config.hooks.lua_limits.output_bytes = kMiB;
  config.hooks.lua_limits.pattern_steps = 1'000'000;
  return config;
}

TEST(ActionService, RunsHooksInOrderAndRecordsThem) {
  HookWorld world(quick());
  world.add_action("aa", kBoth, {"print('one')", "print('two', action.event_type)"});
  world.add_action("bb", "pre-commit: ", {"print('three')"});
  const std::string commit = world.commit("hello");
  ASSERT_EQ(commit.size(), 64U) << commit;
  world.settle();
  EXPECT_EQ(world.outcomes(), "pre-commit completed, post-commit completed");

  const std::vector<ActionRun> runs = world.runs({.branch = "", .commit = commit});
  ASSERT_EQ(runs.size(), 2U);
  for (const ActionRun& one : runs) {
    EXPECT_EQ(one.branch, "main");
    EXPECT_EQ(one.source_ref, one.event == "pre-commit" ? "main" : commit);
    const std::vector<HookRun> hooks = world.hooks(one.id);
    ASSERT_EQ(hooks.size(), one.event == "pre-commit" ? 3U : 2U);
    EXPECT_EQ(hooks[0].id, "0000_0000");
    EXPECT_EQ(hooks[0].hook_id, "hook0");
    EXPECT_EQ(hooks[0].action, "aa");
    EXPECT_EQ(hooks[1].id, "0000_0001");
    EXPECT_LE(*hooks[0].end, *hooks[1].start);
    EXPECT_EQ(*one.start, *hooks[0].start);
    for (const HookRun& hook : hooks) {
      EXPECT_TRUE(hook.passed);
    }
  }
  EXPECT_EQ(world.log_of("pre-commit", "0000_0000"), "one\n");
  EXPECT_EQ(world.log_of("pre-commit", "0000_0001"), "two\tpre-commit\n");
  EXPECT_EQ(world.log_of("pre-commit", "0001_0000"), "three\n");
  EXPECT_EQ(world.log_of("post-commit", "0000_0001"), "two\tpost-commit\n");
}

TEST(ActionService, APreHookThatFailsStopsTheOperationAndLaterHooks) {
  HookWorld world(quick());
  world.add_action(
      "check", "pre-commit: ",
      {"print('looking')", "print('no'); require('hook').fail('bad data')", "print('never')"});
  const auto refused = world.try_commit();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(graveler::kHookAborted));
  const std::vector<ActionRun> runs = world.runs();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(refused.error().message(),
            "pre-commit hook aborted, run id '" + runs[0].id +
                "': 1 error occurred:\n"
                "\t* hook run id '0000_0001' failed on action 'check' hook 'hook1': action failed: "
                "bad data\n\n");
  EXPECT_FALSE(runs[0].passed);
  EXPECT_EQ(runs[0].commit_id, "");
  const std::vector<HookRun> hooks = world.hooks(runs[0].id);
  ASSERT_EQ(hooks.size(), 3U);
  EXPECT_TRUE(hooks[0].passed);
  EXPECT_FALSE(hooks[1].passed);
  EXPECT_FALSE(hooks[1].skipped());
  EXPECT_TRUE(hooks[2].skipped());
  EXPECT_FALSE(hooks[2].passed);
  EXPECT_EQ(world.log(runs[0].id, "0000_0001"), "no\nError: action failed: bad data\n");
  EXPECT_EQ(world.log(runs[0].id, "0000_0002"), "");
  EXPECT_EQ(world.diff(), "+_lakefs_actions/check.yaml");
}

TEST(ActionService, AllActionsRunAndTheirErrorsAreJoined) {
  HookWorld world(quick());
  world.add_action("aa", "pre-commit: ", {"error('boom')"});
  world.add_action("bb", "pre-commit: ", {"error('bang', 0)"});
  world.add_action("cc", "pre-commit: ", {"print('fine')"});
  EXPECT_THAT(
      world.commit(),
      MatchesRegex("pre-commit hook aborted, run id '[0-9a-v]{20}': 2 errors occurred:\n"
                   "\t\\* hook run id '0000_0000' failed on action 'aa' hook 'hook0': action "
                   "failed: runtime error: \\[string \"lua\"\\]:1: boom\n(.|\n)*"
                   "\t\\* hook run id '0001_0000' failed on action 'bb' hook 'hook0': action "
                   "failed: runtime error: bang\n(.|\n)*\n\n"));
  EXPECT_EQ(world.log_of("pre-commit", "0002_0000"), "fine\n");
}

TEST(ActionService, ConditionsDecideWhatRuns) {
  HookWorld world(quick());
  world.upload("_lakefs_actions/a",
               "name: conditions\n"
               "on: {pre-commit: }\n"
               "hooks:\n"
               "  - {id: never, type: lua, if: 'false', properties: {script: error('x')}}\n"
               "  - {id: first, type: lua, properties: {script: error('first')}}\n"
               "  - {id: after, type: lua, properties: {script: print(1)}}\n"
               "  - {id: cleanup, type: lua, if: failure(), properties: {script: print('clean')}}\n"
               "  - {id: broken, type: lua, if: looks_bad, properties: {script: print(2)}}\n");
  EXPECT_THAT(world.commit(), HasSubstr("hook 'first'"));
  const std::vector<HookRun> hooks = world.hooks(world.runs()[0].id);
  ASSERT_EQ(hooks.size(), 5U);
  EXPECT_TRUE(hooks[0].skipped());
  EXPECT_TRUE(hooks[2].skipped());
  EXPECT_TRUE(hooks[3].passed);
  EXPECT_EQ(world.log_of("pre-commit", "0000_0003"), "clean\n");
  EXPECT_FALSE(hooks[4].passed);
  EXPECT_FALSE(hooks[4].skipped());
  EXPECT_EQ(world.log_of("pre-commit", "0000_0004"),
            "Error: hook 'if' expression should evaluate to a boolean\n");
}

TEST(ActionService, ScriptsSeeTheEvent) {
  HookWorld world(quick());
  world.upload(
      "_lakefs_actions/a",
      "name: globals\n"
      "on: {pre-commit: , post-commit: , post-create-tag: }\n"
      "hooks:\n"
      "  - id: show\n"
      "    type: lua\n"
      "    properties:\n"
      "      args: {list: [a, 2], day: 2020-01-02, 5: five, none: ~}\n"
      "      script: |\n"
      "        action.commit.creation_date = #action.commit.creation_date\n"
      "        print(require('encoding/json').marshal(action))\n"
      "        print(username, args.list[1], args.list[2], args.day, args[5], args.none)\n");
  const std::string first =
      run(world.store().branch(Context(), world.repo, world.main))->commit_id.str();
  const std::string commit = world.commit("hello");
  world.settle();
  const std::string run_id = world.runs({.branch = "", .commit = commit})[0].id;
  EXPECT_EQ(world.log_of("pre-commit"),
            R"({"action_name":"globals","branch_id":"main","commit":{"creation_date":20,)"
            R"("message":"hello","meta_range_id":"","metadata":{"key":"value"},"parents":[")" +
                first +
                R"("],"version":1},"commit_id":"","event_type":"pre-commit","hook_id":"show",)"
                R"("merge_source":"","pre_run_id":"","repository_id":"repo","run_id":")" +
                run_id +
                R"(","source_ref":"main","storage_namespace":"mem://bucket/repo","tag_id":""})"
                "\n\njo\ta\t2\t2020-01-02\tfive\tnil\n");
  EXPECT_THAT(world.log_of("post-commit"), HasSubstr("\"pre_run_id\":\"" + run_id + "\""));
  EXPECT_THAT(world.log_of("post-commit"), HasSubstr("\"commit_id\":\"" + commit + "\""));
  ASSERT_TRUE(run(world.store().create_tag(HookWorld::as_jo(), world.repo, TagId::trusted("v1"),
                                           "main", false)));
  world.settle();
  EXPECT_THAT(world.log_of("post-create-tag"), HasSubstr("\"tag_id\":\"v1\""));
  EXPECT_THAT(world.log_of("post-create-tag"), HasSubstr("\"creation_date\":20"));
}

/// Goal: each event of each operation runs, and sees what belongs to it.
TEST(ActionService, EveryEventTellsWhatItIsAbout) {
  HookWorld world(quick());
  std::string events;
  for (const std::string_view name : action_file::event_names()) {
    events += (events.empty() ? "" : ", ") + std::string(name) + ": ";
  }
  world.add_action("all", events,
                   {"print(action.event_type, action.branch_id, action.tag_id, action.commit_id,\n"
                    "      action.source_ref, action.merge_source)"});
  graveler::VersionStore& store = world.store();
  const BranchId dev = BranchId::trusted("dev");
  const TagId tag = TagId::trusted("v1");
  const Context jo = HookWorld::as_jo();
  const std::string first = world.commit("first");
  ASSERT_EQ(first.size(), 64U) << first;
  ASSERT_TRUE(run(store.create_branch(jo, world.repo, {.id = dev, .source = "main"})));
  const graveler::Entry entry = graveler::testing::entry_of("x");
  ASSERT_TRUE(run(store.set_entry(jo, world.repo, dev, ObjectPath::trusted("x"), entry, {})));
  graveler::CommitRequest request;
  request.committer = "jo";
  const auto on_dev = run(store.commit(jo, world.repo, dev, request));
  ASSERT_TRUE(on_dev) << on_dev.error().message();
  graveler::MergeRequest merge;
  merge.source = "dev";
  merge.committer = "jo";
  const auto merged = run(store.merge(jo, world.repo, world.main, merge));
  ASSERT_TRUE(merged) << merged.error().message();
  graveler::RevertRequest revert;
  revert.ref = "main";
  revert.parent_number = 1;
  revert.committer = "jo";
  const auto reverted = run(store.revert(jo, world.repo, world.main, revert));
  ASSERT_TRUE(reverted) << reverted.error().message();
  graveler::CherryPickRequest pick;
  pick.ref = "dev";
  pick.committer = "jo";
  const auto picked = run(store.cherry_pick(jo, world.repo, world.main, pick));
  ASSERT_TRUE(picked) << picked.error().message();
  ASSERT_TRUE(run(store.create_tag(jo, world.repo, tag, "main", false)));
  ASSERT_TRUE(run(store.delete_tag(jo, world.repo, tag, false)));
  ASSERT_TRUE(run(store.delete_branch(jo, world.repo, dev, false)));
  world.settle();

  const std::string made = (*on_dev)->id.str();
  const std::string joined = merged->commit->id.str();
  const std::string undone = (*reverted)->id.str();
  const std::string again = (*picked)->id.str();
  std::vector<std::string> expected{"prepare-commit\tmain\t\t\tmain\t\n",
                                    "pre-commit\tmain\t\t\tmain\t\n",
                                    "post-commit\tmain\t\t" + first + "\t" + first + "\t\n",
                                    "pre-create-branch\tdev\t\t" + first + "\tmain\t\n",
                                    "post-create-branch\tdev\t\t" + first + "\tmain\t\n",
                                    "prepare-commit\tdev\t\t\tdev\t\n",
                                    "pre-commit\tdev\t\t\tdev\t\n",
                                    "post-commit\tdev\t\t" + made + "\t" + made + "\t\n",
                                    "pre-merge\tmain\t\t" + joined + "\t" + made + "\tdev\n",
                                    "post-merge\tmain\t\t" + joined + "\t" + joined + "\tdev\n",
                                    "pre-revert\tmain\t\t\tmain\t\n",
                                    "post-revert\tmain\t\t" + undone + "\t" + undone + "\t\n",
                                    "pre-cherry-pick\tmain\t\t\tmain\t\n",
                                    "post-cherry-pick\tmain\t\t" + again + "\t" + again + "\t\n",
                                    "pre-create-tag\t\tv1\t" + again + "\t" + again + "\t\n",
                                    "post-create-tag\t\tv1\t" + again + "\t" + again + "\t\n",
                                    "pre-delete-tag\t\tv1\t" + again + "\t" + again + "\t\n",
                                    "post-delete-tag\t\tv1\t" + again + "\t" + again + "\t\n",
                                    "pre-delete-branch\tdev\t\t\t" + made + "\t\n",
                                    "post-delete-branch\tdev\t\t\t" + made + "\t\n"};
  std::vector<std::string> seen;
  for (const ActionRun& one : world.runs()) {
    EXPECT_TRUE(one.passed) << one.event;
    seen.push_back(world.log(one.id, "0000_0000"));
  }
  EXPECT_THAT(seen, ::testing::UnorderedElementsAreArray(expected));
}

TEST(ActionService, ArgsTakeVariablesAndLogsHideThem) {
  HookWorld world(quick(), {{"LAKEFSACTION_TOKEN", "s3cret-token"}, {"LAKEFS_KEY", "hidden"}});
  world.upload("_lakefs_actions/a",
               "name: variables\n"
               "on: {pre-commit: }\n"
               "hooks:\n"
               "  - id: show\n"
               "    type: lua\n"
               "    properties:\n"
               "      args: {t: 'x{{ ENV.LAKEFSACTION_TOKEN }}', k: ['{{ ENV.LAKEFS_KEY }}']}\n"
               "      script: |\n"
               "        print(#args.t, args.t, '<' .. args.k[1] .. '>')\n"
               "        error('token ' .. args.t)\n");
  const std::string error = world.commit();
  EXPECT_THAT(error, HasSubstr("token x*******"));
  EXPECT_THAT(world.log_of("pre-commit"), StartsWith("13\tx*******\t<>\nError: action failed: "));
  for (const std::string& text : {error, world.log_of("pre-commit")}) {
    EXPECT_THAT(text, ::testing::Not(HasSubstr("s3cret")));
  }
}

TEST(ActionService, ScriptsCanLieInTheRepository) {
  HookWorld world(quick());
  world.upload("scripts/check it.lua", "print('from the repository')");
  world.upload("_lakefs_actions/a",
               "name: path\non: {pre-commit: , post-commit: }\nhooks:\n"
               "  - {id: show, type: lua, properties: {script_path: scripts/check it.lua}}\n");
  const std::string commit = world.commit();
  ASSERT_EQ(commit.size(), 64U) << commit;
  world.settle();
  EXPECT_EQ(world.log_of("pre-commit"), "from the repository\n");
  EXPECT_EQ(world.log_of("post-commit"), "from the repository\n");
  EXPECT_EQ(world.api.calls(),
            (std::vector<std::string>{
                "GET /api/v1/repositories/repo/refs/main/objects?path=scripts%2Fcheck%20it.lua jo",
                "GET /api/v1/user jo",  // before what runs in the background
                "GET /api/v1/repositories/repo/refs/" + commit +
                    "/objects?path=scripts%2Fcheck%20it.lua jo"}));
  ASSERT_TRUE(world.remove("scripts/check it.lua"));
  EXPECT_THAT(world.commit(), HasSubstr("action failed: could not load script_path scripts/check "
                                        "it.lua: HTTP 404: invalid action\n"));
  const auto as_other = world.try_commit("m", Context("req", CancelToken()).with_user("mallory"));
  EXPECT_THAT(as_other.error().message(), HasSubstr("it.lua: HTTP 401: invalid action\n"));
  const auto as_nobody = world.try_commit("m", Context());
  EXPECT_THAT(as_nobody.error().message(), HasSubstr("action failed: user not found\n"));
}

TEST(ActionService, PropertiesThatMakeNoSenseFailTheRunBeforeAnyHook) {
  HookWorld world(quick());
  const std::pair<const char*, const char*> cases[] = {
      {"type: airflow, properties: {url: u, dag_id: d, username: n, password: p}",
       "'url' should be an http or https URL: wrong value type: invalid action"},
      {"type: lua, properties: {script: print(1), args: [1]}",
       "'args' should be a map: wrong value type: invalid action"},
      {"type: lua, properties: {script: [1]}",
       "'script' should be a string: wrong value type: invalid action"},
      {"type: lua, properties: {script: print(1), args: {a: '{{ ENV.LAKEFSACTION_NOPE }}'}}",
       "LAKEFSACTION_NOPE not found: missing env var"},
      {"type: webhook, properties: {url: 'ftp://x'}", "'url' should be an http or https URL"},
  };
  for (const auto& [hook, expected] : cases) {
    world.upload("_lakefs_actions/a",
                 std::string("name: broken\non: {pre-commit: }\nhooks:\n"
                             "  - {id: fine, type: lua, properties: {script: print('ran')}}\n"
                             "  - {id: broken, ") +
                     hook + "}\n");
    const std::string error = world.commit();
    EXPECT_THAT(error, HasSubstr("hook run id '0000_0001' failed on action 'broken' hook "
                                 "'broken': "));
    EXPECT_THAT(error, HasSubstr(expected));
    const std::vector<HookRun> hooks = world.hooks(world.runs().back().id);
    EXPECT_TRUE(hooks[0].skipped());
    EXPECT_FALSE(hooks[1].skipped());
    EXPECT_THAT(world.log(world.runs().back().id, "0000_0001"), StartsWith("Error: "));
  }
}

/// Scripts that do not end by themselves: each run fails with what stopped it, and the next commit
/// works.
TEST(ActionService, LimitsEndEveryScript) {
  HookWorld world(quick(std::chrono::seconds(60)));
  const std::pair<const char*, const char*> cases[] = {
      {"while true do end", "instruction limit of 5000000 reached"},
      {"local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end", "memory limit"},
      {"print(('a'):rep(3000):find(('a?'):rep(3000) .. ('a'):rep(3000) .. 'b', 1, false))",
       "limit"},
      {"while true do print(('x'):rep(10000)) end", "output limit"},
      {"while true do pcall(function() while true do end end) end", "instruction limit"},
  };
  for (const auto& [script, expected] : cases) {
    world.add_action("limits", "pre-commit: ", {script});
    const std::string error = world.commit();
    EXPECT_THAT(error, HasSubstr("pre-commit hook aborted")) << script;
    EXPECT_THAT(error, HasSubstr(expected)) << script;
  }
  for (const ActionRun& one : world.runs()) {
    EXPECT_FALSE(one.passed);
  }
  world.add_action("limits", "pre-commit: ", {"print('fine')"});
  EXPECT_EQ(world.commit().size(), 64U);
}

TEST(ActionService, TheDeadlineEndsAScriptThatWaits) {
  HookWorld world(quick(std::chrono::milliseconds(50)));
  world.add_action("waits", "pre-commit: ", {"print('waiting') require('test').wait()"});
  EXPECT_THAT(world.commit(), HasSubstr("time limit reached"));
  EXPECT_THAT(world.log_of("pre-commit"), StartsWith("waiting\nError: action failed: runtime "));
}

TEST(ActionService, AClientThatGoesAwayEndsItsHooksAndTheRunIsRecorded) {
  HookWorld world(quick());
  world.add_action("waits", "pre-commit: ", {"require('test').wait()"});
  CancelSource client;
  std::thread leave([&client] {
    std::this_thread::yield();
    client.cancel(CancelReason::kClientGone);
  });
  const auto refused = world.try_commit("m", Context("req", client.token()).with_user("jo"));
  leave.join();
  EXPECT_FALSE(refused);
  for (const ActionRun& one : world.runs()) {
    EXPECT_FALSE(one.passed);
  }
  world.upload("_lakefs_actions/waits.yaml", "name: none\non: {pre-commit: }\n");
  EXPECT_EQ(world.commit().size(), 64U);
}

TEST(ActionService, StoppingEndsBackgroundRunsAndKeepsThem) {
  HookWorld world(quick());
  world.add_action("waits", "post-commit: ", {"print('begun') require('test').wait()"});
  // More runs than may be under way at once.
  for (int i = 0; i < 7; ++i) {
    ASSERT_EQ(world.commit().size(), 64U);
  }
  EXPECT_EQ(world.service->background_runs(), 7U);
  world.service->stop(std::chrono::milliseconds(20));
  EXPECT_EQ(world.service->background_runs(), 0U);
  EXPECT_TRUE(world.runs().empty());
  EXPECT_EQ(world.queued().size(), 7U);
  // Operations are not refused after the end; their events wait.
  EXPECT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.queued().size(), 8U);
}

TEST(ActionService, StoppingLetsBackgroundRunsFinishInTime) {
  HookWorld world(quick());
  world.add_action("works", "post-commit: ", {"for i = 1, 100000 do end print('done')"});
  ASSERT_EQ(world.commit().size(), 64U);
  world.service->stop(std::chrono::minutes(1));
  EXPECT_EQ(world.outcomes(), "post-commit completed");
  EXPECT_EQ(world.log_of("post-commit"), "done\n");
}

TEST(ActionService, HooksMayStartHooksSomeLevelsDeep) {
  HookWorld world(quick());
  // Each tag makes the next one, without end.
  world.add_action("tags", "pre-create-tag: ",
                   {"local n = #action.tag_id\n"
                    "print(require('test').tag(('x'):rep(n + 1)))"});
  ASSERT_EQ(world.commit().size(), 64U);
  const auto tag = run(
      world.store().create_tag(HookWorld::as_jo(), world.repo, TagId::trusted("x"), "main", false));
  ASSERT_TRUE(tag) << tag.error().message();
  EXPECT_EQ(world.runs().size(), Service::kNestingMax);
  std::string logs;
  for (const ActionRun& one : world.runs()) {
    logs += world.log(one.id, "0000_0000");
  }
  // The outermost levels made their tags; the innermost was refused one.
  EXPECT_EQ(std::ranges::count(logs, '\n'), 3);
  EXPECT_THAT(logs, HasSubstr("412\n"));
  EXPECT_TRUE(run(world.store().tag(Context(), world.repo, TagId::trusted("xxx"))));
  EXPECT_FALSE(run(world.store().tag(Context(), world.repo, TagId::trusted("xxxx"))));
}

TEST(ActionService, ChainsOfPostHooksEnd) {
  HookWorld world(quick());
  world.add_action("tags", "post-create-tag: ", {"require('test').tag(action.tag_id .. 'x')"});
  ASSERT_EQ(world.commit().size(), 64U);
  ASSERT_TRUE(run(world.store().create_tag(HookWorld::as_jo(), world.repo, TagId::trusted("x"),
                                           "main", false)));
  world.settle();
  // The one that goes too deep runs nothing, and its record says so.
  EXPECT_EQ(world.runs().size(), Service::kNestingMax + 1);
  std::size_t refused = 0;
  for (const ActionRun& one : world.runs()) {
    refused += one.passed ? 0 : 1;
    EXPECT_EQ(one.passed, one.tag != "xxxx") << one.tag;
    EXPECT_EQ(world.log(one.id, "0000_0000").find("more than 3 levels") != std::string::npos,
              !one.passed);
  }
  EXPECT_EQ(refused, 1U);
}

TEST(ActionService, ManyPreHooksAtOnceThatWaitForHooksOfTheirOwn) {
  HookWorld world(quick());
  world.add_action("tags", "pre-create-tag: ", {"print('tag', action.tag_id)"});
  ASSERT_EQ(world.commit().size(), 64U);
  for (int i = 0; i < 12; ++i) {
    // Twelve actions side by side on four threads, each with a hook that waits for another hook.
    world.add_action("many" + std::to_string(i),
                     "pre-commit: ", {"print(require('test').tag('t" + std::to_string(i) + "'))"});
  }
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.runs().size(), 13U);
  for (const ActionRun& one : world.runs()) {
    EXPECT_TRUE(one.passed);
  }
}

TEST(ActionService, SaysWhichFilesAreWrong) {
  HookWorld world(quick());
  world.upload("_lakefs_actions/a.yaml", "name: [1]\n");
  world.upload("_lakefs_actions/b.yaml", "on: {pre-commit: }\n");
  world.upload("_lakefs_actions/c.yaml", "name: same\non: {pre-merge: }\n");
  world.upload("_lakefs_actions/d.yaml", "name: same\non: {pre-commit: }\n");
  const auto refused = world.try_commit();
  EXPECT_TRUE(refused.error().is(graveler::kHookAborted));
  EXPECT_THAT(refused.error().message(),
              MatchesRegex("prepare-commit hook aborted, run id '[0-9a-v]{20}': 1 error occurred:\n"
                           "\t\\* hook run id '0000_0000' failed on action "
                           "'_lakefs_actions/a.yaml' hook '.action file.': parsing file "
                           "_lakefs_actions/a.yaml: yaml: unmarshal errors:\n"
                           "  line 1: cannot unmarshal !!seq into string\n\n"));
  EXPECT_EQ(world.log_of("prepare-commit"),
            "Error: parsing file _lakefs_actions/a.yaml: yaml: unmarshal errors:\n"
            "  line 1: cannot unmarshal !!seq into string\n");
  ASSERT_TRUE(world.remove("_lakefs_actions/a.yaml"));
  EXPECT_THAT(world.commit(),
              MatchesRegex("pre-commit hook aborted.*2 errors occurred:\n"
                           ".*b.yaml: 'name' is required: invalid action\n"
                           ".*d.yaml: action name 'same' already loaded: invalid action\n\n"));
  EXPECT_EQ(world.runs().size(), 2U);
}

/// A file that is wrong stands in the way of the events that it might be about, and of no others.
TEST(ActionService, WrongFilesBreakNoUnrelatedEvent) {
  HookWorld world(quick());
  world.upload("_lakefs_actions/branch.yaml",
               "name: bb\non: {pre-create-branch: {branches: [rel-*]}}\nhooks: [{id: x}]\n");
  world.upload("_lakefs_actions/post.yaml", "name: pp\non: {post-commit: }\nhooks: [{}]\n");
  world.add_action("good", kBoth, {"print('ran')"});
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  // In the background a wrong file fails the run, but not what else there is to run.
  EXPECT_EQ(world.outcomes(), "pre-commit completed, post-commit failed");
  EXPECT_EQ(world.log_of("post-commit", "0000_0000"), "ran\n");
  EXPECT_EQ(world.log_of("post-commit", "0001_0000"),
            "Error: parsing file _lakefs_actions/post.yaml: hook[0] missing ID: invalid action\n");
  const auto create = [&world](const char* name) {
    const auto made = run(world.store().create_branch(
        HookWorld::as_jo(), world.repo, {.id = BranchId::trusted(name), .source = "main"}));
    return made ? std::string("made") : made.error().message();
  };
  EXPECT_EQ(create("dev"), "made");
  EXPECT_THAT(create("rel-1"), HasSubstr("branch.yaml: hook[0] missing ID: invalid action"));
}

TEST(ActionService, FilesThatSayNothingOfTheirEventsRefuseCommitsOnly) {
  HookWorld world(quick());
  world.upload("_lakefs_actions/a.yaml", "name: [");
  EXPECT_THAT(world.commit(), HasSubstr("prepare-commit hook aborted"));
  // As it might have come by an import: nobody could mend a tag's commit.
  ServiceConfig off = quick();
  off.enabled = false;
  world.restart_with(off);
  ASSERT_EQ(world.commit().size(), 64U);
  world.restart_with(quick());
  const TagId tag = TagId::trusted("v1");
  ASSERT_TRUE(run(world.store().create_tag(HookWorld::as_jo(), world.repo, tag, "main", false)));
  EXPECT_TRUE(run(world.store().delete_tag(HookWorld::as_jo(), world.repo, tag, false)));
  EXPECT_THAT(world.commit(), HasSubstr("parsing file _lakefs_actions/a.yaml: yaml: line 1"));
  ASSERT_TRUE(world.remove("_lakefs_actions/a.yaml"));
  EXPECT_EQ(world.commit().size(), 64U);
}

TEST(ActionService, LooksAtAllThatChanges) {
  HookWorld world(quick());
  world.add_action("last", "pre-commit: {paths: ['*/z']}", {"print(1)"});
  for (int i = 0; i < 1001; ++i) {
    const std::string path = "many/" + std::to_string(1000 + i);
    ASSERT_TRUE(world.put(path, path));
  }
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.outcomes(), "");
  for (int i = 0; i < 1001; ++i) {
    const std::string path = "many/" + std::to_string(1000 + i);
    ASSERT_TRUE(world.put(path, path + "b"));
  }
  ASSERT_TRUE(world.put("many/z", "z"));
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.outcomes(), "pre-commit completed");
}

TEST(ActionService, MatchesTags) {
  HookWorld world(quick());
  world.add_action("some", "pre-create-tag: {tags: ['v*', x]}", {"print(action.tag_id)"});
  ASSERT_EQ(world.commit().size(), 64U);
  for (const char* name : {"v1", "w1", "x"}) {
    ASSERT_TRUE(run(world.store().create_tag(HookWorld::as_jo(), world.repo, TagId::trusted(name),
                                             "main", false)));
  }
  EXPECT_EQ(world.runs().size(), 2U);
}

TEST(ActionService, MatchesWhatChanges) {
  HookWorld world(quick());
  world.add_action("sales",
                   "prepare-commit: {paths: [tables/sales/]}, pre-commit: {paths: ['**/*.csv', "
                   "tables/sales/]}, post-commit: {paths: [tables/sales/]}, "
                   "pre-merge: {paths: [tables/*/x]}, post-merge: {paths: [tables/*/x]}",
                   {"print(action.event_type)"});
  const std::string first = world.commit();
  ASSERT_EQ(first.size(), 64U) << first;
  const auto events_of = [&world](const std::string& path) {
    const std::size_t before = world.runs().size();
    world.upload(path, path);
    EXPECT_EQ(world.commit().size(), 64U);
    world.settle();
    return world.runs().size() - before;
  };
  EXPECT_EQ(world.outcomes(), "");
  EXPECT_EQ(events_of("other/file"), 0U);
  EXPECT_EQ(events_of("tables/sales"), 0U);
  EXPECT_EQ(events_of("deep/er/a.csv"), 1U);
  EXPECT_EQ(events_of("tables/sales/day=1/part"), 3U);
  // A removal is a change.
  ASSERT_TRUE(world.remove("tables/sales/day=1/part"));
  EXPECT_EQ(events_of("other/file2"), 3U);

  const auto merge_events = [&world](const char* branch, const char* path) {
    const std::size_t before = world.runs().size();
    const BranchId id = BranchId::trusted(branch);
    EXPECT_TRUE(run(
        world.store().create_branch(HookWorld::as_jo(), world.repo, {.id = id, .source = "main"})));
    const graveler::Entry entry = graveler::testing::entry_of(path);
    EXPECT_TRUE(run(
        world.store().set_entry(Context(), world.repo, id, ObjectPath::trusted(path), entry, {})));
    graveler::CommitRequest request;
    request.committer = "jo";
    EXPECT_TRUE(run(world.store().commit(HookWorld::as_jo(), world.repo, id, request)));
    graveler::MergeRequest merge;
    merge.source = branch;
    merge.committer = "jo";
    EXPECT_TRUE(run(world.store().merge(HookWorld::as_jo(), world.repo, world.main, merge)));
    world.settle();
    return world.runs().size() - before;
  };
  EXPECT_EQ(merge_events("b1", "tables/t1/y"), 0U);
  EXPECT_EQ(merge_events("b2", "tables/t1/x"), 2U);
}

TEST(ActionService, IgnoresFoldersAndMarkers) {
  HookWorld world(quick());
  world.upload("_lakefs_actions/", "");
  world.upload("_lakefs_actions/scripts/lib.lua", "not: [an action");
  world.upload("_lakefs_actions/scripts/", "");
  world.upload("_lakefs_actions_too", "nor: [this");
  world.add_action("real", "pre-commit: ", {"print('ran')"});
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.log_of("pre-commit"), "ran\n");
}

TEST(ActionService, SeesChangesAtOnce) {
  HookWorld world(quick());
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.outcomes(), "");
  // Staged files count.
  world.add_action("check", "pre-commit: ", {"print(1)"});
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.outcomes(), "pre-commit completed");
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.outcomes(), "pre-commit completed, pre-commit completed");
  world.add_action("check", "pre-commit: ", {"error(1)"});
  EXPECT_THAT(world.commit(), HasSubstr("hook aborted"));
  // So do staged deletions.
  ASSERT_TRUE(world.remove("_lakefs_actions/check.yaml"));
  ASSERT_EQ(world.commit().size(), 64U);
  ASSERT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.runs().size(), 3U);
}

TEST(ActionService, MatchesBranches) {
  HookWorld world(quick());
  world.add_action("some", "pre-create-branch: {branches: [f-*]}", {"print(action.branch_id)"});
  ASSERT_EQ(world.commit().size(), 64U);
  for (const char* name : {"f-1", "dev"}) {
    ASSERT_TRUE(run(world.store().create_branch(
        HookWorld::as_jo(), world.repo, {.id = BranchId::trusted(name), .source = "main"})));
  }
  ASSERT_EQ(world.runs().size(), 1U);
  EXPECT_EQ(world.runs()[0].branch, "f-1");
  EXPECT_EQ(world.log_of("pre-create-branch"), "f-1\n");
  world.upload("_lakefs_actions/some.yaml",
               "name: bad glob\non: {pre-commit: {branches: ['[']}}\nhooks:\n"
               "  - {id: hh, type: lua, properties: {script: print(1)}}\n");
  EXPECT_THAT(world.commit(), HasSubstr("action 'bad glob': syntax error in pattern"));
  EXPECT_THAT(world.log_of("pre-commit"), HasSubstr("syntax error in pattern"));
}

TEST(ActionService, BranchesAndTagsCanBeRefused) {
  HookWorld world(quick());
  world.add_action(
      "no", "pre-create-branch: , pre-delete-branch: , pre-delete-tag: ",
      {"error('no ' .. action.event_type .. ' ' .. action.branch_id .. action.tag_id)"});
  ASSERT_TRUE(run(world.store().create_tag(HookWorld::as_jo(), world.repo, TagId::trusted("v1"),
                                           "main", false)));
  ASSERT_EQ(world.commit().size(), 64U);
  ASSERT_TRUE(run(world.store().create_tag(HookWorld::as_jo(), world.repo, TagId::trusted("v2"),
                                           "main", false)));
  const auto branch = run(world.store().create_branch(
      HookWorld::as_jo(), world.repo, {.id = BranchId::trusted("dev"), .source = "main"}));
  EXPECT_THAT(branch.error().message(), HasSubstr("no pre-create-branch dev"));
  // The tag's own commit decides: the first one has no actions.
  EXPECT_TRUE(
      run(world.store().delete_tag(HookWorld::as_jo(), world.repo, TagId::trusted("v1"), false)));
  const auto tag =
      run(world.store().delete_tag(HookWorld::as_jo(), world.repo, TagId::trusted("v2"), false));
  EXPECT_THAT(tag.error().message(), HasSubstr("no pre-delete-tag v2"));
}

TEST(ActionService, ARunThatCannotBeRecordedIsNoRefusalOfAHook) {
  HookWorld world(quick());
  world.add_action("check", "pre-commit: ", {"print(1)"});
  world.run_rows.broken = true;
  const auto failed = world.try_commit();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(failed.error().message(),
              MatchesRegex("pre-commit hook aborted, run id '[0-9a-v]{20}': disk: unavailable"));
  world.run_rows.broken = false;
  EXPECT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.outcomes(), "pre-commit completed");
}

bool is_of_a_run(const std::string& key) { return key.find("/actions/log/") != std::string::npos; }

std::string content(HookWorld& world, const std::string& key) {
  const auto where =
      block::resolve(world.repo->storage_namespace, key, block::AddressType::kRelative);
  auto found = run(world.blocks->get(Context(), *where, std::nullopt));
  return found ? run(read_all(Context(), *found->body, kMiB)).value() : found.error().message();
}

// Goal: the log of the last hook and the manifest are written side by side, and the record after
// both. Method: the one that comes first waits for the other one.
TEST(ActionService, LogAndManifestDoNotWaitForEachOther) {
  HookWorld world(quick());
  world.add_action("check", "pre-commit: ", {"print(1)"});
  CancelSource met;
  std::atomic<int> come = 0;
  std::atomic<std::size_t> recorded = 0;
  world.gate().before_put = [&](std::string key) -> Task<Result<void>> {
    if (!is_of_a_run(key) || ++come > 2) {
      co_return Result<void>();
    }
    auto rows = co_await world.run_store.list(Context(), world.repo->id, RunFilter(), "", 10);
    recorded += rows->items.size();
    if (come == 2) {
      met.cancel(CancelReason::kRequested);
      co_return Result<void>();
    }
    const Context waiting("", met.token());
    const Result<void> alone = co_await sleep_for(waiting, std::chrono::seconds(30));
    co_return alone ? Error(kInternal, "nothing else came") : Result<void>();
  };
  EXPECT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(recorded, 0U);
  EXPECT_EQ(world.outcomes(), "pre-commit completed");
  EXPECT_EQ(world.log_of("pre-commit"), "1\n");
}

TEST(ActionService, AHookWithoutALogHasFailed) {
  HookWorld world(quick());
  world.add_action("check", "pre-commit: ", {"print(1)"});
  world.gate().before_put = [](std::string key) -> Task<Result<void>> {
    co_return is_of_a_run(key) && key.ends_with(".log") ? Error(kUnavailable, "disk")
                                                        : Result<void>();
  };
  const auto failed = world.try_commit();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(failed.error().message(), HasSubstr("failed to write action log. Run id"));
  EXPECT_EQ(world.outcomes(), "pre-commit failed");
  const std::string id = world.runs().front().id;
  EXPECT_THAT(content(world, "_lakefs/actions/log/" + id + "/run.manifest"),
              HasSubstr(R"("passed":false)"));
}

TEST(ActionService, AManifestThatCannotBeWrittenLeavesNoRecord) {
  HookWorld world(quick());
  world.add_action("check", "pre-commit: ", {"print(1)"});
  world.gate().before_put = [](std::string key) -> Task<Result<void>> {
    co_return key.ends_with("run.manifest") ? Error(kUnavailable, "disk") : Result<void>();
  };
  EXPECT_THAT(world.commit(), HasSubstr("disk"));
  EXPECT_EQ(world.outcomes(), "");
}

// Goal: a commit of something else does not read action files again. Method: their objects go.
TEST(ActionService, FilesAreReadOnceForAllTreesThatHoldThem) {
  HookWorld world(quick());
  world.add_action("check", "pre-commit: ", {"print(1)"});
  world.upload("_lakefs_actions/bad.yaml", "name: bad\non: {post-commit: }\nhooks: 7\n");
  world.upload("data", "1");
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  for (const char* name : {"check", "bad"}) {
    const auto entry = run(
        world.objects.stat(HookWorld::as_jo(), world.repo, "main",
                           ObjectPath::trusted(std::string("_lakefs_actions/") + name + ".yaml")));
    const auto where =
        block::resolve(world.repo->storage_namespace, entry->address, entry->address_type);
    ASSERT_TRUE(run(world.blocks->remove(Context(), *where)));
  }
  world.upload("data", "2");
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.outcomes(),
            "pre-commit completed, post-commit failed, pre-commit completed, post-commit failed");
  EXPECT_THAT(world.log_of("post-commit"),
              HasSubstr("parsing file _lakefs_actions/bad.yaml: yaml: unmarshal errors"));

  // Other content at the same path is another file.
  world.add_action("check", "pre-commit: ", {"error('no')"});
  EXPECT_THAT(world.commit(), HasSubstr("no"));
}

TEST(ActionService, SwitchedOffItDoesNothing) {
  ServiceConfig config = quick();
  config.enabled = false;
  HookWorld world(config);
  world.add_action("check", kBoth, {"error(1)"});
  EXPECT_EQ(world.commit().size(), 64U);
  EXPECT_TRUE(world.runs().empty());
}

TEST(ActionService, ADeletedRepositoryTakesItsRunsAlong) {
  HookWorld world(quick());
  world.add_action("check", kBoth, {"print(1)"});
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.runs().size(), 2U);
  ASSERT_TRUE(world.delete_repository());
  EXPECT_TRUE(world.runs().empty());
}

TEST(ActionService, CountsRunsAndTime) {
  HookWorld world(quick());
  world.add_action("check", kBoth, {"if action.event_type == 'post-commit' then error(1) end"});
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  const std::string metrics = world.metrics.render();
  EXPECT_THAT(metrics,
              HasSubstr(R"(tarn_actions_runs_total{event="pre-commit",outcome="completed"} 1)"));
  EXPECT_THAT(metrics,
              HasSubstr(R"(tarn_actions_runs_total{event="post-commit",outcome="failed"} 1)"));
  EXPECT_THAT(metrics, HasSubstr(R"(tarn_actions_hook_duration_seconds_count{type="lua"} 2)"));
}

}  // namespace
}  // namespace tarn::actions
