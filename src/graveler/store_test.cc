// The version store over memory drivers: what a branch shows, what a commit keeps, what references
// mean.
#include "graveler/store.h"

#include "base/encoding.h"
#include "block/open.h"
#include "graveler/testing/world.h"
#include "runtime/parallel.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <map>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::World;

TEST(Repositories, AreCreatedWithABranchAndAFirstCommit) {
  World world;
  const Branch main = run(world.store().branch(Context(), world.repo, world.main)).value();
  const CommitPtr first =
      run(world.store().get_commit(Context(), world.repo, main.commit_id)).value();
  EXPECT_EQ(first->commit.message, "Repository created");
  EXPECT_TRUE(first->commit.meta_range_id.empty());
  EXPECT_EQ(first->commit.generation, 1);
  EXPECT_EQ(commit_id_of(first->commit), first->id);
}

TEST(Repositories, KeepTheirNamesAndNamespacesToThemselves) {
  World world;
  NewRepository again{world.repo->id, StorageNamespace::trusted("mem://other/ns"), world.main};
  EXPECT_TRUE(run(world.store().create_repository(Context(), again)).error().is(kNotUnique));
  NewRepository same_place{RepositoryId::trusted("other"), world.repo->storage_namespace,
                           world.main};
  EXPECT_TRUE(
      run(world.store().create_repository(Context(), same_place)).error().is(kNamespaceInUse));
  NewRepository wrong{RepositoryId::trusted("other"), StorageNamespace::trusted("s3://x/y"),
                      world.main};
  EXPECT_TRUE(
      run(world.store().create_repository(Context(), wrong)).error().is(block::kInvalidNamespace));
}

TEST(Repositories, LeaveNothingInTheKvStoreWhenDeleted) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.commit("one"));
  ASSERT_TRUE(world.put("b", "2"));
  ASSERT_TRUE(world.delete_repository());
  EXPECT_TRUE(
      run(world.store().repository(Context(), world.repo->id)).error().is(kRepositoryNotFound));
  kv::ScanOptions all;
  EXPECT_TRUE(run(world.kv->scan(Context(), world.repo->partition(), all))->entries.empty());
}

TEST(Entries, ShowWhatIsStagedOverWhatIsCommitted) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.commit("one"));
  EXPECT_EQ(world.get("main", "a"), "1");
  ASSERT_TRUE(world.put("a", "2"));
  EXPECT_EQ(world.get("main", "a"), "2");
  EXPECT_EQ(world.get("main$", "a"), "2");
  EXPECT_EQ(world.get("main@", "a"), "1");
  ASSERT_TRUE(world.remove("a"));
  EXPECT_EQ(world.get("main", "a"), "not found");
  EXPECT_EQ(world.get("main@", "a"), "1");
  ASSERT_TRUE(world.remove("never there"));
  EXPECT_EQ(world.diff(), "-a");
}

TEST(Entries, ObeyConditions) {
  World world;
  WriteCondition absent;
  absent.if_absent = true;
  ASSERT_TRUE(world.put("a", "1", absent));
  EXPECT_TRUE(world.put("a", "2", absent).error().is(kPreconditionFailed));
  ASSERT_TRUE(world.commit("one"));
  EXPECT_TRUE(world.put("a", "2", absent).error().is(kPreconditionFailed));
  ASSERT_TRUE(world.remove("a"));
  EXPECT_TRUE(world.put("a", "3", absent));
  WriteCondition match;
  match.if_match_etag = "3";
  EXPECT_TRUE(world.put("a", "4", match));
  EXPECT_TRUE(world.put("a", "5", match).error().is(kPreconditionFailed));
}

TEST(Entries, OfManyExclusiveWritersOneWins) {
  World world;
  int won = 0;
  auto work = [&world, &won](std::size_t index) -> Task<Result<void>> {
    WriteCondition absent;
    absent.if_absent = true;
    Entry entry = testing::entry_of(std::to_string(index));
    const ObjectPath path = ObjectPath::trusted("a");
    const Result<void> put = co_await world.store().set_entry(Context(), world.repo, world.main,
                                                              path, std::move(entry), absent);
    won += put ? 1 : 0;
    co_return Result<void>();
  };
  ASSERT_TRUE(run(parallel_for(20, 20, work)));
  EXPECT_EQ(won, 1);
}

