// Deleting and bringing back, with a clock that the test moves: what is there within the window,
// what is left after it, and what half-done steps mean.
#include "graveler/trash.h"

#include "base/encoding.h"
#include "base/testing/manual_clock.h"
#include "block/open.h"
#include "graveler/store.h"
#include "graveler/testing/world.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn::graveler {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using tarn::testing::ManualClock;
using tarn::testing::run;
using testing::entry_of;

struct TrashWorld {
  explicit TrashWorld(std::chrono::nanoseconds window = hours(1)) {
    StoreConfig config;
    config.undelete_window = window;
    // Time stands still here: what is cached would stay so.
    config.refs.repository_cache_ttl = seconds(0);
    store.emplace(VersionStore::Services{*kv, *blocks, clock, rng, xids, loops}, config);
    repo = create("repo").value();
  }

  Result<RepositoryPtr> create(const std::string& name, std::string place = {}) {
    if (place.empty()) {
      place = name + std::to_string(++created);
    }
    NewRepository request{RepositoryId::trusted(name),
                          StorageNamespace::trusted("mem://b/" + place), main};
    return run(store->create_repository(Context(), request));
  }
  Trash& trash() { return store->trash(); }
  Result<DeletedRepository> remove(const std::string& name, Trash::DeleteOptions options = {}) {
    return run(trash().delete_repository(Context(), RepositoryId::trusted(name), options));
  }
  Result<RepositoryPtr> undelete(const std::string& name,
                                 std::optional<std::string> instance = std::nullopt) {
    return run(trash().undelete_repository(Context(), RepositoryId::trusted(name), instance));
  }
  Result<void> branch(const std::string& name, bool hidden = false) {
    VersionStore::NewBranch request;
    request.id = BranchId::trusted(name);
    request.source = "main";
    request.hidden = hidden;
    auto made = run(store->create_branch(Context(), repo, request));
    return made ? Result<void>() : std::move(made).error();
  }
  Result<void> remove_branch(const std::string& name) {
    return run(store->delete_branch(Context(), repo, BranchId::trusted(name), false));
  }
  Result<Branch> undelete_branch(const std::string& name,
                                 std::optional<std::string> uid = std::nullopt) {
    return run(trash().undelete_branch(Context(), repo, BranchId::trusted(name), uid, false));
  }
  void put(const std::string& branch, const std::string& path) {
    ASSERT_TRUE(run(store->set_entry(Context(), repo, BranchId::trusted(branch),
                                     ObjectPath::trusted(path), entry_of(path), {})));
  }
  std::string list(const std::string& ref) {
    const auto page = run(store->list(Context(), repo, ref, ListRequest()));
    if (!page) {
      return page.error().message();
    }
    std::string out;
    for (const ListedPath& item : page->items) {
      out += item.path + " ";
    }
    return out;
  }
  /// Names of what can be brought back.
  std::string deleted() {
    std::string out;
    const auto page = run(trash().list_repositories(Context(), PageRequest())).value();
    for (const auto& item : page.items) {
      out += item.repository.id.str() + " ";
    }
    return out;
  }
  std::string deleted_branches() {
    std::string out;
    const auto page = run(trash().list_branches(Context(), repo, PageRequest())).value();
    for (const auto& item : page.items) {
      out += item.branch.id.str() + " ";
    }
    return out;
  }
  /// What the catalog's sweep does, as far as it is the version store's. How many it purged.
  int sweep() {
    int purged = 0;
    const auto repositories = run(trash().due_repositories(Context(), PageRequest())).value();
    for (const auto& item : repositories.items) {
      if (run(trash().begin_purge(Context(), item)).value()) {
        EXPECT_TRUE(run(trash().finish_purge(Context(), item)));
        ++purged;
      }
    }
    const auto branches = run(trash().due_branches(Context(), PageRequest())).value();
    for (const auto& item : branches.items) {
      EXPECT_TRUE(run(trash().purge_branch(Context(), item)));
      ++purged;
    }
    return purged;
  }
  std::size_t rows(const std::string& partition) {
    return run(kv->scan(Context(), partition, kv::ScanOptions()))->entries.size();
  }

  ManualClock clock;
  SeededRng rng{17};
  XidGenerator xids{clock, rng};
  Loops loops{1};
  std::unique_ptr<kv::Store> kv = kv::open_mem();
  std::unique_ptr<block::Adapter> blocks = block::open_mem(clock, rng);
  std::optional<VersionStore> store;
  RepositoryPtr repo;
  BranchId main = BranchId::trusted("main");
  int created = 0;
};

