// Updates of one branch that come at once: they are published in groups, and nobody's failure is
// anybody else's.
#include "graveler/head_update.h"

#include "base/fault_points.h"
#include "graveler/errors.h"
#include "graveler/testing/gated_blocks.h"
#include "graveler/testing/world.h"
#include "runtime/loop_event.h"
#include "runtime/loops.h"
#include "runtime/parallel.h"
#include "runtime/task_group.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

namespace tarn::graveler {
namespace {

using tarn::testing::run;

/// Counts how often a head is swapped.
class SwapCounter {
 public:
  SwapCounter() {
    arm_fault_point("graveler.merge.before_ref_swap", [this] { ++count_; });
  }
  ~SwapCounter() { arm_fault_point("graveler.merge.before_ref_swap", nullptr); }
  std::size_t count() const { return count_; }

 private:
  std::atomic<std::size_t> count_ = 0;
};

BranchId topic(std::size_t index) { return BranchId::trusted(fmt::format("topic{:02}", index)); }

class HeadGroups : public ::testing::Test {
 protected:
  VersionStore& store() { return world_.store(); }

  void put(const BranchId& branch, const std::string& path, const std::string& text) {
    const auto done =
        run(store().set_entry(Context(), world_.repo, branch, ObjectPath::trusted(path),
                              testing::entry_of(text), WriteCondition()));
    ASSERT_TRUE(done) << done.error().message();
  }
  void commit(const BranchId& branch) {
    CommitRequest request;
    request.committer = "jo";
    request.message = branch.str();
    const auto made = run(store().commit(Context(), world_.repo, branch, request));
    ASSERT_TRUE(made) << made.error().message();
  }
  /// Branches from the same commit, each with a commit of one file, `paths[i]`.
  void make_topics(const std::vector<std::string>& paths) {
    put(world_.main, "base", "1");
    commit(world_.main);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      ASSERT_TRUE(world_.branch(topic(i).str(), "main"));
      put(topic(i), paths[i], "of" + std::to_string(i));
      commit(topic(i));
    }
  }
  static std::vector<std::string> own_paths(std::size_t count) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < count; ++i) {
      paths.push_back(fmt::format("file{:02}", i));
    }
    return paths;
  }

  Task<Result<void>> merge_one(std::size_t index, Context ctx) {
    MergeRequest request;
    request.source = topic(index).str();
    request.committer = "jo";
    outcomes_[index] = co_await store().merge(ctx, world_.repo, world_.main, request);
    co_return Result<void>();
  }
  /// All topics into main at once, on one loop.
  void merge_all(std::size_t count) {
    outcomes_.resize(count, Error(kInternal));
    auto work = [this](std::size_t index) { return merge_one(index, Context()); };
    ASSERT_TRUE(run(parallel_for(count, count, work)));
  }
  /// Main's commits behind `base`, newest first, along first parents.
  std::vector<CommitPtr> chain() {
    std::vector<CommitPtr> out;
    CommitPtr at = *run(store().resolve_commit(Context(), world_.repo, "main"));
    while (at->commit.parents.size() > 1) {
      out.push_back(at);
      at = *run(store().get_commit(Context(), world_.repo, at->commit.parents.front()));
    }
    return out;
  }

  testing::GatedBlocks* gate_ = nullptr;
  testing::World world_{{}, nullptr, [this](std::unique_ptr<block::Adapter> inner) {
                          auto gate = std::make_unique<testing::GatedBlocks>(std::move(inner));
                          gate_ = gate.get();
                          return gate;
                        }};
  std::vector<Result<Merged>> outcomes_;
};

TEST_F(HeadGroups, MergesThatComeAtOnceShareTheSwapAndEachHasItsCommit) {
  constexpr std::size_t kCount = 30;
  make_topics(own_paths(kCount));
  const SwapCounter swaps;
  merge_all(kCount);
  std::set<CommitId> made;
  for (const Result<Merged>& outcome : outcomes_) {
    ASSERT_TRUE(outcome) << outcome.error().message();
    ASSERT_TRUE(outcome->commit);
    made.insert(outcome->commit->id);
  }
  EXPECT_EQ(made.size(), kCount);
  EXPECT_LT(swaps.count(), kCount / 2);
  const std::vector<CommitPtr> commits = chain();
  ASSERT_EQ(commits.size(), kCount);
  std::size_t files = kCount + 1;
  for (const CommitPtr& commit : commits) {
    EXPECT_TRUE(made.contains(commit->id));
    EXPECT_EQ(commit_id_of(commit->commit), commit->id);
    // Each tree is what this merge made of the one before it.
    const std::string listed = world_.list(commit->id.str());
    EXPECT_EQ(std::ranges::count(listed, '='), static_cast<std::ptrdiff_t>(files--));
  }
}

