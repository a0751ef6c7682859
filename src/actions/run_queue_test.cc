// Runs in the background and what becomes of them when the server ends, in an orderly way or not:
// an end in the middle is a row that an earlier process left.
#include "actions/run_queue.h"

#include "actions/testing/hook_world.h"
#include "base/encoding.h"
#include "runtime/testing/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace tarn::actions {
namespace {

using graveler::Event;
using tarn::testing::run;
using ::testing::HasSubstr;
using testing::HookWorld;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kPost = "post-commit: ";

RunOrder sample_order() {
  RunOrder order;
  order.record.run_id = "run";
  order.record.pre_run_id = "pre";
  order.record.event = Event::kPostMerge;
  order.record.repository.id = RepositoryId::trusted("repo");
  order.record.repository.instance_uid = "uid";
  order.record.source_ref = "src";
  order.record.branch = BranchId::trusted("main");
  order.record.commit_id = CommitId::trusted("c1");
  order.record.commit.emplace();
  order.record.tag = TagId::trusted("v1");
  order.record.merge_source = "dev";
  order.user = "jo";
  order.request_id = "req/x";
  order.by_hand = true;
  order.files_ref = "main";
  order.only_action = "act";
  order.only_hook = "hook";
  order.repeats = "old";
  order.starts = 2;
  HookRun done;
  done.run_id = "run";
  done.id = "0000_0000";
  done.hook_id = "hook";
  done.action = "act";
  done.passed = true;
  order.done.push_back(done);
  return order;
}

TEST(RunOrder, MatchesItsFrozenSample) {
  const Bytes bytes = encode(sample_order());
  EXPECT_EQ(
      hex_encode(bytes),
      "0a0372756e12037072651a0a706f73742d6d6572676522047265706f2a037569643203737263"
      "3a046d61696e420263314801520276315a0364657662026a6f6a057265712f7870017a046d61696e82010361"
      "63748a0104686f6f6b9201036f6c64980102a201370a0372756e1209303030305f303030301a04686f6f6b"
      "22036163742a0b088092b8c398feffffff01320b088092b8c398feffffff014801");
  const StoredOrder back = decode_order(bytes).value();
  EXPECT_TRUE(back.has_commit);
  EXPECT_EQ(back.order.record.event, Event::kPostMerge);
  EXPECT_EQ(back.order.record.tag.str(), "v1");
  EXPECT_EQ(back.order.only_hook, "hook");
  EXPECT_EQ(back.order.starts, 2U);
  EXPECT_EQ(back.order.done.at(0).action, "act");
  EXPECT_EQ(encode(back.order).size() + 2, bytes.size());  // the commit is not in it
  EXPECT_TRUE(decode_order("\xff").error().is(kCorruption));
  Bytes other = bytes;
  other.replace(other.find("post-merge"), 10, "post-lunch");
  EXPECT_THAT(decode_order(other).error().message(), HasSubstr("event 'post-lunch'"));
}

/// An action whose script fails twice, and then passes.
std::string flaky(const std::string& event, const std::string& retry) {
  return "name: flaky\non: {" + event +
         ": }\nhooks:\n  - id: flaky\n    type: lua\n    retry: " + retry +
         "\n    properties:\n      script: |\n"
         "        local tag = require('test').tag\n"
         "        print('try')\n"
         "        if tag('one') == 201 or tag('two') == 201 then error('not yet') end\n";
}

/// A run of the repository's newest commit that an earlier process left.
RunOrder left_behind(HookWorld& world, const std::string& commit) {
  RunOrder order;
  order.record.run_id = world.service->new_run_id();
  order.record.event = Event::kPostCommit;
  order.record.repository = *world.repo;
  order.record.source_ref = commit;
  order.record.branch = world.main;
  order.record.commit_id = CommitId::trusted(commit);
  order.record.commit.emplace();
  order.user = "jo";
  order.request_id = "req";
  return order;
}

/// The commit that brings this post-commit action.
std::string commit_action(HookWorld& world, const std::vector<std::string>& scripts) {
  world.add_action("act", kPost, scripts);
  return world.commit("first");
}
/// The same, and its own run has ended.
std::string commit_script(HookWorld& world, const std::vector<std::string>& scripts) {
  std::string commit = commit_action(world, scripts);
  world.settle();
  return commit;
}

TEST(RunQueue, AnOrderlyStopKeepsWhatHasNotEnded) {
  HookWorld world;
  // Waits at the first attempt only.
  world.add_action("act", kPost,
                   {"print(require('test').tag('once'))",
                    "print(action.commit.message)\n"
                    "if require('test').tag('seen') == 201 then require('test').wait() end"});
  const std::string commit = world.commit("hello");
  ASSERT_EQ(commit.size(), 64U) << commit;
  const SteadyTime give_up = world.clock.steady_now() + std::chrono::seconds(60);
  while (!run(world.store().tag(Context(), world.repo, TagId::trusted("seen")))) {
    ASSERT_LT(world.clock.steady_now(), give_up);
    std::this_thread::yield();
  }
  ASSERT_EQ(world.queued().size(), 1U);
  world.service->stop(std::chrono::milliseconds(0));
  EXPECT_TRUE(world.runs().empty());
  ASSERT_EQ(world.queued().size(), 1U);
  const std::string run_id = world.queued()[0];
  // While it is stopped, events wait in the queue, too.
  EXPECT_EQ(world.commit("second").size(), 64U);
  EXPECT_EQ(world.queued().size(), 2U);

  world.restart();
  world.settle();
  EXPECT_TRUE(world.queued().empty());
  EXPECT_EQ(world.outcomes(), "post-commit completed, post-commit completed");
  EXPECT_EQ(world.runs({.branch = "", .commit = commit}).at(0).id, run_id);
  // The first hook had ended, and did not run again; the second goes on with what it knew.
  EXPECT_EQ(world.log(run_id, "0000_0000"), "201\n");
  EXPECT_EQ(world.log(run_id, "0000_0001"),
            "The server ended while this run was under way; here it goes on.\nhello\n");
}

TEST(RunQueue, FailuresBeforeTheRestartCount) {
  HookWorld world;
  const std::string commit = commit_script(world, {"error('no')", "print('never')"});
  RunOrder order = left_behind(world, commit);
  HookRun failed;
  failed.run_id = order.record.run_id;
  failed.id = "0000_0000";
  failed.hook_id = "hook0";
  failed.action = "act";
  failed.start = failed.end = world.clock.now();
  order.done.push_back(failed);
  ASSERT_TRUE(run(world.run_queue.put(Context(), order)));
  world.service->stop(std::chrono::milliseconds(0));
  world.restart();
  world.settle();
  const std::vector<HookRun> hooks = world.hooks(order.record.run_id);
  ASSERT_EQ(hooks.size(), 2U);
  EXPECT_FALSE(hooks[0].passed);
  EXPECT_EQ(hooks[0].start, failed.start);
  EXPECT_TRUE(hooks[1].skipped());
}

TEST(RunQueue, RunsThatTakeTheServerDownEndFailed) {
  HookWorld world;
  const std::string commit = commit_script(world, {"print('ran')"});
  RunOrder order = left_behind(world, commit);
  const std::string run_id = order.record.run_id;
  order.starts = Service::kStartsMax;
  ASSERT_TRUE(run(world.run_queue.put(Context(), order)));
  world.service->stop(std::chrono::milliseconds(0));
  world.restart();
  world.settle();
  EXPECT_TRUE(world.queued().empty());
  EXPECT_FALSE(run(world.run_store.run(Context(), world.repo->id, run_id))->passed);
  EXPECT_THAT(world.log(run_id, "0000_0000"),
              HasSubstr("Error: the server ended 3 times while this run was under way\n"));
  EXPECT_THAT(world.log(run_id, "0000_0000"), Not(HasSubstr("ran")));
}

/// Waiting is no fault: whatever takes the server down again and again was under way when it did.
TEST(RunQueue, OnlyRunsThatBeginCountTheirStarts) {
  ServiceConfig config;
  config.background_hooks_max = 1;
  HookWorld world(config);
  const std::string commit = commit_action(world, {"require('test').wait()"});
  world.service->stop(std::chrono::milliseconds(0));
  ASSERT_EQ(world.queued().size(), 1U);
  ASSERT_TRUE(run(world.run_queue.remove(Context(), world.queued()[0])));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(run(world.run_queue.put(Context(), left_behind(world, commit))));
  }
  world.restart();
  const auto starts = [&world] {
    std::vector<std::uint32_t> out;
    const auto rows = run(world.run_queue.load(Context()));
    for (const StoredOrder& row : rows.value()) {
      out.push_back(row.order.starts);
    }
    std::ranges::sort(out);
    return out;
  };
  const SteadyTime give_up = world.clock.steady_now() + std::chrono::seconds(60);
  while (starts().back() == 1) {
    ASSERT_LT(world.clock.steady_now(), give_up);
    std::this_thread::yield();
  }
  EXPECT_EQ(starts(), (std::vector<std::uint32_t>{1, 2}));
  // An orderly end does not count, either.
  world.service->stop(std::chrono::milliseconds(0));
  EXPECT_EQ(starts(), (std::vector<std::uint32_t>{1, 1}));
}