TEST(Commits, ChainTreesThatStayAsTheyWere) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.put("b", "1"));
  const CommitPtr one = world.commit("one").value();
  ASSERT_TRUE(world.put("b", "2"));
  ASSERT_TRUE(world.remove("a"));
  ASSERT_TRUE(world.put("c", "1"));
  EXPECT_EQ(world.diff(), "-a ~b +c");
  const CommitPtr two = world.commit("two").value();
  EXPECT_EQ(world.list("main"), "b=2 c=1");
  EXPECT_EQ(world.list(one->id.str()), "a=1 b=1");
  EXPECT_EQ(world.list("main~1"), "a=1 b=1");
  EXPECT_EQ(world.list("main~2"), "");
  EXPECT_EQ(two->commit.parents, std::vector<CommitId>{one->id});
  EXPECT_EQ(two->commit.generation, 3);
  EXPECT_EQ(world.diff(), "");
}

TEST(Commits, RefuseNothingToCommit) {
  World world;
  EXPECT_TRUE(world.commit("empty").error().is(kNoChanges));
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.commit("one"));
  ASSERT_TRUE(world.put("a", "1"));  // the same content
  EXPECT_TRUE(world.commit("same").error().is(kNoChanges));
  CommitRequest request;
  request.committer = "jo";
  request.message = "empty";
  request.allow_empty = true;
  const CommitPtr empty =
      run(world.store().commit(Context(), world.repo, world.main, request)).value();
  EXPECT_EQ(world.list(empty->id.str()), "a=1");
}

TEST(Commits, InVainLeaveNoSealedTokensBehind) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.commit("one"));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(world.put("a", "1"));
    ASSERT_TRUE(world.commit("same").error().is(kNoChanges));
  }
  const Branch main = run(world.store().branch(Context(), world.repo, world.main)).value();
  EXPECT_TRUE(main.sealed_tokens.empty());
  ASSERT_TRUE(world.put("a", "2"));
  ASSERT_TRUE(world.commit("two"));
  EXPECT_EQ(world.list("main@"), "a=2");
}

TEST(Commits, OfAnEmptiedTreeAreTheEmptyMetarange) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.commit("one"));
  ASSERT_TRUE(world.remove("a"));
  const CommitPtr emptied = world.commit("none").value();
  EXPECT_EQ(emptied->commit.meta_range_id.str(),
            "00fb7eff1a97c500eb3ca8d2ef5464131d6b6a5f9512e41eba97843522213b66");
  EXPECT_EQ(world.list("main"), "");
}

StoreConfig small_ranges() {
  StoreConfig config;
  config.split.max_range_size_bytes = 2000;
  return config;
}

/// `k100` to `k399`, which take more than ten small ranges.
void put_three_hundred(World& world) {
  for (int i = 100; i < 400; ++i) {
    ASSERT_TRUE(world.put("k" + std::to_string(i), std::to_string(i)));
  }
}

TEST(Commits, ReuseTheRangesTheyDoNotTouch) {
  World world(small_ranges());
  ASSERT_NO_FATAL_FAILURE(put_three_hundred(world));
  const CommitPtr one = world.commit("one").value();
  const std::vector<std::string> before = world.ranges(one);
  ASSERT_GT(before.size(), 10U);
  ASSERT_TRUE(world.put("k250", "changed"));
  const CommitPtr two = world.commit("two").value();
  const std::vector<std::string> after = world.ranges(two);
  std::size_t shared = 0;
  for (const std::string& id : after) {
    shared += static_cast<std::size_t>(std::count(before.begin(), before.end(), id));
  }
  EXPECT_GE(shared + 2, before.size());
  EXPECT_EQ(world.get("main", "k250"), "changed");
  EXPECT_EQ(world.get("main", "k399"), "399");
}

