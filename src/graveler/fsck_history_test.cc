// Goal: a check finds nothing in what the version store makes, whatever was done. Method: seeded
// operations of every kind on a few branches and paths, checked every so often with all objects in
// place; and a writer that goes on while checks run.
#include "graveler/testing/fsck_world.h"
#include "runtime/testing/run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace tarn::graveler {
namespace {

using tarn::testing::run;
using testing::FsckWorld;
using testing::with_objects;

/// Does things at random; what the store refuses (no changes, conflicts, …) is part of it.
class Hand {
 public:
  Hand(FsckWorld& world, std::uint64_t seed) : world_(world), rng_(seed) {}

  void act() {
    VersionStore& store = world_.world.store();
    const RepositoryPtr& repo = world_.world.repo;
    const BranchId branch = BranchId::trusted(pick("main", "dev", "b0", "b1"));
    const ObjectPath path = ObjectPath::trusted(fmt::format("{:02}", rng_.below(30)));
    const Context ctx;
    const std::string ref = pick("main", "dev", "b0", "b1~1");
    switch (rng_.below(16)) {
      case 0:
        note(run(store.create_branch(ctx, repo, {.id = branch, .source = ref})));
        break;
      case 1:
        note(run(store.delete_branch(ctx, repo, branch, false)));
        break;
      case 2:
        note(run(store.create_tag(ctx, repo, TagId::trusted(fmt::format("t{}", rng_.below(5))), ref,
                                  false)));
        break;
      case 3:
        note(run(
            store.delete_tag(ctx, repo, TagId::trusted(fmt::format("t{}", rng_.below(5))), false)));
        break;
      case 4: {
        MergeRequest request;
        request.source = ref;
        request.committer = "jo";
        request.strategy = static_cast<MergeStrategy>(rng_.below(3));
        request.squash = rng_.below(3) == 0;
        note(run(store.merge(ctx, repo, branch, request)));
        break;
      }
      case 5: {
        RevertRequest request;
        request.ref = ref;
        request.committer = "jo";
        note(run(store.revert(ctx, repo, branch, request)));
        break;
      }
      case 6: {
        CherryPickRequest request;
        request.ref = ref;
        request.committer = "jo";
        note(run(store.cherry_pick(ctx, repo, branch, request)));
        break;
      }
      case 7:
        note(run(store.hard_reset(ctx, repo, branch, ref, false)));
        break;
      case 8:
        note(rng_.below(2) == 0 ? run(store.reset(ctx, repo, branch, false))
                                : run(store.reset_prefix(ctx, repo, branch, "1", false)));
        break;
      case 9:
        note(run(store.delete_entry(ctx, repo, branch, path)));
        break;
      case 10:
      case 11:
      case 12: {
        CommitRequest request;
        request.committer = "jo";
        request.message = fmt::format("{}", ++steps_);
        note(run(store.commit(ctx, repo, branch, request)));
        break;
      }
      default: {
        const std::string text = fmt::format("{}", rng_.below(8));
        world_.put_object("data/" + text, text);
        note(run(store.set_entry(ctx, repo, branch, path, testing::entry_of(text), {})));
      }
    }
  }
  int done() const { return done_; }

 private:
  template <class T>
  void note(const Result<T>& result) {
    done_ += result ? 1 : 0;
  }
  std::string pick(const char* a, const char* b, const char* c, const char* d) {
    const char* const all[] = {a, b, c, d};
    return all[rng_.below(4)];
  }

  FsckWorld& world_;
  SeededRng rng_;
  int steps_ = 0;
  int done_ = 0;
};

TEST(FsckHistory, IsCleanWhateverWasDone) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    FsckWorld world;
    Hand hand(world, seed);
    for (int step = 0; step < 480; ++step) {
      hand.act();
      if (step % 30 == 29) {
        ASSERT_EQ(world.check(with_objects()).text(), "") << "seed " << seed << " step " << step;
      }
    }
    EXPECT_GT(hand.done(), 100) << "seed " << seed;
  }
}

// What happens between reading the rows and looking again.
TEST(FsckHistory, IsCleanWhileItGoesOn) {
  FsckWorld world;
  Hand hand(world, 77);
  world.meanwhile = [&hand] {
    for (int step = 0; step < 20; ++step) {
      hand.act();
    }
  };
  // A finding that stands makes the check look twice.
  world.set_row("tags/broken", "\xff\xff");
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(world.check(with_objects()).text(),
              "bad_row: tag broken: tag record: corrupted data\n");
  }
}

}  // namespace
}  // namespace tarn::graveler