TEST(Trash, BringsARepositoryBackWithWhatWasStaged) {
  TrashWorld world;
  ASSERT_TRUE(world.branch("dev", true));
  world.put("main", "a");
  world.put("dev", "b");
  ASSERT_TRUE(world.remove("repo"));
  EXPECT_TRUE(
      run(world.store->repository(Context(), world.repo->id)).error().is(kRepositoryNotFound));
  EXPECT_EQ(run(world.store->list_repositories(Context(), PageRequest(), ""))->items.size(), 0U);
  EXPECT_EQ(world.deleted(), "repo ");
  EXPECT_TRUE(world.remove("repo").error().is(kRepositoryNotFound));
  world.clock.advance(hours(1) - seconds(1));
  EXPECT_EQ(world.sweep(), 0);
  const auto back = world.undelete("repo");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ((*back)->instance_uid, world.repo->instance_uid);
  EXPECT_EQ(world.list("main"), "a ");
  EXPECT_EQ(world.list("dev"), "b ");
  EXPECT_TRUE(run(world.store->branch(Context(), world.repo, BranchId::trusted("dev")))->hidden);
  EXPECT_EQ(world.deleted(), "");
  EXPECT_TRUE(world.undelete("repo").error().is(kUndeleteNameTaken));
  world.clock.advance(hours(5));
  EXPECT_EQ(world.sweep(), 0);
  EXPECT_EQ(world.list("main"), "a ");
}

TEST(Trash, LeavesNothingAfterTheWindow) {
  TrashWorld world;
  ASSERT_TRUE(world.branch("dev"));
  ASSERT_TRUE(world.branch("gone"));
  world.put("main", "a");
  world.put("dev", "b");
  world.put("gone", "c");
  std::vector<std::string> tokens;
  for (const char* name : {"main", "dev", "gone"}) {
    const auto row = run(world.store->branch(Context(), world.repo, BranchId::trusted(name)));
    tokens.push_back(row->staging_token.str());
    EXPECT_EQ(world.rows(tokens.back()), 1U);
  }
  ASSERT_TRUE(world.remove_branch("gone"));
  ASSERT_TRUE(
      run(world.kv->set(Context(), {"pulls", "repos/" + world.repo->partition() + "/a/b"}, "x")));
  ASSERT_TRUE(run(world.kv->set(Context(), {"pulls", "repos/other-1/a/b"}, "x")));
  ASSERT_TRUE(world.remove("repo"));
  world.clock.advance(hours(1));
  EXPECT_EQ(world.deleted(), "");
  EXPECT_TRUE(world.undelete("repo").error().is(kNotDeleted));
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_EQ(world.rows(world.repo->partition()), 0U);
  EXPECT_EQ(world.rows("graveler"), 0U);
  EXPECT_EQ(world.rows("pulls"), 1U);  // another repository's
  for (const std::string& token : tokens) {
    EXPECT_EQ(world.rows(token), 0U);
  }
  EXPECT_EQ(world.sweep(), 0);
}