TEST(RunQueue, ARunWhoseRowCannotBeWrittenRunsAllTheSame) {
  HookWorld world;
  world.add_action("act", kPost, {"print('ran')"});
  world.run_rows.refuse_sets = true;
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.outcomes(), "post-commit completed");
}

TEST(RunQueue, AUserWhoIsGoneWhenTheRunBeginsRunsNothing) {
  HookWorld world;
  world.add_action("act", kPost, {"print('ran')"});
  const Context ctx = Context("req", CancelToken()).with_user("mallory");
  ASSERT_TRUE(world.try_commit("m", ctx));
  world.settle();
  EXPECT_EQ(world.outcomes(), "post-commit failed");
  EXPECT_EQ(world.log_of("post-commit"), "Error: user 'mallory' is gone\n");
}

TEST(RunQueue, TheUserIsLookedUpAfterARestart) {
  HookWorld world;
  RunOrder order = left_behind(world, commit_script(world, {"print('ran')"}));
  const std::string run_id = order.record.run_id;
  order.user = "mallory";
  ASSERT_TRUE(run(world.run_queue.put(Context(), order)));
  world.service->stop(std::chrono::milliseconds(0));
  world.restart();
  world.settle();
  EXPECT_FALSE(run(world.run_store.run(Context(), world.repo->id, run_id))->passed);
  EXPECT_THAT(world.log(run_id, "0000_0000"), HasSubstr("Error: user 'mallory' is gone\n"));
}

