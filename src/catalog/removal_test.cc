// Deleted repositories to their end: rows, uploads and data, and what has to stay.
#include "catalog/removal.h"

#include "base/testing/manual_clock.h"
#include "block/namespace.h"
#include "block/open.h"
#include "catalog/housekeeping.h"
#include "catalog/namespace_removal.h"
#include "graveler/testing/world.h"
#include "kv/open.h"
#include "runtime/testing/run.h"

#include <gtest/gtest.h>

#include <future>

namespace tarn::catalog {
namespace {

using graveler::NewRepository;
using graveler::RepositoryPtr;
using std::chrono::hours;
using std::chrono::seconds;
using tarn::testing::ManualClock;
using tarn::testing::run;

struct Yard {
  explicit Yard(std::chrono::nanoseconds window = hours(1)) {
    graveler::StoreConfig config;
    config.undelete_window = window;
    config.refs.repository_cache_ttl = seconds(0);
    versions.emplace(graveler::VersionStore::Services{*kv, *blocks, clock, rng, xids, loops},
                     config);
    uploads.emplace(MultipartUploads::Services{*versions, *kv, *blocks, paths, clock});
    removal.emplace(Removal::Services{*versions, *uploads, *blocks});
    repo = create("repo", "mem://b/ns");
  }
  RepositoryPtr create(const std::string& name, const std::string& place, bool bare = false) {
    NewRepository request{RepositoryId::trusted(name), StorageNamespace::trusted(place), main};
    request.bare = bare;
    return run(versions->create_repository(Context(), request)).value();
  }
  Result<void> remove(const std::string& name, bool purge_data = false) {
    const graveler::Trash::DeleteOptions options{.purge_data = purge_data};
    return run(removal->delete_repository(Context(), RepositoryId::trusted(name), options));
  }
  void write(const std::string& key) {
    ASSERT_TRUE(run(blocks->put(Context(), block::Location{"b", key}, memory_source(Bytes("x")), 1,
                                block::PutOptions())));
  }
  std::string objects(const std::string& prefix = "") {
    std::string out;
    const auto page = run(blocks->list(Context(), "b", prefix, "", 10'000)).value();
    for (const block::ListedObject& object : page.objects) {
      out += object.key + " ";
    }
    return out;
  }
  std::size_t rows(const std::string& partition) {
    return run(kv->scan(Context(), partition, kv::ScanOptions()))->entries.size();
  }
  void start_upload(const RepositoryPtr& of) {
    const UploadTarget target{of, main, ObjectPath::trusted("p")};
    const std::string id = run(uploads->create(Context(), target, NewUpload())).value();
    ASSERT_TRUE(run(uploads->put_part(Context(), target, id, 1, memory_source(Bytes("part")), 4)));
    parts.push_back("multipart_parts/" + id);
  }

  ManualClock clock;
  SeededRng rng{17};
  XidGenerator xids{clock, rng};
  Loops loops{1};
  std::unique_ptr<kv::Store> kv = kv::open_mem();
  std::unique_ptr<block::Adapter> blocks = block::open_mem(clock, rng);
  block::PathProvider paths{clock, xids};
  std::optional<graveler::VersionStore> versions;
  std::optional<MultipartUploads> uploads;
  std::optional<Removal> removal;
  RepositoryPtr repo;
  BranchId main = BranchId::trusted("main");
  std::vector<std::string> parts;
};

TEST(Removal, WithoutAWindowEverythingIsGoneAtOnce) {
  Yard yard(seconds(0));
  yard.start_upload(yard.repo);
  const RepositoryPtr other = yard.create("other", "mem://b/other");
  yard.start_upload(other);
  ASSERT_TRUE(yard.remove("repo"));
  EXPECT_EQ(yard.rows(yard.repo->partition()), 0U);
  EXPECT_EQ(yard.rows("graveler"), 1U);
  EXPECT_EQ(yard.rows("multiparts"), 1U);  // the other one's
  EXPECT_EQ(yard.rows(yard.parts[0]), 0U);
  EXPECT_EQ(yard.rows(yard.parts[1]), 1U);
  EXPECT_EQ(yard.objects("ns/"), "ns/_lakefs/dummy ");  // data stays unless asked for
  EXPECT_TRUE(yard.remove("repo").error().is(graveler::kRepositoryNotFound));
}

TEST(Removal, DataGoesAfterTheWindowAndNothingElse) {
  Yard yard;
  for (const char* key :
       {"ns/data/p1/o1", "ns/data/p1/o2",
        "ns/_lakefs/"
        "0123",
        "ns/_lakefs/x/y", "ns/mine", "ns2/data/a", "ns/database/a", "data/a", "_lakefs/a"}) {
    yard.write(key);
  }
  ASSERT_TRUE(yard.remove("repo", true));
  yard.clock.advance(hours(1) - seconds(1));
  ASSERT_TRUE(run(yard.removal->sweep(Context())));
  EXPECT_NE(yard.objects("ns/data/"), "");
  yard.clock.advance(seconds(1));
  ASSERT_TRUE(run(yard.removal->sweep(Context())));
  EXPECT_EQ(yard.objects(), "_lakefs/a data/a ns/database/a ns/mine ns2/data/a ");
  EXPECT_EQ(yard.rows("graveler"), 0U);
  // The namespace can be used again, and its tables are written again.
  const RepositoryPtr again = yard.create("again", "mem://b/ns");
  EXPECT_EQ(yard.objects("ns/_lakefs/"), "ns/_lakefs/dummy ");
}

/// Tables are named by their content, and what is open is not written again: a table of the removed
/// data must not pass for one that is there.
TEST(Removal, ForgetsTheTablesWhoseFilesItRemoved) {
  Yard yard(seconds(0));
  const auto commit = [&yard](const RepositoryPtr& in) {
    graveler::CommitRequest request;
    request.committer = "jo";
    request.message = "m";
    EXPECT_TRUE(run(yard.versions->set_entry(Context(), in, yard.main, ObjectPath::trusted("a"),
                                             graveler::testing::entry_of("1"), {})));
    EXPECT_TRUE(run(yard.versions->commit(Context(), in, yard.main, request)));
    return run(yard.versions->list(Context(), in, "main", graveler::ListRequest()));
  };
  EXPECT_TRUE(commit(yard.repo));
  const std::string before = yard.objects("ns/_lakefs/");
  ASSERT_TRUE(yard.remove("repo", true));
  EXPECT_EQ(yard.objects("ns/"), "");
  const RepositoryPtr again = yard.create("again", "mem://b/ns");
  EXPECT_TRUE(commit(again));
  EXPECT_EQ(yard.objects("ns/_lakefs/"), before);
}

TEST(Removal, ARepositoryThatMovedInKeepsTheData) {
  Yard yard;
  yard.write("ns/data/p1/o1");
  ASSERT_TRUE(yard.remove("repo", true));
  // A bare repository may share a namespace: it is about to be restored.
  yard.create("heir", "mem://b/ns", true);
  yard.clock.advance(hours(1));
  ASSERT_TRUE(run(yard.removal->sweep(Context())));
  EXPECT_EQ(yard.objects("ns/data/"), "ns/data/p1/o1 ");
  EXPECT_EQ(yard.rows(yard.repo->partition()), 0U);
}

TEST(Removal, ASweepEndsWhatACrashCutShort) {
  Yard yard;
  yard.write("ns/data/p1/o1");
  ASSERT_TRUE(yard.remove("repo", true));
  yard.clock.advance(hours(1));
  graveler::Trash& trash = yard.versions->trash();
  const auto due = run(trash.due_repositories(Context(), graveler::PageRequest())).value();
  ASSERT_EQ(due.items.size(), 1U);
  ASSERT_TRUE(run(trash.begin_purge(Context(), due.items[0])).value());
  // Some of the data is gone, some is not; the marker still keeps the namespace.
  yard.write("ns/_lakefs/0123");
  Yard* after = &yard;  // a new process sees the same rows
  ASSERT_TRUE(run(after->removal->sweep(Context())));
  EXPECT_EQ(yard.objects(), "");
  EXPECT_EQ(yard.rows("graveler"), 0U);
}

TEST(Removal, PurgesBranchesToo) {
  Yard yard;
  graveler::VersionStore::NewBranch request;
  request.id = BranchId::trusted("dev");
  request.source = "main";
  const auto dev = run(yard.versions->create_branch(Context(), yard.repo, request)).value();
  ASSERT_TRUE(run(yard.versions->set_entry(Context(), yard.repo, dev.id, ObjectPath::trusted("a"),
                                           graveler::testing::entry_of("1"), {})));
  ASSERT_TRUE(run(yard.versions->delete_branch(Context(), yard.repo, dev.id, false)));
  ASSERT_TRUE(run(yard.removal->sweep(Context())));
  EXPECT_EQ(yard.rows(dev.staging_token.str()), 1U);
  yard.clock.advance(hours(1));
  ASSERT_TRUE(run(yard.removal->sweep(Context())));
  EXPECT_EQ(yard.rows(dev.staging_token.str()), 0U);
}

TEST(NamespaceRemoval, TakesManyPagesAndCountsThem) {
  Yard yard;
  for (int i = 0; i < 2'500; ++i) {
    yard.write("ns/data/p/" + std::to_string(i));
  }
  const auto removed =
      run(remove_namespace_data(Context(), *yard.blocks, yard.repo->storage_namespace, "_lakefs"));
  EXPECT_EQ(removed.value(), 2'500U);
  EXPECT_EQ(yard.objects(), "");
  EXPECT_EQ(
      run(remove_namespace_data(Context(), *yard.blocks, yard.repo->storage_namespace, "_lakefs"))
          .value(),
      0U);
}

TEST(Housekeeping, ComesAroundAlsoAfterFailuresAndStops) {
  Loops loops(1);
  std::atomic<int> rounds = 0;
  std::promise<void> enough;
  auto job = [&](Context) -> Task<Result<void>> {
    if (++rounds == 3) {
      enough.set_value();
    }
    co_return Error(kUnavailable);
  };
  {
    Housekeeping housekeeping(loops);
    housekeeping.start("test", std::chrono::milliseconds(1), job);
    EXPECT_EQ(enough.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
  const int after = rounds;
  EXPECT_GE(after, 3);
  Housekeeping never(loops);
  never.stop();
  never.start("late", std::chrono::milliseconds(1), job);
  EXPECT_EQ(rounds, after);
}

}  // namespace
}  // namespace tarn::catalog
