#include "graveler/errors.h"
#include "graveler/merge_base.h"
#include "graveler/testing/world.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::graveler {
namespace {

using tarn::testing::run;

/// The kind of an outcome as a short text: `ok`, or the error's message.
template <class T>
std::string told(const Result<T>& result) {
  return result ? "ok" : result.error().message();
}

class History : public ::testing::Test {
 protected:
  VersionStore& store() { return world_.store(); }

  void branch(const std::string& name, const std::string& source) {
    const auto made = world_.branch(name, source);
    ASSERT_TRUE(made) << made.error().message();
  }
  void put(const std::string& name, const std::string& path, const std::string& text) {
    const auto done = run(store().set_entry(Context(), world_.repo, BranchId::trusted(name),
                                            ObjectPath::trusted(path), testing::entry_of(text),
                                            WriteCondition()));
    ASSERT_TRUE(done) << done.error().message();
  }
  void remove(const std::string& name, const std::string& path) {
    const auto done = run(store().delete_entry(Context(), world_.repo, BranchId::trusted(name),
                                               ObjectPath::trusted(path)));
    ASSERT_TRUE(done) << done.error().message();
  }
  CommitPtr commit(const std::string& name, const std::string& message = "m") {
    CommitRequest request;
    request.committer = "jo";
    request.message = message;
    auto made = run(store().commit(Context(), world_.repo, BranchId::trusted(name), request));
    EXPECT_TRUE(made) << made.error().message();
    return *std::move(made);
  }
  CommitPtr change(const std::string& name, const std::string& path, const std::string& text) {
    put(name, path, text);
    return commit(name, path + "=" + text);
  }
  Result<Merged> merge(const std::string& source, const std::string& destination,
                       MergeRequest request = {}) {
    request.source = source;
    request.committer = "jo";
    return run(
        store().merge(Context(), world_.repo, BranchId::trusted(destination), std::move(request)));
  }
  Result<CommitPtr> revert(const std::string& name, const std::string& ref, int parent = 0) {
    RevertRequest request;
    request.ref = ref;
    request.parent_number = parent;
    request.committer = "jo";
    return run(store().revert(Context(), world_.repo, BranchId::trusted(name), request));
  }
  Result<CommitPtr> pick(const std::string& name, const std::string& ref,
                         std::optional<int> parent = {}) {
    CherryPickRequest request;
    request.ref = ref;
    request.parent_number = parent;
    request.committer = "kim";
    return run(store().cherry_pick(Context(), world_.repo, BranchId::trusted(name), request));
  }
  /// `+a -b ~c !d`
  std::string diff(const std::string& left, const std::string& right, bool three_dot) {
    const auto found =
        run(store().diff_refs(Context(), world_.repo, left, right, three_dot, ListRequest()));
    if (!found) {
      return found.error().message();
    }
    std::string out;
    for (const Difference& item : found->items) {
      constexpr char kLetters[] = {'+', '-', '~', '/', '!'};
      out.append(out.empty() ? "" : " ").push_back(kLetters[static_cast<std::size_t>(item.type)]);
      out.append(item.path);
    }
    return out;
  }
  std::string log(LogRequest request, const std::string& ref = "main") {
    const auto start = run(store().resolve_commit(Context(), world_.repo, ref));
    const auto found = run(store().log(Context(), world_.repo, (*start)->id, std::move(request)));
    std::string out;
    for (const CommitPtr& commit : found->items) {
      out.append(out.empty() ? "" : ", ").append(commit->commit.message);
    }
    return out;
  }
  std::string list(const std::string& ref) { return world_.list(ref); }

  testing::World world_;
};

TEST_F(History, MergeBringsInWhatTheSourceChanged) {
  change("main", "a", "1");
  branch("dev", "main");
  put("dev", "a", "2");
  put("dev", "b", "1");
  const CommitPtr source = commit("dev");
  const CommitPtr before = change("main", "c", "1");
  MergeRequest request;
  request.metadata = {{"why", "because"}};
  const Result<Merged> merged = merge("dev", "main", request);
  ASSERT_TRUE(merged) << merged.error().message();
  const Commit& made = merged->commit->commit;
  EXPECT_EQ(list("main@"), "a=2 b=1 c=1");
  EXPECT_EQ(made.parents, (std::vector{before->id, source->id}));
  EXPECT_EQ(made.message, "Merge 'dev' into 'main'");
  EXPECT_EQ(made.metadata, (Metadata{{".lakefs.merge.strategy", "default"}, {"why", "because"}}));
  EXPECT_EQ(made.generation, std::max(before->commit.generation, source->commit.generation) + 1);
  // Nothing is left to merge, until it is asked for.
  EXPECT_EQ(told(merge("dev", "main")), "update branch main: no changes");
  MergeRequest empty;
  empty.allow_empty = true;
  EXPECT_EQ(told(merge("dev", "main", empty)), "ok");
}

TEST_F(History, MergeIntoAnUnchangedBranchTakesTheSourcesTree) {
  change("main", "a", "1");
  branch("dev", "main");
  const CommitPtr source = change("dev", "b", "1");
  const Result<Merged> merged = merge("dev", "main");
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->commit->commit.meta_range_id, source->commit.meta_range_id);
  EXPECT_EQ(merged->commit->commit.parents.size(), 2u) << "no fast-forward";
}