TEST(RunQueue, WhatDoesNotAnswerForTheUserIsAskedAgain) {
  HookWorld world;
  world.upload("_lakefs_actions/f", flaky("post-commit", "{attempts: 3, delay: 0s}"));
  world.api.unavailable = 2;
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.outcomes(), "post-commit completed");
}

TEST(RunQueue, GoesOnOldestFirst) {
  HookWorld world;
  RunOrder order = left_behind(world, commit_script(world, {"print('ran')"}));
  for (const char* id : {"r2", "r1", "r3"}) {
    order.record.run_id = id;
    ASSERT_TRUE(run(world.run_queue.put(Context(), order)));
  }
  EXPECT_EQ(world.queued(), (std::vector<std::string>{"r3", "r2", "r1"}));
}

TEST(RunQueue, WhatCannotBePlannedAnyMoreEndsFailed) {
  HookWorld world;
  RunOrder order = left_behind(world, commit_script(world, {"print('ran')"}));
  const std::string run_id = order.record.run_id;
  order.record.source_ref = "gone";
  ASSERT_TRUE(run(world.run_queue.put(Context(), order)));
  world.service->stop(std::chrono::milliseconds(0));
  world.restart();
  world.settle();
  EXPECT_TRUE(world.queued().empty());
  EXPECT_THAT(world.log(run_id, "0000_0000"), StartsWith("Error: list actions from commit: "));
}

TEST(RunQueue, RowsWithNothingToDoGo) {
  HookWorld world;
  const std::string commit = commit_script(world, {"print('ran')"});
  ASSERT_EQ(world.runs().size(), 1U);
  // Of a repository that has been made anew; one recorded already; one that matches nothing now.
  RunOrder elsewhere = left_behind(world, commit);
  elsewhere.record.repository.instance_uid = "another";
  RunOrder recorded = left_behind(world, commit);
  recorded.record.run_id = world.runs()[0].id;
  RunOrder nothing = left_behind(world, commit);
  nothing.record.event = Event::kPostMerge;
  for (const RunOrder& order : {elsewhere, recorded, nothing}) {
    ASSERT_TRUE(run(world.run_queue.put(Context(), order)));
  }
  // One that cannot be read stays, and keeps nobody from running.
  const kv::Key torn{"actions-queue", "torn"};
  ASSERT_TRUE(run(world.kv->set(Context(), torn, "\xff")));
  RunOrder fine = left_behind(world, commit);
  ASSERT_TRUE(run(world.run_queue.put(Context(), fine)));
  world.service->stop(std::chrono::milliseconds(0));
  world.restart();
  world.settle();
  EXPECT_TRUE(world.queued().empty());
  EXPECT_EQ(world.runs().size(), 2U);
  EXPECT_TRUE(run(world.run_store.run(Context(), world.repo->id, fine.record.run_id))->passed);
  EXPECT_TRUE(run(world.kv->get(Context(), torn)));
}

