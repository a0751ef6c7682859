// Rows of repositories, branches, tags, commits and staging areas: each case damages one thing in a
// clean store; the check must find it, name it, and find nothing else.
#include "graveler/errors.h"
#include "graveler/testing/fsck_world.h"
#include "runtime/testing/run.h"
#include "sstable/ident.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::Findings;
using testing::FsckWorld;
using testing::with_objects;

const std::string kNoCommit(64, 'e');

TEST(Fsck, FindsNothingInAStoreThatIsWhole) {
  FsckWorld world;
  const fsck::Options options = with_objects();
  const Findings found = world.check(options);
  EXPECT_EQ(found.text(), "");
  const fsck::Summary& summary = found.repository();
  EXPECT_EQ(summary.repository, "repo");
  EXPECT_EQ(summary.storage_namespace, "mem://bucket/repo");
  EXPECT_EQ(summary.branches, 2U);
  EXPECT_EQ(summary.tags, 1U);
  EXPECT_EQ(summary.commits, 3U);
  EXPECT_EQ(summary.metaranges, 2U);
  EXPECT_GE(summary.ranges, 4U);
  EXPECT_GE(summary.entries, 12U);
  EXPECT_EQ(summary.staged, 2U);
  EXPECT_EQ(summary.objects, 12U) << "each once: ten, one changed, one staged";
  EXPECT_EQ(summary.unreachable_commits, 0U);
  EXPECT_EQ(summary.unreferenced_tables, 0U);
  EXPECT_EQ(summary.damages, 0U);
  ASSERT_EQ(found.summaries.size(), 2U) << "the repository, and the server";
  EXPECT_EQ(found.summaries[1].repository, "");
}

struct Case {
  std::string name;
  std::function<void(FsckWorld&)> damage;
  /// `kind: subject: message`, the end of each line may be left out. `<second>` stands for its id.
  std::string finding;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from)) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string staging_token(FsckWorld& world, const std::string& branch) {
  return world.branch(branch).staging_token.str();
}