TEST_F(History, SquashLeavesTheSourceOutOfTheParents) {
  change("main", "a", "1");
  branch("dev", "main");
  change("dev", "b", "1");
  const CommitPtr before = change("main", "c", "1");
  MergeRequest request;
  request.squash = true;
  const Result<Merged> merged = merge("dev", "main", request);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->commit->commit.parents, std::vector{before->id});
  EXPECT_EQ(list("main@"), "a=1 b=1 c=1");
}

TEST_F(History, ConflictsStopAMergeUnlessAStrategyDecides) {
  change("main", "a", "1");
  branch("dev", "main");
  put("dev", "a", "2");
  change("dev", "new", "2");
  put("main", "a", "3");
  const CommitPtr before = change("main", "new", "3");
  const Result<Merged> refused = merge("dev", "main");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->conflicts, (std::vector<std::string>{"a", "new"}));
  EXPECT_EQ(refused->commit, nullptr);
  EXPECT_EQ(run(store().branch(Context(), world_.repo, world_.main))->commit_id, before->id);
  EXPECT_EQ(diff("main", "dev", true), "!a !new");
  branch("copy", "main");
  MergeRequest request;
  request.strategy = MergeStrategy::kDestinationWins;
  const Result<Merged> kept = merge("dev", "copy", request);
  ASSERT_TRUE(kept);
  EXPECT_EQ(list("copy@"), "a=3 new=3");
  EXPECT_EQ(kept->commit->commit.metadata.at(".lakefs.merge.strategy"), "dest-wins");
  request.strategy = MergeStrategy::kSourceWins;
  ASSERT_TRUE(merge("dev", "main", request));
  EXPECT_EQ(list("main@"), "a=2 new=2");
}

TEST_F(History, MergeNeedsACleanDestinationAndIgnoresWhatIsStagedOnTheSource) {
  change("main", "a", "1");
  branch("dev", "main");
  change("dev", "b", "1");
  put("dev", "staged", "1");
  put("main", "c", "1");
  EXPECT_EQ(told(merge("dev", "main")), "uncommitted changes (dirty branch)");
  remove("main", "c");
  EXPECT_EQ(told(merge("dev", "main")), "ok");
  EXPECT_EQ(list("main"), "a=1 b=1");
  EXPECT_EQ(told(merge("nope", "main")), "update branch main: get commit by ref nope: not found");
  EXPECT_EQ(told(merge("dev", "nope")), "branch not found");
}

TEST_F(History, DifferencesOfBothKinds) {
  change("main", "keep", "1");
  change("main", "gone", "1");
  branch("dev", "main");
  remove("dev", "gone");
  put("dev", "new", "1");
  put("dev", "keep", "2");
  commit("dev");
  change("main", "mine", "1");
  EXPECT_EQ(diff("main", "dev", true), "-gone ~keep +new");
  EXPECT_EQ(diff("main", "dev", false), "-gone ~keep -mine +new");
  EXPECT_EQ(diff("dev", "main", false), "+gone ~keep +mine -new");
  EXPECT_EQ(diff("main", "main", false), "");
  put("dev", "staged", "1");
  remove("dev", "new");
  EXPECT_EQ(diff("main", "dev", false), "-gone ~keep -mine +new") << "staged data takes no part";
  EXPECT_EQ(diff("main", "dev$", false), "-gone ~keep -mine +staged");
  EXPECT_EQ(diff("main", "dev$", true),
            "reference 'dev$': reference to staging area with $ is not a commit");
  EXPECT_EQ(diff("dev$", "main", false),
            "reference 'dev$': reference to staging area with $ is not a commit");
}

TEST_F(History, RevertTakesBackOneCommit) {
  change("main", "a", "1");
  const CommitPtr second = change("main", "a", "2");
  change("main", "b", "1");
  const Result<CommitPtr> reverted = revert("main", second->id.str());
  ASSERT_TRUE(reverted) << reverted.error().message();
  EXPECT_EQ(list("main@"), "a=1 b=1");
  EXPECT_EQ((*reverted)->commit.message, "Revert " + second->id.str());
  EXPECT_EQ(told(revert("main", second->id.str())), "update branch: no changes");
  change("main", "a", "3");
  EXPECT_EQ(told(revert("main", second->id.str())), "update branch: conflict found");
}