TEST(Commits, AreReadByTheirIdsFromDiskAndFromMemory) {
  World world(small_ranges());
  ASSERT_NO_FATAL_FAILURE(put_three_hundred(world));
  const CommitPtr one = world.commit("one").value();
  ASSERT_GT(world.ranges(one).size(), 10U);
  ASSERT_TRUE(world.put("k250", "changed"));
  ASSERT_TRUE(world.remove("k251"));
  const CommitPtr two = world.commit("two").value();
  ASSERT_TRUE(world.put("k252", "staged"));
  for (int round = 0; round < 2; ++round) {
    for (int i = 100; i < 400; ++i) {
      const std::string key = "k" + std::to_string(i);
      const std::string value = std::to_string(i);
      EXPECT_EQ(world.get(one->id.str(), key), value);
      EXPECT_EQ(world.get(two->id.str(), key), i == 250   ? "changed"
                                               : i == 251 ? "not found"
                                                          : value);
      EXPECT_EQ(world.get(two->id.str(), key + "0"), "not found") << "beside a record or a range";
    }
    EXPECT_EQ(world.get(one->id.str(), "a"), "not found") << "before the first range";
    EXPECT_EQ(world.get(one->id.str(), "z"), "not found") << "after the last one";
  }
  EXPECT_EQ(world.get("main", "k252"), "staged");
}

TEST(Commits, OfOneBranchAtOnceAllSucceed) {
  World world;
  auto work = [&world](std::size_t index) -> Task<Result<void>> {
    const std::string name = "k" + std::to_string(index);
    const ObjectPath path = ObjectPath::trusted(name);
    Entry entry = testing::entry_of(name);
    TARN_CO_CHECK_OK(co_await world.store().set_entry(Context(), world.repo, world.main, path,
                                                      std::move(entry), WriteCondition()));
    CommitRequest request;
    request.committer = "jo";
    request.message = name;
    request.allow_empty = true;
    TARN_CO_CHECK_OK(co_await world.store().commit(Context(), world.repo, world.main, request));
    co_return Result<void>();
  };
  const Result<void> done = run(parallel_for(32, 32, work));
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(world.diff(), "");
  LogRequest log;
  const Branch main = run(world.store().branch(Context(), world.repo, world.main)).value();
  EXPECT_EQ(run(world.store().log(Context(), world.repo, main.commit_id, log))->items.size(), 33U);
}

TEST(Lists, GroupByDelimiterAndPage) {
  World world;
  for (const char* path : {"a/1", "a/2", "a/b/3", "b", "c/1", "a-", "a0"}) {
    ASSERT_TRUE(world.put(path, "x"));
  }
  ASSERT_TRUE(world.commit("one"));
  ASSERT_TRUE(world.put("b2/x", "x"));
  ASSERT_TRUE(world.remove("c/1"));
  ListRequest request;
  request.delimiter = "/";
  EXPECT_EQ(world.list_paths("main", request), "a- a/ a0 b b2/");
  request.prefix = "a/";
  EXPECT_EQ(world.list_paths("main", request), "a/1 a/2 a/b/");
  request.prefix = "";
  request.after = "a/";
  EXPECT_EQ(world.list_paths("main", request), "a0 b b2/");
  request.after = "a/1";
  EXPECT_EQ(world.list_paths("main", request), "a/ a0 b b2/");
  request.after = "zz";
  EXPECT_EQ(world.list_paths("main", request), "");
  request.after = "";
  request.amount = 2;
  EXPECT_EQ(world.list_paths("main", request), "a- a/ …");
}

TEST(References, ResolveByTheirGrammar) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  const CommitPtr one = world.commit("one").value();
  ASSERT_TRUE(
      run(world.store().create_tag(Context(), world.repo, TagId::trusted("v1.0"), "main", false)));
  const auto id = [&world](const std::string& text) {
    const auto ref = run(world.store().resolve(Context(), world.repo, text));
    return ref ? ref->commit_id.str() : ref.error().message();
  };
  EXPECT_EQ(id("main"), one->id.str());
  EXPECT_EQ(id("v1.0"), one->id.str());
  EXPECT_EQ(id(one->id.str()), one->id.str());
  EXPECT_EQ(id(one->id.str().substr(0, 12)), one->id.str());
  EXPECT_EQ(id("main~"), one->commit.parents[0].str());
  EXPECT_EQ(id("main^"), one->commit.parents[0].str());
  EXPECT_EQ(id("v1.0~0"), one->id.str());
  EXPECT_EQ(id("main~2"), "not found");
  EXPECT_EQ(id("main^2"), "ref: invalid value: validation error");
  EXPECT_EQ(id("v1.0@"), "ref: invalid value: validation error");
  EXPECT_EQ(id("nowhere"), "not found");
  EXPECT_EQ(run(world.store().resolve_commit(Context(), world.repo, "main$")).error().message(),
            "reference 'main$': reference to staging area with $ is not a commit");
}

