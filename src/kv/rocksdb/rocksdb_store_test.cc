#include "kv/rocksdb/rocksdb_store.h"

#include "base/fault_points.h"
#include "kv/testing/power_loss_env.h"
#include "kv/testing/store_suite.h"
#include "runtime/loops.h"
#include "runtime/task_group.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"

#include <atomic>
#include <future>
#include <optional>

namespace tarn::kv::testing {
namespace {

using tarn::testing::run;
using tarn::testing::TempFolder;

/// A RocksDB store in a folder of its own.
class RocksDbWorld final : public StoreWorld {
 public:
  explicit RocksDbWorld(rocksdb::Env* env = nullptr, bool sync_writes = true) {
    config_.path = (folder_.path() / "metadata").string();
    config_.sync_writes = sync_writes;
    open(env);
  }

  Store& store() override { return *store_; }
  RocksDbStore& rocksdb() { return static_cast<RocksDbStore&>(*store_); }
  bool reopen() override {
    close();
    open(nullptr);
    return true;
  }
  void close() { store_.reset(); }
  void open(rocksdb::Env* env) {
    Result<std::unique_ptr<Store>> opened = RocksDbStore::open(config_, pool_, clock_, env);
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = *std::move(opened);
  }
  const LocalConfig& config() const { return config_; }