TEST_F(History, RevertOfAMergeNeedsTheParentsNumber) {
  change("main", "a", "1");
  branch("dev", "main");
  change("dev", "b", "1");
  change("main", "c", "1");
  const Result<Merged> merged = merge("dev", "main");
  ASSERT_TRUE(merged);
  const std::string id = merged->commit->id.str();
  EXPECT_EQ(told(revert("main", id)),
            "update branch: must specify 1-based parent number for reverting merge commit");
  EXPECT_EQ(told(revert("main", id, 3)),
            "update branch: parent 3: given commit does not have the given parent number");
  ASSERT_TRUE(revert("main", id, 1));
  EXPECT_EQ(list("main@"), "a=1 c=1");
}

TEST_F(History, RevertEverythingGivesAnEmptyTree) {
  const CommitPtr only = change("main", "a", "1");
  ASSERT_TRUE(revert("main", only->id.str()));
  EXPECT_EQ(list("main@"), "");
  // The empty tree by its other name is no change.
  branch("empty", "main~2");
  EXPECT_EQ(told(revert("empty", only->id.str())), "update branch: no changes");
}

TEST_F(History, CherryPickCopiesOneCommit) {
  change("main", "a", "1");
  branch("dev", "main");
  change("dev", "b", "1");
  put("dev", "c", "1");
  CommitRequest request;
  request.committer = "lee";
  request.message = "the one";
  request.metadata = {{"k", "v"}};
  const auto wanted =
      run(store().commit(Context(), world_.repo, BranchId::trusted("dev"), request));
  ASSERT_TRUE(wanted);
  const std::string id = (*wanted)->id.str();
  const Result<CommitPtr> picked = pick("main", id);
  ASSERT_TRUE(picked) << picked.error().message();
  EXPECT_EQ(list("main@"), "a=1 c=1");
  EXPECT_EQ((*picked)->commit.message, "the one");
  EXPECT_EQ((*picked)->commit.committer, "kim");
  EXPECT_EQ((*picked)->commit.metadata,
            (Metadata{{"cherry-pick-committer", "lee"}, {"cherry-pick-origin", id}, {"k", "v"}}));
  // The picked commit is as it was: its id still names it.
  const auto again = run(store().get_commit(Context(), world_.repo, (*wanted)->id));
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->commit.metadata, request.metadata);
  EXPECT_EQ(told(pick("main", id)), "ok") << "once more is an empty commit";
  EXPECT_EQ(told(pick("main", "main~3")),
            "update branch: parent 1: given commit does not have the given parent number");
}

TEST_F(History, HardResetMovesACleanBranch) {
  const CommitPtr first = change("main", "a", "1");
  change("main", "a", "2");
  const auto reset = [&](const std::string& ref) {
    return told(run(store().hard_reset(Context(), world_.repo, world_.main, ref, false)));
  };
  put("main", "b", "1");
  EXPECT_EQ(reset("main~1"), "uncommitted changes (dirty branch)");
  remove("main", "b");
  EXPECT_EQ(reset("main~1"), "ok");
  EXPECT_EQ(run(store().branch(Context(), world_.repo, world_.main))->commit_id, first->id);
  EXPECT_EQ(list("main"), "a=1");
  EXPECT_EQ(reset("nope"), "hard-reset main to nope: not found");
}

TEST_F(History, RowsThatChangeNothingDoNotComeToLifeOnAnotherHead) {
  change("main", "same", "1");
  branch("dev", "main");
  put("dev", "same", "2");
  change("dev", "new", "1");
  // Nothing is staged on main that a reader could see…
  put("main", "same", "1");
  put("main", "new", "9");
  remove("main", "new");
  EXPECT_EQ(world_.diff(), "");
  ASSERT_TRUE(merge("dev", "main"));
  // … and nothing of it hides what the merge brought.
  EXPECT_EQ(list("main"), "new=1 same=2");
  EXPECT_EQ(world_.diff(), "");
  put("main", "same", "2");
  ASSERT_TRUE(run(store().hard_reset(Context(), world_.repo, world_.main, "main~1", false)));
  EXPECT_EQ(list("main"), "same=1");
  EXPECT_EQ(world_.diff(), "");
}

