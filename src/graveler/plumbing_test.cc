// Commit records, metadata of repositories and of entries as clients set them.
#include "graveler/testing/world.h"
#include "names/errors.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::World;

CommitRecord record_of(const CommitPtr& parent, const std::string& message) {
  CommitRecord record;
  record.commit.committer = "jo";
  record.commit.message = message;
  record.commit.creation_date = from_unix_seconds(1'700'000'000);
  record.commit.parents = {parent->id};
  record.commit.generation = 7;
  record.id = commit_id_of(record.commit);
  return record;
}

TEST(CommitRecord, IsStoredAsItIs) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  const CommitPtr head = *world.commit("base");
  const CommitRecord record = record_of(head, "from elsewhere");
  ASSERT_TRUE(run(world.store().add_commit_record(Context(), world.repo, record, false)));
  const auto stored = run(world.store().resolve_commit(Context(), world.repo, record.id.str()));
  ASSERT_TRUE(stored);
  EXPECT_EQ((*stored)->commit.message, "from elsewhere");
  EXPECT_EQ((*stored)->commit.generation, 7);
  const auto again = run(world.store().add_commit_record(Context(), world.repo, record, false));
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().is(kCommitExists));
}

TEST(CommitRecord, MustHaveItsContentAddress) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  CommitRecord record = record_of(*world.commit("base"), "m");
  record.commit.message = "changed";
  const auto refused = run(world.store().add_commit_record(Context(), world.repo, record, false));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "commit id: invalid value: validation error");
  EXPECT_FALSE(run(world.store().get_commit(Context(), world.repo, record.id)));
}

TEST(RepositoryMetadata, IsEmptyUntilItIsSet) {
  World world;
  EXPECT_EQ(run(world.store().repository_metadata(Context(), world.repo)).value(), Metadata());
  const auto change = [&world](ChangeMetadata with) {
    return run(world.store().change_repository_metadata(Context(), world.repo, std::move(with)));
  };
  ASSERT_TRUE(change([](Metadata& metadata) { metadata["a"] = "1"; }));
  ASSERT_TRUE(change([](Metadata& metadata) { metadata["b"] = "2"; }));
  ASSERT_TRUE(change([](Metadata& metadata) { metadata.erase("a"); }));
  EXPECT_EQ(run(world.store().repository_metadata(Context(), world.repo)).value(),
            (Metadata{{"b", "2"}}));
}

TEST(RepositoryMetadata, LosesNoChangeToAnother) {
  World world;
  int calls = 0;
  const ChangeMetadata first = [&world, &calls](Metadata& metadata) {
    metadata["first"] = "1";
    if (++calls == 1) {  // somebody else is faster
      const ChangeMetadata second = [](Metadata& other) { other["second"] = "2"; };
      EXPECT_TRUE(run(world.store().change_repository_metadata(Context(), world.repo, second)));
    }
  };
  ASSERT_TRUE(run(world.store().change_repository_metadata(Context(), world.repo, first)));
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(run(world.store().repository_metadata(Context(), world.repo)).value(),
            (Metadata{{"first", "1"}, {"second", "2"}}));
}

TEST(EntryMetadata, IsReplacedAsAWhole) {
  World world;
  ASSERT_TRUE(world.put("staged", "1"));
  ASSERT_TRUE(world.put("committed", "1"));
  ASSERT_TRUE(world.commit("base"));
  ASSERT_TRUE(world.put("staged", "2"));
  const auto set = [&world](const std::string& path, Metadata metadata) {
    return run(world.store().set_entry_metadata(Context(), world.repo, world.main,
                                                ObjectPath::trusted(path), std::move(metadata)));
  };
  for (const char* path : {"staged", "committed"}) {
    ASSERT_TRUE(set(path, {{"k", "1"}, {"l", "1"}}));
    ASSERT_TRUE(set(path, {{"k", "2"}}));
    const auto entry =
        run(world.store().get_entry(Context(), world.repo, "main", ObjectPath::trusted(path)));
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->metadata, (Metadata{{"k", "2"}})) << path;
  }
  EXPECT_EQ(world.get("main", "staged"), "2");
  EXPECT_EQ(world.diff(), "~committed ~staged");
  const auto missing = set("nope", {});
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(kObjectNotFound));
  ASSERT_TRUE(world.remove("committed"));
  EXPECT_TRUE(set("committed", {}).error().is(kObjectNotFound));
}

TEST(Commit, TakesATreeThatWasWrittenBefore) {
  World world;
  ASSERT_TRUE(world.put("a", "1"));
  const CommitPtr first = *world.commit("one");
  ASSERT_TRUE(world.put("a", "2"));
  ASSERT_TRUE(world.commit("two"));
  CommitRequest request;
  request.message = "back";
  request.source_meta_range = first->commit.meta_range_id;
  ASSERT_TRUE(run(world.store().commit(Context(), world.repo, world.main, request)));
  EXPECT_EQ(world.list("main"), "a=1");
  request.source_meta_range = MetaRangeId::trusted(std::string(64, 'b'));
  const auto missing = run(world.store().commit(Context(), world.repo, world.main, request));
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(kMetaRangeNotFound));
  ASSERT_TRUE(world.put("a", "3"));
  request.source_meta_range = first->commit.meta_range_id;
  const auto dirty = run(world.store().commit(Context(), world.repo, world.main, request));
  ASSERT_FALSE(dirty);
  EXPECT_TRUE(dirty.error().is(kSourceMetaRangeOnDirtyBranch));
}

}  // namespace
}  // namespace tarn::graveler