const Case kCases[] = {
    {"BranchWithoutCommit",
     [](FsckWorld& world) {
       Branch branch = world.branch("dev");
       branch.commit_id = CommitId::trusted(kNoCommit);
       world.set_branch(branch);
     },
     "missing_commit: branch dev: its commit " + kNoCommit + " does not exist"},
    {"BranchWithoutCommitId",
     [](FsckWorld& world) {
       Branch branch = world.branch("dev");
       branch.commit_id = CommitId::trusted("");
       world.set_branch(branch);
     },
     "missing_commit: branch dev: its commit  does not exist"},
    {"BranchRowCut",
     [](FsckWorld& world) {
       const Bytes row = world.row("branches/dev");
       world.set_row("branches/dev", row.substr(0, row.size() - 5));
     },
     "bad_row: branch dev: branch record: corrupted data"},
    {"BranchRowOfAnother",
     [](FsckWorld& world) {
       Branch branch = world.branch("dev");
       branch.id = BranchId::trusted("prod");
       world.set_row("branches/dev", encode(branch));
     },
     "bad_row: branch dev: its row is of the branch prod"},
    {"BranchWithoutToken",
     [](FsckWorld& world) {
       Branch branch = world.branch("dev");
       branch.staging_token = StagingToken::trusted("");
       world.set_branch(branch);
     },
     "bad_row: branch dev: it has no staging token"},
    {"TagWithoutCommit",
     [](FsckWorld& world) {
       world.set_row("tags/v2", encode(Tag{TagId::trusted("v2"), CommitId::trusted(kNoCommit)}));
     },
     "missing_commit: tag v2: its commit " + kNoCommit + " does not exist"},
    {"TagRowIsNoMessage", [](FsckWorld& world) { world.set_row("tags/v1", "\xff\xff\xff"); },
     "bad_row: tag v1: tag record: corrupted data"},
    {"TagRowOfAnother",
     [](FsckWorld& world) {
       world.set_row("tags/v1", encode(Tag{TagId::trusted("v2"), world.second->id}));
     },
     "bad_row: tag v1: its row is of the tag v2"},
    {"CommitRowChanged",
     [](FsckWorld& world) {
       CommitRecord record = *world.second;
       record.commit.message = "another";
       world.set_row("commits/" + record.id.str(), encode(record));
     },
     "bad_commit: commit <second>: its content has the id "},
    {"CommitRowOfAnother",
     [](FsckWorld& world) {
       CommitRecord record = *world.second;
       record.id = world.first->id;
       world.set_row("commits/" + world.second->id.str(), encode(record));
     },
     "bad_row: commit <second>: its row is of the commit "},
    {"CommitRowIsNoMessage",
     [](FsckWorld& world) { world.set_row("commits/" + world.second->id.str(), "\xff\xff\xff"); },
     "bad_row: commit <second>: commit record: corrupted data"},
    {"CommitKeyIsNoId", [](FsckWorld& world) { world.set_row("commits/abc", "x"); },
     "bad_row: commit abc: its key is no commit id"},
    {"HeadMissing",
     [](FsckWorld& world) {
       world.remove_row("tags/v1");
       world.remove_row("commits/" + world.second->id.str());
     },
     "missing_commit: branch main: its commit <second> does not exist"},
    {"ParentMissing",
     [](FsckWorld& world) {
       world.add_commit([](Commit& commit) { commit.parents = {CommitId::trusted(kNoCommit)}; });
     },
     "missing_commit: commit <added>: its parent " + kNoCommit + " does not exist"},
    {"ParentIsNoId",
     [](FsckWorld& world) {
       world.add_commit([](Commit& commit) { commit.parents = {CommitId::trusted("main")}; });
     },
     "missing_commit: commit <added>: its parent main does not exist"},
    {"GenerationNotAboveThatOfTheParent",
     [](FsckWorld& world) { world.add_commit([](Commit& commit) { commit.generation = 3; }); },
     "bad_commit: commit <added>: its generation 3 is not above 3, that of its parent <second>"},
    {"StagedRowIsNoMessage",
     [](FsckWorld& world) { world.set_row(staging_token(world, "main"), "staged", "\xff\xff"); },
     "bad_staging: staged entry staged of branch main: staged entry: corrupted data"},
    {"StagedRowOfAnotherPath",
     [](FsckWorld& world) {
       world.set_row(staging_token(world, "dev"), "x",
                     encode_staged("y", to_value(testing::entry_of("3s"))));
     },
     "bad_staging: staged entry x of branch dev: its row is of \"y\""},
    {"StagedEntryIsNoMessage",
     [](FsckWorld& world) {
       Value value = to_value(testing::entry_of("3s"));
       value.data = "\xff\xff";
       world.set_row(staging_token(world, "dev"), "x", encode_staged("x", value));
     },
     "bad_staging: staged entry x of branch dev: entry: corrupted data"},
    {"StagedIdentityOfAnotherEntry",
     [](FsckWorld& world) {
       Value value = to_value(testing::entry_of("3s"));
       value.identity = identity_of(testing::entry_of("4s"));
       world.set_row(staging_token(world, "dev"), "x", encode_staged("x", value));
     },
     "bad_staging: staged entry x of branch dev: its identity is not that of its entry"},
    {"StagedRowOfASealedToken",
     [](FsckWorld& world) {
       Branch branch = world.branch("dev");
       branch.sealed_tokens = {StagingToken::trusted("sealed")};
       world.set_branch(branch);
       world.set_row("sealed", "x", "\xff\xff");
     },
     "bad_staging: staged entry x of branch dev: staged entry: corrupted data"},
    {"TokenOfTwoBranches",
     [](FsckWorld& world) {
       Branch branch = world.branch("main");
       branch.sealed_tokens = {world.branch("dev").staging_token};
       world.set_branch(branch);
     },
     "bad_staging: branch main: it shares the staging token "},
    {"TokenThatWaitsToBeDropped",
     [](FsckWorld& world) {
       world.set_row("cleanup-tokens", staging_token(world, "dev"), "stub-value");
     },
     "bad_staging: branch dev: its staging token "},
    {"DefaultBranchMissing", [](FsckWorld& world) { world.remove_row("branches/main"); },
     "bad_row: repository repo: its default branch main does not exist"},
    {"RepositoryMetadataIsNoMessage",
     [](FsckWorld& world) { world.set_row("repo-metadata", "\xff\xff"); },
     "bad_row: repository metadata: repository metadata: corrupted data"},
    {"SettingIsNoMessage",
     [](FsckWorld& world) { world.set_row("settings/protected_branches", "\xff\xff"); },
     "bad_row: setting protected_branches: it is no message"},
    {"ImportIsNoMessage", [](FsckWorld& world) { world.set_row("imports/i1", "\xff\xff"); },
     "bad_row: import i1: it is no message"},
    {"RowOfAnotherModule",
     [](FsckWorld& world) { world.set_row("actions", "repos/repo/runs/r1", "bad"); },
     "bad_row: action run r1: not good"},
    {"RowOfAnotherModuleWithoutRepository",
     [](FsckWorld& world) { world.set_row("things", "t/1", "bad"); }, "bad_row: thing 1: not good"},
    {"RepositoryRowOfAnother",
     [](FsckWorld& world) {
       Repository other = *world.world.repo;
       world.set_row("graveler", "repos/other", encode(other));
     },
     "bad_row: repository other: its row is of the repository repo"},
    {"RepositoryRowIsNoMessage",
     [](FsckWorld& world) { world.set_row("graveler", "repos/other", "\xff\xff"); },
     "bad_row: repository other: repository record: corrupted data"},
};