TEST(Branches, BeginAtTheirSourceAndStandAlone) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  ASSERT_TRUE(world.commit("one"));
  ASSERT_TRUE(world.put("uncommitted", "1"));
  VersionStore::NewBranch request{BranchId::trusted("dev"), "main"};
  ASSERT_TRUE(run(world.store().create_branch(Context(), world.repo, request)));
  EXPECT_EQ(world.list("dev"), "a=1");
  EXPECT_TRUE(
      run(world.store().create_branch(Context(), world.repo, request)).error().is(kBranchExists));
  request.id = BranchId::trusted("other");
  request.source = "nowhere";
  EXPECT_EQ(run(world.store().create_branch(Context(), world.repo, request)).error().message(),
            "source reference 'nowhere': not found");
  EXPECT_TRUE(run(world.store().delete_branch(Context(), world.repo, world.main, false))
                  .error()
                  .is(kDeleteDefaultBranch));
  ASSERT_TRUE(
      run(world.store().delete_branch(Context(), world.repo, BranchId::trusted("dev"), false)));
  EXPECT_TRUE(
      run(world.store().delete_branch(Context(), world.repo, BranchId::trusted("dev"), false))
          .error()
          .is(kBranchNotFound));
}

TEST(Names, OfBranchesTagsAndCommitsDoNotCollide) {
  World world;
  ASSERT_TRUE(
      run(world.store().create_tag(Context(), world.repo, TagId::trusted("v1"), "main", false)));
  VersionStore::NewBranch request{BranchId::trusted("v1"), "main"};
  EXPECT_EQ(run(world.store().create_branch(Context(), world.repo, request)).error().message(),
            "tag ID v1: conflict found");
  EXPECT_EQ(
      run(world.store().create_tag(Context(), world.repo, TagId::trusted("main"), "main", false))
          .error()
          .message(),
      "branch name main: conflict found");
  EXPECT_TRUE(
      run(world.store().create_tag(Context(), world.repo, TagId::trusted("v1"), "main", false))
          .error()
          .is(kTagExists));
}

TEST(Hooks, RefuseAndFollowCommits) {
  World world;
  testing::RecordingHooks hooks;
  world.store().set_hooks(hooks);
  ASSERT_TRUE(world.put("a", "1"));
  hooks.refuse = Event::kPreCommit;
  const auto refused = world.commit("one");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "pre-commit hook aborted, run id 'run2': no");
  EXPECT_EQ(world.diff(), "+a");
  hooks.refuse.reset();
  hooks.seen.clear();
  ASSERT_TRUE(world.commit("one"));
  EXPECT_EQ(hooks.seen, "prepare-commit pre-commit post-commit");
}

TEST(Hooks, LearnOfADeletedRepository) {
  World world;
  testing::RecordingHooks hooks;
  world.store().set_hooks(hooks);
  ASSERT_TRUE(world.delete_repository());
  EXPECT_EQ(hooks.seen, "deleted:repo");
}

/// Random writes, deletions and commits against a map: what any listing says must be what the map
/// says.
TEST(Model, AgreesWithAMap) {
  StoreConfig config;
  config.split.max_range_size_bytes = 3000;
  config.split.raggedness_entries = 7;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(config);
    SeededRng rng(seed);
    std::map<std::string, std::string> model;
    for (int step = 0; step < 300; ++step) {
      const std::string path = "k" + std::to_string(rng.below(60));
      const std::uint64_t choice = rng.below(10);
      if (choice < 6) {
        const std::string value = std::to_string(rng.below(5));
        ASSERT_TRUE(world.put(path, value));
        model[path] = value;
      } else if (choice < 9) {
        ASSERT_TRUE(world.remove(path));
        model.erase(path);
      } else {
        const auto committed = world.commit("step " + std::to_string(step));
        ASSERT_TRUE(committed || committed.error().is(kNoChanges)) << committed.error().message();
        ASSERT_EQ(world.diff(), "");
      }
      if (step % 10 == 0) {
        std::string expected;
        for (const auto& [key, value] : model) {
          expected += (expected.empty() ? "" : " ") + key + "=" + value;
        }
        ASSERT_EQ(world.list("main"), expected) << "step " << step;
      }
      ASSERT_EQ(world.get("main", path), model.contains(path) ? model[path] : "not found")
          << "step " << step;
    }
  }
}

}  // namespace
}  // namespace tarn::graveler
