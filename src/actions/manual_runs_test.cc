#include "actions/manual_runs.h"

#include "actions/testing/hook_world.h"
#include "runtime/testing/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tarn::actions {
namespace {

using tarn::testing::run;
using ::testing::HasSubstr;
using testing::HookWorld;
using ::testing::StartsWith;

class ManualRunsTest : public ::testing::Test {
 protected:
  /// The id of the new run, or the error's text; waits for its end.
  std::string order(ManualRun wanted, const std::string& user = "jo") {
    Context ctx = Context("req", CancelToken()).with_user(user);
    return settled(run(manual_.run_action(std::move(ctx), world_.repo, std::move(wanted))));
  }
  std::string repeat(const std::string& run_id, const std::string& hook_run_id = "") {
    return settled(run(manual_.repeat(HookWorld::as_jo(), world_.repo, run_id, hook_run_id)));
  }
  ActionRun found(const std::string& run_id) {
    const auto one = run(world_.run_store.run(Context(), world_.repo->id, run_id));
    EXPECT_TRUE(one) << run_id;
    return one.value_or(ActionRun());
  }

  HookWorld world_;

 private:
  std::string settled(const Result<std::string>& ordered) {
    world_.settle();
    return ordered ? *ordered : ordered.error().message();
  }
  ManualRuns manual_{*world_.service, world_.store(), world_.run_store};
};

constexpr const char* kShow =
    "print(action.event_type, action.branch_id, action.tag_id, action.commit.message, username)";

TEST_F(ManualRunsTest, AnActionRunsForACommitThatIsThere) {
  world_.add_action("backfill", "post-merge: {branches: [release], paths: [never/]}",
                    {kShow, "print('two')"});
  const std::string commit = world_.commit("first");
  EXPECT_TRUE(world_.runs().empty());
  // Filters do not apply to what is named.
  const std::string id = order({.action = "backfill", .ref = "main"});
  ASSERT_EQ(id.size(), 20U) << id;
  const ActionRun one = found(id);
  EXPECT_TRUE(one.passed);
  EXPECT_EQ(one.event, "post-commit");
  EXPECT_EQ(one.commit_id, commit);
  EXPECT_EQ(one.source_ref, commit);
  EXPECT_EQ(one.branch, "main");
  EXPECT_EQ(one.user, "jo");
  EXPECT_EQ(world_.log(id, "0000_0000"), "post-commit\tmain\t\tfirst\tjo\n");
  EXPECT_EQ(world_.log(id, "0000_0001"), "two\n");
  EXPECT_EQ(world_.runs({.branch = "", .commit = commit}).size(), 1U);

  // One hook, another event, and a branch and tag to go with it.
  const std::string other = order({.action = "backfill",
                                   .hook = "hook0",
                                   .event = "pre-create-tag",
                                   .ref = commit,
                                   .branch = "",
                                   .tag = "v1"});
  EXPECT_EQ(world_.hooks(other).size(), 1U);
  EXPECT_EQ(world_.log(other, "0000_0000"), "pre-create-tag\t\tv1\tfirst\tjo\n");
  EXPECT_TRUE(world_.queued().empty());
}

TEST_F(ManualRunsTest, AnActionCanComeFromElsewhere) {
  const std::string before = world_.commit("before");
  world_.upload("scripts/s.lua", "print('new script', action.commit.message)");
  world_.upload("_lakefs_actions/new",
                "name: new\non: {post-commit: {branches: [x]}}\nhooks:\n"
                "  - {id: hh, type: lua, properties: {script_path: scripts/s.lua}}\n");
  ASSERT_EQ(world_.commit("after").size(), 64U);
  EXPECT_EQ(order({.action = "new", .ref = before}),
            "action 'new' at '" + before + "': nothing to run");
  const std::string id = order({.action = "new", .ref = before, .actions_ref = "main"});
  ASSERT_EQ(id.size(), 20U) << id;
  EXPECT_EQ(found(id).commit_id, before);
  EXPECT_EQ(world_.log(id, "0000_0000"), "new script\tbefore\n");
}

TEST_F(ManualRunsTest, BadOrdersAreRefused) {
  world_.add_action("act", "post-commit: {branches: [x]}", {"print(1)"});
  const std::string commit = world_.commit();
  const std::string nothing = " at '" + commit + "': nothing to run";
  EXPECT_EQ(order({.action = "nope", .ref = "main"}), "action 'nope'" + nothing);
  EXPECT_EQ(order({.action = "act", .hook = "nope", .ref = "main"}),
            "action 'act' with hook 'nope'" + nothing);
  EXPECT_EQ(order({.action = "", .ref = "main"}), "action is required");
  EXPECT_EQ(order({.action = "act", .event = "post-lunch", .ref = "main"}),
            "event 'post-lunch' is not supported");
  EXPECT_EQ(order({.action = "act", .event = "post-create-tag", .ref = "main"}),
            "event 'post-create-tag' needs a tag");
  EXPECT_EQ(order({.action = "act", .event = "post-create-branch", .ref = commit}),
            "event 'post-create-branch' needs a branch");
  EXPECT_THAT(order({.action = "act", .ref = "nowhere"}), HasSubstr("not found"));
  EXPECT_THAT(order({.action = "act", .ref = "main", .branch = "a//b"}), HasSubstr("branch"));
  EXPECT_TRUE(world_.runs().empty());
  EXPECT_TRUE(world_.queued().empty());
  ServiceConfig off;
  off.enabled = false;
  HookWorld idle(off);
  ManualRuns none(*idle.service, idle.store(), idle.run_store);
  const auto refused =
      run(none.run_action(HookWorld::as_jo(), idle.repo, {.action = "act", .ref = "main"}));
  EXPECT_TRUE(refused.error().is(kActionsOff));
}

TEST_F(ManualRunsTest, ARunIsRepeatedAsItWas) {
  world_.add_action("once", "post-commit: , post-create-tag: ",
                    {"print(require('test').tag('marker-' .. action.event_type))",
                     "print(action.tag_id, action.pre_run_id ~= '')"});
  world_.add_action("bystander", "post-merge: ", {"print('never')"});
  const std::string commit = world_.commit("m");
  world_.settle();
  std::string first;
  for (const ActionRun& one : world_.runs()) {
    if (one.event == "post-commit") {
      first = one.id;
    }
  }
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(world_.log(first, "0000_0000"), "201\n");
  const std::string again = repeat(first);
  ASSERT_EQ(again.size(), 20U) << again;
  EXPECT_NE(again, first);
  EXPECT_EQ(found(again).repeats, first);
  EXPECT_EQ(found(again).event, "post-commit");
  EXPECT_EQ(found(again).commit_id, commit);
  ASSERT_EQ(world_.hooks(again).size(), 2U);
  EXPECT_EQ(world_.log(again, "0000_0000"), "400\n");  // the tag is there
  EXPECT_EQ(world_.log(again, "0000_0001"), "\ttrue\n");
  const std::string hook_only = repeat(first, "0000_0001");
  ASSERT_EQ(world_.hooks(hook_only).size(), 1U);
  EXPECT_EQ(world_.log(hook_only, "0000_0001"), "\ttrue\n");

  ASSERT_TRUE(run(world_.store().create_tag(HookWorld::as_jo(), world_.repo, TagId::trusted("v1"),
                                            "main", false)));
  world_.settle();
  for (const ActionRun& one : world_.runs()) {
    if (one.event == "post-create-tag" && one.tag == "v1") {
      EXPECT_EQ(world_.log(repeat(one.id, "0000_0001"), "0000_0001"), "v1\ttrue\n");
      return;
    }
  }
  FAIL() << "no run of the tag";
}

/// A pre event that refused its operation is run again in the background, and refuses nothing.
TEST_F(ManualRunsTest, PreEventsAreRepeatedToo) {
  world_.add_action(
      "check", "pre-commit: ",
      {"if require('test').tag('seen') == 201 then error('no') end", "print('after')"});
  EXPECT_THAT(world_.commit(), HasSubstr("no"));
  const std::string failed = world_.runs().at(0).id;
  // The second hook was skipped; named, it runs whatever its condition.
  EXPECT_EQ(world_.log(repeat(failed, "0000_0001"), "0000_0001"), "after\n");
  const std::string again = repeat(failed);
  EXPECT_TRUE(found(again).passed);
  EXPECT_EQ(found(again).event, "pre-commit");
}

TEST_F(ManualRunsTest, WhatIsNotThereCannotBeRepeated) {
  EXPECT_THAT(repeat("nope"), HasSubstr("run 'nope'"));
  world_.upload("_lakefs_actions/bad", "on: {pre-commit: }\n");
  EXPECT_THAT(world_.commit(), HasSubstr("'name' is required"));
  const std::string failed = world_.runs().at(0).id;
  EXPECT_THAT(repeat(failed, "0000_0007"), HasSubstr("hook run '0000_0007'"));
  EXPECT_THAT(repeat(failed, "0000_0000"), StartsWith("hook run '0000_0000' stands for"));
  EXPECT_FALSE(found(repeat(failed)).passed);
  ASSERT_TRUE(world_.remove("_lakefs_actions/bad"));
  EXPECT_THAT(repeat(failed), StartsWith("any action at 'main': nothing to run"));
}

}  // namespace
}  // namespace tarn::actions