class FsckRows : public ::testing::TestWithParam<Case> {};

TEST_P(FsckRows, FindsIt) {
  FsckWorld world;
  const auto decode = [](ByteView value) -> Result<void> {
    if (value == "bad") {
      return Error::with_message(kCorruption, "not good");
    }
    return {};
  };
  world.row_kinds = {{"actions", "runs/", "action run", true, decode},
                     {"things", "t/", "thing", false, decode}};
  world.set_row("actions", "repos/repo/runs/r0", "good");
  world.set_row("actions", "repos/another/runs/r2", "bad");  // of a repository that is no more
  world.set_row("things", "t/0", "good");
  const Findings clean = world.check();
  EXPECT_EQ(clean.text(), "");
  EXPECT_EQ(clean.repository().other_rows, 1U);
  GetParam().damage(world);
  const Findings found = world.check();
  std::string expected = replaced(GetParam().finding, "<second>", world.second->id.str());
  if (!found.damages.empty()) {
    // The only commit that is neither the first nor the second one.
    expected = replaced(expected, "commit <added>", found.damages[0].subject);
  }
  EXPECT_EQ(found.damages.size(), 1U);
  EXPECT_EQ(found.text().substr(0, expected.size()), expected) << found.text();
  EXPECT_EQ(found.repository().changed_meanwhile, 0U);
}

INSTANTIATE_TEST_SUITE_P(Damage, FsckRows, ::testing::ValuesIn(kCases),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           return info.param.name;
                         });

TEST(Fsck, CountsWhatNothingLeadsTo) {
  FsckWorld world;
  world.add_commit([](Commit& commit) { commit.message = "lost"; });
  const Findings found = world.check();
  EXPECT_EQ(found.text(), "");
  EXPECT_EQ(found.repository().commits, 4U);
  EXPECT_EQ(found.repository().unreachable_commits, 1U);
}

TEST(Fsck, ARepositoryInDeletionMayLackAnything) {
  FsckWorld world;
  Repository row = *world.world.repo;
  row.state = RepositoryState::kInDeletion;
  world.set_row("graveler", "repos/repo", encode(row));
  world.remove_row("branches/main");
  world.remove_row("commits/" + world.first->id.str());
  world.remove_object(world.table(world.first->commit.meta_range_id.str()));
  const Findings found = world.check();
  EXPECT_EQ(found.text(), "");
  EXPECT_TRUE(found.repository().in_deletion);
  world.set_row("tags/v1", "\xff\xff");
  EXPECT_EQ(world.check().text(), "bad_row: tag v1: tag record: corrupted data\n")
      << "what is left can be read";
}