TEST(RunQueue, AFullOneRecordsTheRunAsFailed) {
  ServiceConfig config;
  config.queue_max = 1;
  HookWorld world(config);
  world.add_action("act", kPost, {"require('test').wait()"});
  ASSERT_EQ(world.commit().size(), 64U);
  const std::string second = world.commit();
  ASSERT_EQ(second.size(), 64U);
  const std::vector<ActionRun> runs = world.runs({.branch = "", .commit = second});
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_FALSE(runs[0].passed);
  EXPECT_THAT(world.log(runs[0].id, "0000_0000"), HasSubstr("too many runs are waiting"));
}

TEST(RunQueue, OperationsWithoutHooksWriteNothing) {
  HookWorld world;
  world.add_action("act", "post-merge: ", {"print(1)"});
  world.run_rows.refuse_sets = true;
  EXPECT_EQ(world.commit().size(), 64U);
  EXPECT_EQ(world.run_rows.sets, 0U);
  world.run_rows.refuse_sets = false;
  world.add_action("act", kPost, {"print(1)"});
  EXPECT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.run_rows.sets, 1U);
}

// --- Retries ---

TEST(Retry, HooksOfPostEventsTryAgain) {
  HookWorld world;
  world.upload("_lakefs_actions/f", flaky("post-commit", "{attempts: 3, delay: 1ms}"));
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.outcomes(), "post-commit completed");
  const std::string log = world.log_of("post-commit");
  EXPECT_THAT(log, StartsWith("try\nAttempt 1 of 3: action failed: runtime error: "));
  EXPECT_THAT(log, HasSubstr("not yet"));
  EXPECT_THAT(log, HasSubstr("try\nAttempt 2 of 3: "));
  EXPECT_TRUE(log.ends_with("The next one comes in 2ms.\ntry\n") ||
              log.ends_with("The next one comes in 1ms.\ntry\n"))
      << log;
  EXPECT_THAT(world.metrics.render(),
              HasSubstr(R"(tarn_actions_hook_retries_total{type="lua"} 2)"));
}

TEST(Retry, EndsWithTheLastAttempt) {
  HookWorld world;
  world.upload("_lakefs_actions/f", flaky("post-commit", "{attempts: 2, delay: 0s}"));
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_EQ(world.outcomes(), "post-commit failed");
  EXPECT_THAT(world.log_of("post-commit"), HasSubstr("Attempt 1 of 2: "));
  EXPECT_THAT(world.log_of("post-commit"), HasSubstr("\nError: action failed: runtime error: "));
}

TEST(Retry, AttemptsWaitForEachOther) {
  HookWorld world;
  world.upload("_lakefs_actions/f", flaky("post-commit", "{attempts: 2, delay: 50ms}"));
  const SteadyTime begin = world.clock.steady_now();
  ASSERT_EQ(world.commit().size(), 64U);
  world.settle();
  EXPECT_GE(world.clock.steady_now() - begin, std::chrono::milliseconds(45));
  EXPECT_THAT(world.log_of("post-commit"), HasSubstr("Attempt 1 of 2: "));
}

TEST(Retry, PreEventsDoNotWaitForIt) {
  HookWorld world;
  world.upload("_lakefs_actions/f", flaky("pre-commit", "{attempts: 3, delay: 1h}"));
  EXPECT_THAT(world.commit(), HasSubstr("not yet"));
  EXPECT_THAT(world.log_of("pre-commit"), StartsWith("try\nError: "));
}

TEST(Retry, WaitingForTheNextAttemptKeepsNobodyFromRunningAndEndsWithTheServer) {
  ServiceConfig config;
  config.background_hooks_max = 1;
  HookWorld world(config);
  world.upload("_lakefs_actions/f",
               flaky("post-commit", "{attempts: 3, delay: 1h, max_delay: 1h}"));
  ASSERT_EQ(world.commit().size(), 64U);
  world.add_action("other", "post-create-branch: ", {"print('ran')"});
  ASSERT_TRUE(world.remove("_lakefs_actions/f"));
  ASSERT_EQ(world.commit().size(), 64U);
  ASSERT_TRUE(run(world.store().create_branch(HookWorld::as_jo(), world.repo,
                                              {.id = BranchId::trusted("b"), .source = "main"})));
  const SteadyTime give_up = world.clock.steady_now() + std::chrono::seconds(60);
  while (world.runs().empty()) {
    ASSERT_LT(world.clock.steady_now(), give_up) << "one that waits holds up another";
    std::this_thread::yield();
  }
  EXPECT_EQ(world.outcomes(), "post-create-branch completed");
  world.service->stop(std::chrono::milliseconds(0));
  EXPECT_EQ(world.queued().size(), 1U);
}

}  // namespace
}  // namespace tarn::actions