 private:
  TempFolder folder_;
  LocalConfig config_;
  SystemClock clock_;
  BlockingPool pool_{"kv", 2, 1000};
  std::unique_ptr<Store> store_;
};

Driver rocksdb_driver() {
  return Driver{.name = "local", .make = [] { return std::make_unique<RocksDbWorld>(); }};
}

INSTANTIATE_TEST_SUITE_P(RocksDb, StoreSuite, ::testing::Values(rocksdb_driver()));

Key row(std::string key) { return Key{.partition = "p", .key = std::move(key)}; }

Task<void> write_row(Store& store, int i, std::atomic<int>& acknowledged) {
  const Result<void> done = co_await store.set(Context(), row(std::to_string(i)), "v");
  acknowledged += done ? 1 : 0;
}

/// Writes rows 0 … count-1 from two loops; the number of acknowledged ones.
int write_rows(Store& store, int count) {
  std::atomic<int> acknowledged = 0;
  Loops loops(2);
  TaskGroup group;
  for (int i = 0; i < count; ++i) {
    group.spawn(loops.next(), write_row(store, i, acknowledged));
  }
  group.close();
  group.join_blocking();
  return acknowledged;
}

/// How many of rows 0 … count-1 there are.
int count_rows(Store& store, int count) {
  int found = 0;
  for (int i = 0; i < count; ++i) {
    found += run(store.get(Context(), row(std::to_string(i)))) ? 1 : 0;
  }
  return found;
}

// Goal: an acknowledged write survives a power failure that follows at once. Method: a disk that
// forgets whatever was not synced.
TEST(RocksDbStore, AcknowledgedWritesSurvivePowerLoss) {
  PowerLossDisk disk;
  RocksDbWorld world(disk.env());
  ASSERT_EQ(write_rows(world.store(), 100), 100);
  ASSERT_TRUE(run(world.store().set_if(Context(), row("cas"), "v", Predicate::absent())));
  disk.cut_power();
  world.close();
  disk.forget_unsynced();
  world.open(nullptr);
  EXPECT_EQ(count_rows(world.store(), 100), 100);
  EXPECT_TRUE(run(world.store().get(Context(), row("cas"))));
}

// The counterpart: without syncing the same disk loses the rows, so the test above would notice.
TEST(RocksDbStore, UnsyncedWritesDoNotSurvivePowerLoss) {
  PowerLossDisk disk;
  RocksDbWorld world(disk.env(), /*sync_writes=*/false);
  ASSERT_EQ(write_rows(world.store(), 100), 100);
  disk.cut_power();
  world.close();
  disk.forget_unsynced();
  world.open(nullptr);
  EXPECT_EQ(count_rows(world.store(), 100), 0);
}

// Goal: a row that is not durable yet is neither acknowledged nor readable. Method: hold the writer
// before its sync.
TEST(RocksDbStore, NothingIsVisibleBeforeItIsDurable) {
  RocksDbWorld world;
  std::promise<void> reached;
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  std::atomic<bool> first = true;
  ASSERT_TRUE(arm_fault_point("kv.rocksdb.before_sync", [&] {
    if (first.exchange(false)) {
      reached.set_value();
      may_go_on.wait();
    }
  }));
  std::atomic<int> acknowledged = 0;
  Loops loops(1);
  TaskGroup group;
  group.spawn(loops.next(), write_row(world.store(), 1, acknowledged));
  reached.get_future().wait();
  EXPECT_EQ(acknowledged, 0);
  EXPECT_FALSE(run(world.store().get(Context(), row("1"))));
  go_on.set_value();
  group.close();
  group.join_blocking();
  EXPECT_EQ(acknowledged, 1);
  EXPECT_TRUE(run(world.store().get(Context(), row("1"))));
  arm_fault_point("kv.rocksdb.before_sync", {});
}

// Goal: concurrent writers share syncs. Method: hold the writer at its first sync until all have
// queued; they then form one group.
TEST(RocksDbStore, WaitingWritersShareOneSync) {
  PowerLossDisk disk;
  RocksDbWorld world(disk.env());
  std::promise<void> reached;
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  std::atomic<bool> first = true;
  ASSERT_TRUE(arm_fault_point("kv.rocksdb.before_sync", [&] {
    if (first.exchange(false)) {
      reached.set_value();
      may_go_on.wait();
    }
  }));
  const int syncs_before = disk.log_syncs();
  std::atomic<int> acknowledged = 0;
  Loops loops(1);
  TaskGroup group;
  group.spawn(loops.executor(0), write_row(world.store(), 0, acknowledged));
  reached.get_future().wait();
  for (int i = 1; i <= 300; ++i) {
    group.spawn(loops.executor(0), write_row(world.store(), i, acknowledged));
  }
  // Runs on the same loop after all of them have queued their write.
  std::promise<void> queued;
  group.spawn(loops.executor(0), [](std::promise<void>& done) -> Task<void> {
    done.set_value();
    co_return;
  }(queued));
  queued.get_future().wait();
  go_on.set_value();
  group.close();
  group.join_blocking();
  EXPECT_EQ(acknowledged, 301);
  EXPECT_EQ(world.rocksdb().batches(), 2U);
  EXPECT_EQ(disk.log_syncs() - syncs_before, 2);
  arm_fault_point("kv.rocksdb.before_sync", {});
}

// Goal: what a failed log may bring back after a restart is not denied before it.
TEST(RocksDbStore, AFailedWriteClosesTheStore) {
  PowerLossDisk disk;
  RocksDbWorld world(disk.env());
  ASSERT_TRUE(run(world.store().set(Context(), row("before"), "v")));
  disk.cut_power();
  const Result<void> failed = run(world.store().set(Context(), row("k"), "v"));
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().is(kUnknownOutcome)) << failed.error().message();
  EXPECT_EQ(run(world.store().set(Context(), row("k"), "v")).error().kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(run(world.store().get(Context(), row("before"))).error().kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(run(world.store().scan(Context(), "p", ScanOptions())).error().kind(),
            ErrorKind::kUnavailable);
  world.close();
  disk.forget_unsynced();
  world.open(nullptr);
  EXPECT_TRUE(run(world.store().get(Context(), row("before"))));
}

TEST(RocksDbStore, RefusesWritesBeyondItsQueue) {
  TempFolder folder;
  LocalConfig config;
  config.path = folder.path() / "metadata";
  config.pending_writes_max = 10;
  SystemClock clock;
  BlockingPool pool("kv", 1, 10);
  Result<std::unique_ptr<Store>> opened = RocksDbStore::open(config, pool, clock, nullptr);
  ASSERT_TRUE(opened);
  Store& store = **opened;
  std::promise<void> go_on;
  std::shared_future<void> may_go_on = go_on.get_future().share();
  ASSERT_TRUE(arm_fault_point("kv.rocksdb.before_sync", [may_go_on] { may_go_on.wait(); }));
  std::atomic<int> acknowledged = 0;
  Loops loops(1);
  TaskGroup group;
  for (int i = 0; i < 100; ++i) {
    group.spawn(loops.executor(0), write_row(store, i, acknowledged));
  }
  std::promise<void> queued;
  group.spawn(loops.executor(0), [](std::promise<void>& done) -> Task<void> {
    done.set_value();
    co_return;
  }(queued));
  queued.get_future().wait();
  go_on.set_value();
  group.close();
  group.join_blocking();
  EXPECT_GE(acknowledged, 10);
  EXPECT_LE(acknowledged, 22) << "at most the group under way, the one after it, and a full queue";
  arm_fault_point("kv.rocksdb.before_sync", {});
}

TEST(RocksDbStore, ReadsFromDiskWhatIsNotInMemory) {
  RocksDbWorld world;
  ASSERT_EQ(write_rows(world.store(), 50), 50);
  world.reopen();
  world.reopen();  // the first reopening wrote the log's rows to a file
  EXPECT_FALSE(world.store().get_now(row("7"))) << "nothing is cached yet";
  EXPECT_EQ(run(world.store().get(Context(), row("7"))).value(), "v");
  EXPECT_TRUE(world.store().get_now(row("7"))) << "now its block is";
  ScanOptions few;
  few.limit = 100;
  EXPECT_EQ(run(world.store().scan(Context(), "p", few))->entries.size(), 50U);
}

TEST(RocksDbStore, HoldsItsFolderAlone) {
  RocksDbWorld world;
  SystemClock clock;
  BlockingPool pool("kv", 1, 10);
  Result<std::unique_ptr<Store>> second = RocksDbStore::open(world.config(), pool, clock, nullptr);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(kStoreInUse)) << second.error().message();
}

}  // namespace
}  // namespace tarn::kv::testing