TEST(Fsck, ABareRepositoryIsWhole) {
  FsckWorld world;
  NewRepository request{RepositoryId::trusted("bare"), StorageNamespace::trusted("mem://b/bare"),
                        BranchId::trusted("main")};
  request.bare = true;
  ASSERT_TRUE(run(world.world.store().create_repository(Context(), request)));
  EXPECT_EQ(world.check().text(), "");
}

TEST(Fsck, ChecksTheRepositoriesThatAreNamed) {
  FsckWorld world;
  world.set_row("tags/v1", "\xff\xff");
  NewRepository request{RepositoryId::trusted("other"), StorageNamespace::trusted("mem://b/other"),
                        BranchId::trusted("main")};
  ASSERT_TRUE(run(world.world.store().create_repository(Context(), request)));
  fsck::Options options;
  options.repositories = {RepositoryId::trusted("other")};
  const Findings found = world.check(options);
  EXPECT_EQ(found.text(), "");
  ASSERT_EQ(found.summaries.size(), 1U);
  EXPECT_EQ(found.repository().repository, "other");
  EXPECT_EQ(world.check().damages.size(), 1U);
  options.repositories.push_back(RepositoryId::trusted("none"));
  Findings none;
  const Result<void> done = world.try_check(options, none);
  ASSERT_FALSE(done);
  EXPECT_TRUE(done.error().is(kRepositoryNotFound));
}

// --- What a running server changes meanwhile ---

TEST(Fsck, ABranchThatWasMovedMeanwhileIsWhole) {
  FsckWorld world;
  Branch branch = world.branch("dev");
  const CommitId good = branch.commit_id;
  branch.commit_id = CommitId::trusted(kNoCommit);
  world.set_branch(branch);
  world.meanwhile = [&] {
    branch.commit_id = good;
    world.set_branch(branch);
  };
  const Findings found = world.check();
  EXPECT_EQ(found.text(), "");
  EXPECT_EQ(found.repository().changed_meanwhile, 1U);
}

TEST(Fsck, ABranchThatMovedToNothingIsStillDamaged) {
  FsckWorld world;
  Branch branch = world.branch("dev");
  branch.commit_id = CommitId::trusted(kNoCommit);
  world.set_branch(branch);
  world.meanwhile = [&] {
    branch.commit_id = CommitId::trusted(std::string(64, 'd'));
    world.set_branch(branch);
  };
  EXPECT_EQ(world.check().damages.size(), 1U);
}

TEST(Fsck, ABranchThatWasDeletedMeanwhileIsNoDamage) {
  FsckWorld world;
  Branch branch = world.branch("dev");
  branch.commit_id = CommitId::trusted(kNoCommit);
  world.set_branch(branch);
  world.meanwhile = [&] { world.remove_row("branches/dev"); };
  EXPECT_EQ(world.check().text(), "");
}

TEST(Fsck, ARepositoryThatIsDeletedMeanwhileIsNoDamage) {
  FsckWorld world;
  world.remove_object(world.table(world.first->commit.meta_range_id.str()));
  world.remove_object(world.table(world.ranges()[0].id.str()));
  EXPECT_EQ(world.check().damages.size(), 2U);
  world.meanwhile = [&] {
    Repository row = *world.world.repo;
    row.state = RepositoryState::kInDeletion;
    world.set_row("graveler", "repos/repo", encode(row));
  };
  const Findings found = world.check();
  EXPECT_EQ(found.text(), "");
  EXPECT_EQ(found.repository().changed_meanwhile, 2U);
}

TEST(Fsck, AStagedEntryThatWasCommittedMeanwhileIsNoDamage) {
  FsckWorld world;
  world.remove_object("data/3s");
  const fsck::Options options = with_objects();
  EXPECT_EQ(world.check(options).damages.size(), 1U);
  const std::string token = staging_token(world, "main");
  world.meanwhile = [&] { ASSERT_TRUE(run(world.world.kv->remove_partition(Context(), token))); };
  EXPECT_EQ(world.check(options).text(), "");
}

}  // namespace
}  // namespace tarn::graveler