TEST_F(HeadGroups, AConflictIsItsOwn) {
  // Of each pair of neighbours one gets the path.
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 20; ++i) {
    paths.push_back(fmt::format("shared{:02}", i / 2));
  }
  make_topics(paths);
  merge_all(paths.size());
  for (std::size_t i = 0; i < paths.size(); i += 2) {
    ASSERT_TRUE(outcomes_[i] && outcomes_[i + 1]);
    const bool first = outcomes_[i]->commit != nullptr;
    const Merged& loser = *outcomes_[first ? i + 1 : i];
    EXPECT_EQ(loser.commit, nullptr);
    EXPECT_EQ(loser.conflicts, std::vector<std::string>{paths[i]});
    EXPECT_EQ(world_.get("main", paths[i]), fmt::format("of{}", first ? i : i + 1));
  }
  EXPECT_EQ(chain().size(), 10U);
}

TEST_F(HeadGroups, AMergeThatIsDoneAlreadyAndAnUnknownSourceFailAlone) {
  make_topics(own_paths(6));
  outcomes_.resize(8, Error(kInternal));
  auto work = [this](std::size_t index) -> Task<Result<void>> {
    MergeRequest request;
    request.source = index == 7 ? "nowhere" : topic(index % 6).str();  // the first one twice
    request.committer = "jo";
    outcomes_[index] = co_await store().merge(Context(), world_.repo, world_.main, request);
    co_return Result<void>();
  };
  ASSERT_TRUE(run(parallel_for(8, 8, work)));
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_TRUE(outcomes_[i]) << i;
  }
  ASSERT_NE(outcomes_[0].has_value(), outcomes_[6].has_value());
  EXPECT_TRUE(outcomes_[outcomes_[0] ? 6 : 0].error().is(kNoChanges));
  ASSERT_FALSE(outcomes_[7]);
  EXPECT_EQ(outcomes_[7].error().kind(), ErrorKind::kNotFound);
}

TEST_F(HeadGroups, WhoseRequestIsOverIsLeftOut) {
  make_topics(own_paths(10));
  CancelSource gone;
  outcomes_.resize(10, Error(kInternal));
  auto work = [&](std::size_t index) {
    return merge_one(index, index % 3 == 1 ? Context("", gone.token()) : Context());
  };
  // When the first one is about to be published, all the others wait.
  arm_fault_point("graveler.merge.before_ref_swap",
                  [&gone] { gone.cancel(CancelReason::kClientGone); });
  const Result<void> done = run(parallel_for(10, 10, work));
  arm_fault_point("graveler.merge.before_ref_swap", nullptr);
  ASSERT_TRUE(done);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(outcomes_[i].has_value(), i % 3 != 1) << i;
  }
  EXPECT_EQ(chain().size(), 7U);
}

TEST_F(HeadGroups, AStoreThatRefusesOnceFailsNobodyInAGroup) {
  constexpr std::size_t kCount = 12;
  make_topics(own_paths(kCount));
  int puts = 0;
  gate_->before_put = [&puts](std::string) -> Task<Result<void>> {
    co_await yield_loop();
    // The first group is one merge alone; this is in the second.
    co_return ++puts == 6 ? Result<void>(Error(kUnavailable, "no room")) : Result<void>();
  };
  merge_all(kCount);
  for (const Result<Merged>& outcome : outcomes_) {
    EXPECT_TRUE(outcome) << outcome.error().message();
  }
  EXPECT_EQ(chain().size(), kCount);
}

TEST_F(HeadGroups, AStoreThatRefusesAlwaysFailsAllAndMovesNothing) {
  make_topics(own_paths(6));
  const std::string before = world_.list("main");
  gate_->before_put = [](std::string) -> Task<Result<void>> {
    co_return Result<void>(Error(kUnavailable, "no room"));
  };
  merge_all(6);
  gate_->before_put = nullptr;
  // The first one needs no new tree.
  std::size_t merged = 0;
  for (const Result<Merged>& outcome : outcomes_) {
    merged += outcome ? 1 : 0;
    EXPECT_TRUE(outcome || outcome.error().is(kUnavailable));
  }
  EXPECT_EQ(merged, 1U);
  EXPECT_EQ(std::ranges::count(world_.list("main"), '='), 2);
  EXPECT_EQ(chain().size(), 1U);
}

/// Has hooks for some merges only, and looks at what they can see.
class SomeHooks final : public Hooks {
 public:
  SomeHooks(VersionStore& store, RepositoryPtr repository)
      : store_(store), repository_(std::move(repository)) {}