TEST(Trash, ANameIsFreeAtOnceAndThenTaken) {
  TrashWorld world;
  world.put("main", "old");
  ASSERT_TRUE(world.remove("repo"));
  const RepositoryPtr second = world.create("repo").value();
  EXPECT_NE(second->instance_uid, world.repo->instance_uid);
  EXPECT_EQ(run(world.store->list(Context(), second, "main", ListRequest()))->items.size(), 0U);
  const auto taken = world.undelete("repo");
  EXPECT_TRUE(taken.error().is(kUndeleteNameTaken));
  EXPECT_EQ(taken.error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(taken.error().message(), "repository 'repo': cannot undelete: the name is in use");
  // Both in the trash: the last one comes back, unless the other one is asked for.
  world.clock.advance(seconds(5));
  ASSERT_TRUE(world.remove("repo"));
  EXPECT_EQ(world.deleted(), "repo repo ");
  EXPECT_EQ(world.undelete("repo").value()->instance_uid, second->instance_uid);
  ASSERT_TRUE(world.remove("repo"));
  EXPECT_TRUE(world.undelete("repo", "nobody").error().is(kNotDeleted));
  EXPECT_EQ(world.undelete("repo", world.repo->instance_uid).value()->instance_uid,
            world.repo->instance_uid);
  EXPECT_EQ(world.list("main"), "old ");
}

TEST(Trash, KeepsNothingWithoutAWindow) {
  TrashWorld world(seconds(0));
  ASSERT_TRUE(world.branch("dev"));
  world.put("dev", "a");
  const auto dev = run(world.store->branch(Context(), world.repo, BranchId::trusted("dev")));
  ASSERT_TRUE(world.remove_branch("dev"));
  EXPECT_EQ(world.deleted_branches(), "");
  EXPECT_TRUE(world.undelete_branch("dev").error().is(kNotDeleted));
  ASSERT_TRUE(world.remove("repo"));
  EXPECT_EQ(world.deleted(), "");
  EXPECT_TRUE(world.undelete("repo").error().is(kNotDeleted));
  EXPECT_GE(world.sweep(), 1);  // the branch's purge may be under way yet
  world.store.reset();
  EXPECT_EQ(world.rows("graveler"), 0U);
  EXPECT_EQ(world.rows(dev->staging_token.str()), 0U);
}

/// Without a window, too, a process that dies right after the deletion leaves no garbage.
TEST(Trash, LeadsTheNextSweepToADeletedBranch) {
  TrashWorld world(seconds(0));
  ASSERT_TRUE(world.branch("dev"));
  world.put("dev", "a");
  const Branch dev =
      run(world.store->branch(Context(), world.repo, BranchId::trusted("dev"))).value();
  ASSERT_TRUE(run(world.trash().delete_branch(Context(), world.repo, dev)));
  EXPECT_EQ(world.rows(dev.staging_token.str()), 1U);
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_EQ(world.rows(dev.staging_token.str()), 0U);
  EXPECT_EQ(world.rows("graveler"), 1U);
}

TEST(Trash, GuardsReadOnlyRepositories) {
  TrashWorld world;
  NewRepository request{RepositoryId::trusted("frozen"), StorageNamespace::trusted("mem://b/f"),
                        world.main};
  request.read_only = true;
  ASSERT_TRUE(run(world.store->create_repository(Context(), request)));
  EXPECT_TRUE(world.remove("frozen").error().is(kReadOnlyRepository));
  ASSERT_TRUE(world.remove("frozen", {.force = true}));
  EXPECT_TRUE(world.undelete("frozen").value()->read_only);
}

TEST(Trash, BringsABranchBackWithWhatWasStaged) {
  TrashWorld world;
  world.put("main", "a");
  ASSERT_TRUE(world.branch("dev", true));
  world.put("dev", "b");
  world.put("dev", "c");
  ASSERT_TRUE(world.remove_branch("dev"));
  EXPECT_EQ(world.list("dev"), "not found");
  EXPECT_EQ(world.deleted_branches(), "dev ");
  const auto back = world.undelete_branch("dev");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_TRUE(back->hidden);
  EXPECT_EQ(world.list("dev"), "b c ");
  EXPECT_EQ(world.deleted_branches(), "");
  EXPECT_TRUE(world.undelete_branch("dev").error().is(kUndeleteNameTaken));
  EXPECT_TRUE(world.undelete_branch("other").error().is(kNotDeleted));
  world.clock.advance(hours(2));
  EXPECT_EQ(world.sweep(), 0);
  EXPECT_EQ(world.list("dev"), "b c ");
}

TEST(Trash, ABranchNameMayBeTakenByABranchOrATag) {
  TrashWorld world;
  ASSERT_TRUE(world.branch("dev"));
  world.put("dev", "old");
  ASSERT_TRUE(world.remove_branch("dev"));
  ASSERT_TRUE(world.branch("dev"));
  world.put("dev", "new");
  EXPECT_EQ(world.undelete_branch("dev").error().message(),
            "branch 'dev': cannot undelete: the name is in use");
  world.clock.advance(seconds(5));
  ASSERT_TRUE(world.remove_branch("dev"));
  EXPECT_EQ(world.deleted_branches(), "dev dev ");
  ASSERT_TRUE(
      run(world.store->create_tag(Context(), world.repo, TagId::trusted("dev"), "main", false)));
  EXPECT_TRUE(world.undelete_branch("dev").error().is(kConflict));
  ASSERT_TRUE(run(world.store->delete_tag(Context(), world.repo, TagId::trusted("dev"), false)));
  ASSERT_TRUE(world.undelete_branch("dev"));
  EXPECT_EQ(world.list("dev"), "new ");
  ASSERT_TRUE(world.remove_branch("dev"));
  const auto rows = run(world.trash().list_branches(Context(), world.repo, PageRequest())).value();
  ASSERT_EQ(rows.items.size(), 2U);
  ASSERT_TRUE(world.undelete_branch("dev", rows.items.front().uid));
  EXPECT_EQ(world.list("dev"), "old ");
}

TEST(Trash, DropsABranchsStagingAfterTheWindow) {
  TrashWorld world;
  ASSERT_TRUE(world.branch("dev"));
  ASSERT_TRUE(world.branch("late"));
  world.put("dev", "a");
  world.put("late", "a");
  const auto dev = run(world.store->branch(Context(), world.repo, BranchId::trusted("dev")));
  const auto late = run(world.store->branch(Context(), world.repo, BranchId::trusted("late")));
  ASSERT_TRUE(world.remove_branch("dev"));
  world.clock.advance(seconds(1));
  ASSERT_TRUE(world.remove_branch("late"));
  world.clock.advance(hours(1) - seconds(1));
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_EQ(world.rows(dev->staging_token.str()), 0U);
  EXPECT_EQ(world.rows(late->staging_token.str()), 1U);
  EXPECT_TRUE(world.undelete_branch("dev").error().is(kNotDeleted));
  EXPECT_TRUE(world.undelete_branch("late"));
}

/// A crash between the two rows of a deletion leaves both: the repository or branch is there, and
/// its row in the trash means nothing, also when the window has passed.
TEST(Trash, DoesNotPurgeWhatIsStillThere) {
  TrashWorld world;
  ASSERT_TRUE(world.branch("dev"));
  world.put("dev", "a");
  const Branch dev =
      run(world.store->branch(Context(), world.repo, BranchId::trusted("dev"))).value();
  ASSERT_TRUE(world.remove_branch("dev"));
  ASSERT_TRUE(run(world.store->refs().add_branch(Context(), world.repo, dev)));
  EXPECT_EQ(world.deleted_branches(), "");
  const DeletedRepository deleted = world.remove("repo").value();
  ASSERT_TRUE(run(world.store->refs().add_repository(Context(), deleted.repository)));
  EXPECT_EQ(world.deleted(), "");
  world.clock.advance(hours(2));
  world.sweep();
  EXPECT_EQ(world.list("dev"), "a ");
  EXPECT_EQ(world.rows("graveler"), 1U);  // the repository's own
  EXPECT_EQ(world.sweep(), 0);
}

/// Once a purge has begun, nothing comes back, and the next sweep ends it.
TEST(Trash, FinishesAPurgeThatWasCutShort) {
  TrashWorld world;
  world.put("main", "a");
  const DeletedRepository deleted = world.remove("repo").value();
  world.clock.advance(hours(1));
  EXPECT_TRUE(run(world.trash().begin_purge(Context(), deleted)).value());
  world.clock.set(deleted.deleted_at);  // a clock set back opens no window again
  EXPECT_TRUE(world.undelete("repo").error().is(kNotDeleted));
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_EQ(world.rows("graveler"), 0U);
  EXPECT_FALSE(run(world.trash().begin_purge(Context(), deleted)).value());
}

TEST(Trash, APurgeThatWasListedDoesNotHitWhatCameBack) {
  TrashWorld world;
  world.put("main", "a");
  const DeletedRepository deleted = world.remove("repo").value();
  ASSERT_TRUE(world.undelete("repo"));
  world.clock.advance(hours(2));
  EXPECT_FALSE(run(world.trash().begin_purge(Context(), deleted)).value());
  // Deleted again: the window begins anew.
  ASSERT_TRUE(world.remove("repo"));
  EXPECT_FALSE(run(world.trash().begin_purge(Context(), deleted)).value());
  EXPECT_TRUE(world.undelete("repo"));
  EXPECT_EQ(world.list("main"), "a ");
}

TEST(Trash, RemovesARepositoryThatALakeFsLeftInDeletion) {
  TrashWorld world;
  Repository row = *world.repo;
  row.state = RepositoryState::kInDeletion;
  ASSERT_TRUE(run(world.store->refs().write_repository(Context(), row)));
  EXPECT_TRUE(run(world.store->repository(Context(), row.id)).error().is(kRepositoryInDeletion));
  ASSERT_TRUE(world.remove("repo"));
  EXPECT_TRUE(world.undelete("repo").error().is(kNotDeleted));
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_EQ(world.rows(world.repo->partition()), 0U);
}

TEST(Trash, TellsHooksWhenTheLastOfANameIsPurged) {
  TrashWorld world;
  testing::RecordingHooks hooks;
  world.store->set_hooks(hooks);
  ASSERT_TRUE(world.remove("repo"));
  EXPECT_EQ(hooks.seen, "");
  ASSERT_TRUE(world.create("repo"));
  world.clock.advance(hours(1));
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_EQ(hooks.seen, "");  // the runs of that name are the new one's
  ASSERT_TRUE(world.remove("repo"));
  world.clock.advance(hours(1));
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_EQ(hooks.seen, "deleted:repo");
}

TEST(Namespaces, OverlapWhereOneLiesInTheOther) {
  const auto both = [](const char* a, const char* b) {
    const bool one = overlap(StorageNamespace::trusted(a), StorageNamespace::trusted(b));
    EXPECT_EQ(one, overlap(StorageNamespace::trusted(b), StorageNamespace::trusted(a)));
    return one;
  };
  EXPECT_TRUE(both("s3://b/a", "s3://b/a"));
  EXPECT_TRUE(both("s3://b/a", "s3://b/a/"));
  EXPECT_TRUE(both("s3://b/a", "s3://b/a/c"));
  EXPECT_TRUE(both("s3://b", "s3://b/a"));
  EXPECT_FALSE(both("s3://b/a", "s3://b/ab"));
  EXPECT_FALSE(both("s3://b/a", "s3://c/a"));
}

TEST(Trash, KeepsDataThatAnotherRepositoryMayNeed) {
  TrashWorld world;
  ASSERT_TRUE(world.create("inner", "repo1/below"));
  const auto refused = world.remove("repo", {.purge_data = true});
  EXPECT_TRUE(refused.error().is(kNamespaceShared));
  EXPECT_EQ(refused.error().message(),
            "storage namespace is shared with another repository: inner");
  EXPECT_TRUE(run(world.store->repository(Context(), world.repo->id)));
  // Also one that can still be brought back.
  ASSERT_TRUE(world.remove("inner"));
  EXPECT_TRUE(world.remove("repo", {.purge_data = true}).error().is(kNamespaceShared));
  world.clock.advance(hours(1));
  EXPECT_EQ(world.sweep(), 1);
  EXPECT_TRUE(world.remove("repo", {.purge_data = true}));
}

TEST(Trash, ANamespaceWhoseDataIsBeingRemovedTakesNobody) {
  TrashWorld world;
  const DeletedRepository deleted = world.remove("repo", {.purge_data = true}).value();
  ASSERT_TRUE(world.create("before", "repo1/inner"));
  ASSERT_TRUE(world.remove("before"));
  world.clock.advance(hours(1));
  ASSERT_TRUE(run(world.trash().begin_purge(Context(), deleted)).value());
  const auto refused = world.create("late", "repo1/inner2");
  EXPECT_TRUE(refused.error().is(kNamespaceInUse)) << refused.error().message();
  ASSERT_TRUE(run(world.trash().finish_purge(Context(), deleted)));
  EXPECT_TRUE(world.create("late", "repo1/inner2"));
}

TEST(TrashRecords, KeepTheirBytes) {
  DeletedRepository deleted;
  deleted.repository.id = RepositoryId::trusted("repo");
  deleted.repository.storage_namespace = StorageNamespace::trusted("mem://b/n");
  deleted.repository.instance_uid = "u1";
  deleted.deleted_at = from_unix_seconds(1'700'000'000, 5);
  deleted.state = TrashState::kUndeleting;
  deleted.purge_data = true;
  const Bytes bytes = encode(deleted);
  EXPECT_EQ(hex_encode(bytes),
            "0a170a047265706f12096d656d3a2f2f622f6e22003202753112080880e2cfaa06100518012001");
  EXPECT_EQ(encode(decode_deleted_repository(bytes).value()), bytes);
  EXPECT_EQ(decode_deleted_repository("\xff").error().kind(), ErrorKind::kCorruption);
  EXPECT_EQ(decode_deleted_branch("\xff").error().kind(), ErrorKind::kCorruption);
}

}  // namespace
}  // namespace tarn::graveler
