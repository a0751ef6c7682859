// The ancestry of a moving head against the plain search for a merge base.
#include "graveler/ancestry.h"

#include "base/rng.h"
#include "graveler/merge_base.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tarn::graveler {
namespace {

using tarn::testing::run;

class AncestryTest : public ::testing::Test {
 protected:
  CommitPtr add(const std::vector<CommitPtr>& parents) {
    Commit commit;
    commit.message = std::to_string(++count_);
    // Few dates, so that ids decide, too.
    commit.creation_date = from_unix_seconds(static_cast<std::int64_t>(count_ % 3));
    commit.generation = 1;
    for (const CommitPtr& parent : parents) {
      commit.parents.push_back(parent->id);
      commit.generation = std::max(commit.generation, parent->commit.generation + 1);
    }
    CommitRecord record{commit_id_of(commit), commit};
    const std::vector<CommitPtr> one{std::make_shared<const CommitRecord>(std::move(record))};
    EXPECT_TRUE(run(refs_.add_commits(Context(), repository_, one)));
    return one.front();
  }
  std::optional<CommitId> plain(const CommitPtr& left, const CommitPtr& right) {
    return run(find_merge_base(Context(), refs_, repository_, left->id, right->id)).value();
  }

  SystemClock clock_;
  std::unique_ptr<kv::Store> kv_ = kv::open_mem();
  // A small cache, so that records are read from the store, too.
  Refs refs_{*kv_, clock_, {.commit_cache_size = 10}};
  RepositoryPtr repository_ = [] {
    Repository repository;
    repository.id = RepositoryId::trusted("repo");
    repository.instance_uid = "uid";
    return std::make_shared<const Repository>(std::move(repository));
  }();
  int count_ = 0;
};

TEST_F(AncestryTest, FindsTheBasesThatThePlainSearchFinds) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SeededRng rng(seed);
    std::vector<CommitPtr> all{add({}), add({})};
    CommitPtr head = all[0];
    Ancestry ancestry(refs_, repository_, head);
    for (int step = 0; step < 60; ++step) {
      const CommitPtr other = all[rng.below(all.size())];
      const auto base = run(ancestry.merge_base(Context(), other));
      ASSERT_TRUE(base) << base.error().message();
      ASSERT_EQ(*base, plain(other, head)) << "seed " << seed << ", step " << step;
      if (rng.below(3) == 0) {
        // The head goes on, alone or with another one.
        std::vector<CommitPtr> parents{head};
        if (rng.below(4) != 0 && other->id != head->id) {
          parents.push_back(other);
        }
        head = add(parents);
        ASSERT_TRUE(run(ancestry.advance(Context(), head)));
        EXPECT_EQ(ancestry.head()->id, head->id);
        all.push_back(head);
      } else {
        std::vector<CommitPtr> parents{all[rng.below(all.size())]};
        if (rng.below(3) == 0) {
          parents.push_back(all[rng.below(all.size())]);
        }
        all.push_back(add(parents));
      }
    }
  }
}

TEST_F(AncestryTest, HistoriesWithNothingInCommonHaveNoBase) {
  const CommitPtr one = add({add({})});
  const CommitPtr other = add({});
  Ancestry ancestry(refs_, repository_, one);
  EXPECT_EQ(run(ancestry.merge_base(Context(), other)).value(), std::nullopt);
}

TEST_F(AncestryTest, ALostCommitIsAnErrorThatStays) {
  Commit lost;
  lost.message = "lost";
  Commit child;
  child.parents = {commit_id_of(lost)};
  child.generation = 2;
  CommitRecord record{commit_id_of(child), child};
  Ancestry ancestry(refs_, repository_, std::make_shared<const CommitRecord>(std::move(record)));
  const CommitPtr other = add({});
  for (int i = 0; i < 2; ++i) {
    const auto base = run(ancestry.merge_base(Context(), other));
    EXPECT_FALSE(base);
  }
}

}  // namespace
}  // namespace tarn::graveler