  std::string new_run_id() override { return "run" + std::to_string(++runs_); }
  Task<Result<bool>> applies(Context, HookRecord record) override {
    co_return hooked.contains(record.merge_source);
  }
  Task<Result<void>> run(Context ctx, HookRecord record) override {
    if (!is_pre(record.event)) {
      posts.push_back(record.commit_id);
      co_return Result<void>();
    }
    // The commit can be read, and its parent is what everybody sees on the branch.
    const auto commit = co_await store_.get_commit(ctx, repository_, record.commit_id);
    const auto head = co_await store_.resolve_commit(ctx, repository_, "main");
    const ListRequest all;
    const auto listed = co_await store_.list(ctx, repository_, record.commit_id.str(), all);
    sees_all =
        sees_all && commit && head && listed && (*commit)->commit.parents.front() == (*head)->id;
    asked.push_back(record.merge_source);
    if (refused.contains(record.merge_source)) {
      co_return Error::with_message(kHookAborted, "no");
    }
    co_return Result<void>();
  }
  Task<Result<void>> repository_deleted(Context, Repository) override { co_return Result<void>(); }

  std::set<std::string> hooked;
  std::set<std::string> refused;
  std::vector<std::string> asked;
  std::vector<CommitId> posts;
  bool sees_all = true;

 private:
  VersionStore& store_;
  const RepositoryPtr repository_;
  int runs_ = 0;
};

TEST_F(HeadGroups, AHookSeesAPublishedBranchAndItsRefusalIsOneMergesOwn) {
  constexpr std::size_t kCount = 24;
  make_topics(own_paths(kCount));
  SomeHooks hooks(store(), world_.repo);
  store().set_hooks(hooks);
  for (std::size_t i = 0; i < kCount; i += 4) {
    hooks.hooked.insert(topic(i + 2).str());
  }
  hooks.refused = {topic(6).str(), topic(14).str()};
  const SwapCounter swaps;
  merge_all(kCount);
  EXPECT_EQ(hooks.asked.size(), 6U);
  EXPECT_TRUE(hooks.sees_all);
  for (std::size_t i = 0; i < kCount; ++i) {
    const bool refused = i == 6 || i == 14;
    ASSERT_EQ(outcomes_[i].has_value(), !refused) << i;
    if (refused) {
      EXPECT_TRUE(outcomes_[i].error().is(kHookAborted));
    }
    EXPECT_EQ(world_.get("main", fmt::format("file{:02}", i)) == fmt::format("of{}", i), !refused);
  }
  EXPECT_EQ(chain().size(), kCount - 2);
  EXPECT_EQ(hooks.posts.size(), kCount - 2);
  // Groups there were, though hooks cut them.
  EXPECT_LT(swaps.count(), kCount - 6);
}

TEST_F(HeadGroups, MergesRevertsAndPicksOfSeveralLoopsAllArrive) {
  constexpr std::size_t kCount = 40;
  make_topics(own_paths(kCount));
  outcomes_.resize(kCount, Error(kInternal));
  std::vector<Result<CommitPtr>> picks(8, Error(kInternal));
  {
    Loops loops(4);
    TaskGroup group;
    auto merge = [this](std::size_t index) -> Task<void> {
      const Result<void> done = co_await merge_one(index, Context());
      EXPECT_TRUE(done);
    };
    auto pick = [this, &picks](std::size_t index) -> Task<void> {
      CherryPickRequest request;
      request.ref = topic(index).str();
      request.committer = "kim";
      picks[index] = co_await store().cherry_pick(Context(), world_.repo, world_.main, request);
    };
    for (std::size_t i = 0; i < kCount; ++i) {
      group.spawn(loops.next(), i < picks.size() ? pick(i) : merge(i));
    }
    group.close();
    group.join_blocking();
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    if (i < picks.size()) {
      EXPECT_TRUE(picks[i]) << picks[i].error().message();
    } else {
      EXPECT_TRUE(outcomes_[i]) << outcomes_[i].error().message();
    }
    EXPECT_EQ(world_.get("main", fmt::format("file{:02}", i)), fmt::format("of{}", i));
  }
}

TEST(HeadQueueTest, KeepsOrderAndLeavesAloneWhoWantsToBe) {
  HeadQueue queue;
  std::vector<WaitingUpdate> updates(6);
  updates[2].alone = true;
  for (WaitingUpdate& update : updates) {
    queue.push("main", update);
  }
  WaitingUpdate other;
  queue.push("dev", other);
  using List = std::vector<WaitingUpdate*>;
  EXPECT_EQ(queue.take("main", 10), (List{&updates[0], &updates[1]}));
  EXPECT_EQ(queue.take("main", 10), (List{&updates[2]}));
  EXPECT_EQ(queue.take("main", 2), (List{&updates[3], &updates[4]}));
  queue.put_back("main", {&updates[3], &updates[4]});
  queue.drop("main", updates[4]);
  queue.drop("nowhere", updates[4]);
  EXPECT_EQ(queue.take("main", 10), (List{&updates[3], &updates[5]}));
  EXPECT_EQ(queue.take("main", 10), List{});
  EXPECT_EQ(queue.take("dev", 10), (List{&other}));
}

}  // namespace
}  // namespace tarn::graveler