TEST_F(History, ResetsForgetWhatIsStaged) {
  put("main", "dir/a", "1");
  put("main", "dir/b", "1");
  change("main", "c", "1");
  const auto stage = [&] {
    put("main", "dir/a", "2");
    remove("main", "dir/b");
    put("main", "dir/new", "2");
    put("main", "c", "2");
  };
  stage();
  EXPECT_TRUE(run(store().reset_entry(Context(), world_.repo, world_.main,
                                      ObjectPath::trusted("dir/a"), false)));
  EXPECT_EQ(list("main"), "c=2 dir/a=1 dir/new=2");
  EXPECT_TRUE(run(store().reset_entry(Context(), world_.repo, world_.main,
                                      ObjectPath::trusted("nowhere"), false)));
  EXPECT_TRUE(run(store().reset_prefix(Context(), world_.repo, world_.main, "dir/", false)));
  EXPECT_EQ(list("main"), "c=2 dir/a=1 dir/b=1");
  EXPECT_EQ(world_.diff(), "~c");
  stage();
  EXPECT_TRUE(run(store().reset(Context(), world_.repo, world_.main, false)));
  EXPECT_EQ(list("main"), "c=1 dir/a=1 dir/b=1");
  EXPECT_EQ(world_.diff(), "");
}

TEST_F(History, LogKeepsToCommitsThatTouchAPath) {
  change("main", "a/1", "1");
  change("main", "b/1", "1");
  branch("dev", "main");
  change("dev", "a/2", "1");
  change("main", "c", "1");
  ASSERT_TRUE(merge("dev", "main"));
  change("main", "a/1", "2");
  LogRequest by_object;
  by_object.objects = {"a/1"};
  EXPECT_EQ(log(by_object), "a/1=2, a/1=1");
  LogRequest by_prefix;
  by_prefix.prefixes = {"a/", "c"};
  EXPECT_EQ(log(by_prefix), "a/1=2, c=1, a/2=1, a/1=1");
  by_prefix.amount = 1;
  EXPECT_EQ(log(by_prefix), "a/1=2");
}

TEST_F(History, HooksOfMergeRevertAndPick) {
  testing::RecordingHooks hooks;
  change("main", "a", "1");
  branch("dev", "main");
  const CommitPtr picked = change("dev", "b", "1");
  store().set_hooks(hooks);
  ASSERT_TRUE(merge("dev", "main"));
  ASSERT_TRUE(revert("main", picked->id.str()));
  ASSERT_TRUE(pick("main", picked->id.str()));
  EXPECT_EQ(hooks.seen,
            "pre-merge post-merge pre-revert post-revert pre-cherry-pick post-cherry-pick");
  hooks.refuse = Event::kPreMerge;
  change("dev", "c", "1");
  const Result<Merged> refused = merge("dev", "main");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kHookAborted));
  EXPECT_EQ(list("main@"), "a=1 b=1");
}

// An id covers whole seconds: the same commit made twice is one, and as old as it was.
TEST_F(History, ACommitThatExistsKeepsItsDate) {
  change("main", "a", "1");
  CommitRequest request;
  request.committer = "jo";
  request.message = "same";
  std::vector<CommitId> ids;
  const WallTime first = from_unix_seconds(1'800'000'000, 200'000'000);
  for (const char* name : {"x", "y"}) {
    branch(name, "main");
    put(name, "b", "1");
    request.date = first + std::chrono::milliseconds(400) * static_cast<int>(ids.size());
    const auto made = run(store().commit(Context(), world_.repo, BranchId::trusted(name), request));
    ASSERT_TRUE(made) << made.error().message();
    ids.push_back((*made)->id);
  }
  EXPECT_EQ(ids[0], ids[1]);
  // Also for one who has not seen it yet.
  Refs fresh(*world_.kv, world_.clock, RefsConfig());
  const auto stored = run(fresh.commit(Context(), world_.repo, ids[0]));
  ASSERT_TRUE(stored);
  EXPECT_EQ((*stored)->commit.creation_date, first);
}

TEST_F(History, MergeBaseIsTheNewestCommonAncestor) {
  const CommitPtr root = change("main", "a", "1");
  branch("dev", "main");
  const CommitPtr on_dev = change("dev", "b", "1");
  ASSERT_TRUE(merge("dev", "main"));
  change("main", "c", "1");
  change("dev", "d", "1");
  const auto found = run(store().merge_base(Context(), world_.repo, "dev", "main"));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->base, on_dev->id);
  EXPECT_EQ(found->source, (*run(store().resolve_commit(Context(), world_.repo, "dev")))->id);
  const auto self = run(store().merge_base(Context(), world_.repo, "main", "main"));
  EXPECT_EQ(self->base, self->source);
  const auto ancestor = run(store().merge_base(Context(), world_.repo, root->id.str(), "main"));
  EXPECT_EQ(ancestor->base, root->id);
}

}  // namespace
}  // namespace tarn::graveler
