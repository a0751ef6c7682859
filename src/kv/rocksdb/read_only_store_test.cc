#include "kv/rocksdb/read_only_store.h"

#include "kv/rocksdb/rocksdb_store.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

namespace tarn::kv {
namespace {

namespace fs = std::filesystem;
using tarn::testing::run;
using tarn::testing::TempFolder;

std::string name_of(int i) { return fmt::format("{:06}", i); }
Key row(int i) { return Key{.partition = "p", .key = name_of(i)}; }

/// Every file below `folder` with its bytes and the time it was changed.
std::map<std::string, std::string> snapshot(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& at : fs::recursive_directory_iterator(folder)) {
    std::ifstream in(at.path(), std::ios::binary);
    const auto changed = at.last_write_time().time_since_epoch().count();
    files[at.path()] =
        fmt::format("{} ", changed) +
        (at.is_directory() ? "" : std::string(std::istreambuf_iterator<char>(in), {}));
  }
  return files;
}

/// A data folder, the store that writes to it, and views of it.
class World {
 public:
  World() {
    config_.path = (folder_.path() / "metadata").string();
    config_.memtable_bytes = 64 * kKiB;  // rows move to files all the time
    open();
  }

  void open() {
    Result<std::unique_ptr<Store>> opened = RocksDbStore::open(config_, pool_, clock_, nullptr);
    ASSERT_TRUE(opened) << opened.error().message();
    writer_ = *std::move(opened);
  }
  void close() { writer_.reset(); }

  void write(int first, int last, const std::string& value = "v") {
    for (int i = first; i < last; ++i) {
      ASSERT_TRUE(run(writer_->set(Context(), row(i), value)));
    }
  }
  Result<std::unique_ptr<Store>> view(const std::function<void()>& between = {}) {
    return open_read_only_rocksdb(config_, pool_, clock_, between);
  }
  /// All names of rows in order.
  static std::vector<std::string> names(Store& store) {
    std::vector<std::string> out;
    ScanOptions options;
    for (bool more = true; more;) {
      const Result<Page> page = run(store.scan(Context(), "p", options));
      EXPECT_TRUE(page) << page.error().message();
      if (!page) {
        return out;
      }
      for (const Entry& entry : page->entries) {
        out.push_back(entry.key);
      }
      more = page->more;
      options.start = out.empty() ? "" : next_key(out.back());
    }
    return out;
  }
  fs::path folder() const { return config_.path; }
  fs::path database() const { return folder() / "db"; }
  Store& writer() { return *writer_; }

  LocalConfig config_;

 private:
  TempFolder folder_;
  SystemClock clock_;
  BlockingPool pool_{"kv", 2, 1000};
  std::unique_ptr<Store> writer_;
};

TEST(ReadOnlyStore, SeesWhatIsInFilesAndInTheLog) {
  World world;
  world.write(0, 50);
  world.close();
  world.open();  // moves the rows of the log to a file
  world.write(50, 100);
  const auto view = world.view();
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(World::names(**view).size(), 100U);
  EXPECT_EQ(run((*view)->get(Context(), row(7))).value(), "v");
  EXPECT_EQ(run((*view)->get(Context(), row(77))).value(), "v");
  EXPECT_TRUE(run((*view)->get(Context(), row(100))).error().is(kKeyNotFound));
  EXPECT_TRUE((*view)->get_now(row(77)));
}

TEST(ReadOnlyStore, IsOneStateThatDoesNotChange) {
  World world;
  world.write(0, 10);
  const auto view = world.view();
  ASSERT_TRUE(view);
  world.write(10, 20);
  ASSERT_TRUE(run(world.writer().remove(Context(), row(3))));
  EXPECT_EQ(World::names(**view).size(), 10U);
  EXPECT_TRUE(run((*view)->get(Context(), row(3))));
  const auto later = world.view();
  ASSERT_TRUE(later);
  EXPECT_EQ(World::names(**later).size(), 19U);
}

// The writer deletes the files that it compacts; who has them open still reads them.
TEST(ReadOnlyStore, OutlivesTheFilesOfItsState) {
  World world;
  world.write(0, 2000, std::string(1000, 'a'));
  const auto view = world.view();
  ASSERT_TRUE(view);
  for (int round = 0; round < 3; ++round) {
    world.write(0, 2000, std::string(1000, 'b'));
  }
  EXPECT_EQ(World::names(**view).size(), 2000U);
  for (const int i : {0, 999, 1999}) {
    EXPECT_EQ(run((*view)->get(Context(), row(i))).value(), std::string(1000, 'a'));
  }
}

TEST(ReadOnlyStore, TouchesNothing) {
  World world;
  world.write(0, 100, std::string(1000, 'v'));
  const auto while_open = snapshot(world.folder());
  {
    const auto view = world.view();
    ASSERT_TRUE(view);
    EXPECT_EQ(World::names(**view).size(), 100U);
  }
  EXPECT_EQ(snapshot(world.folder()), while_open);
  world.close();
  const auto closed = snapshot(world.folder());
  {
    const auto view = world.view();
    ASSERT_TRUE(view);
    EXPECT_EQ(World::names(**view).size(), 100U);
  }
  EXPECT_EQ(snapshot(world.folder()), closed);
}

TEST(ReadOnlyStore, TakesNoLock) {
  World world;
  world.write(0, 10);
  world.close();
  const auto view = world.view();
  const auto second = world.view();
  ASSERT_TRUE(view);
  ASSERT_TRUE(second);
  world.open();
  world.write(10, 20);
  EXPECT_EQ(World::names(**view).size(), 10U);
}

TEST(ReadOnlyStore, RefusesWrites) {
  World world;
  world.write(0, 1);
  const auto view = world.view();
  ASSERT_TRUE(view);
  Store& store = **view;
  EXPECT_TRUE(run(store.set(Context(), row(1), "v")).error().is(kReadOnlyStore));
  EXPECT_TRUE(
      run(store.set_if(Context(), row(1), "v", Predicate::absent())).error().is(kReadOnlyStore));
  EXPECT_TRUE(run(store.remove(Context(), row(0))).error().is(kReadOnlyStore));
  EXPECT_TRUE(run(store.remove_partition(Context(), "p")).error().is(kReadOnlyStore));
  std::vector<Entry> rows{{"k", "v"}};
  EXPECT_TRUE(run(store.set_many(Context(), "p", std::move(rows))).error().is(kReadOnlyStore));
  EXPECT_TRUE(run(world.writer().get(Context(), row(0))));
}

// Goal: rows that move from the log to a file while the database is being opened are not missed.
// Method: make them move after the first try; it must not count.
TEST(ReadOnlyStore, OpensAgainWhenRowsMoveMeanwhile) {
  World world;
  world.write(0, 10);
  int tries = 0;
  const auto view = world.view([&] {
    if (++tries == 1) {
      world.write(10, 300, std::string(1000, 'v'));
    }
  });
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_GE(tries, 2);
  EXPECT_EQ(World::names(**view).size(), 300U);
}

TEST(ReadOnlyStore, GivesUpWhenRowsMoveForever) {
  World world;
  int next = 0;
  const auto view = world.view([&] {
    world.write(next, next + 150, std::string(1000, 'v'));
    next += 150;
  });
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().kind(), ErrorKind::kUnavailable) << view.error().message();
}

// Goal: under load a view holds everything acknowledged before, and no row without those written
// before it. Method: one writer counts upwards through many small files; every view must be a
// prefix that is long enough.
TEST(ReadOnlyStore, IsAPrefixOfWhatABusyServerWrites) {
  World world;
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> stop = false;
  std::thread server([&] {
    const std::string value(500, 'v');
    for (int i = 0; !stop && i < 20'000; ++i) {
      if (!run(world.writer().set(Context(), row(i), value))) {
        return;
      }
      acknowledged = i + 1;
    }
  });
  for (int round = 0; round < 25; ++round) {
    const int before = acknowledged;
    const auto view = world.view();
    if (!view) {
      stop = true;
      server.join();
      FAIL() << view.error().message();
    }
    const std::vector<std::string> names = World::names(**view);
    EXPECT_GE(names.size(), static_cast<std::size_t>(before));
    if (!names.empty()) {
      EXPECT_EQ(names.back(), name_of(static_cast<int>(names.size()) - 1));
    }
  }
  stop = true;
  server.join();
  EXPECT_GT(acknowledged, 0);
}

TEST(ReadOnlyStore, MissingFoldersStayMissing) {
  World world;
  world.config_.path = (world.folder().parent_path() / "nothing").string();
  const auto view = world.view();
  ASSERT_FALSE(view);
  EXPECT_TRUE(view.error().is(kNoStore)) << view.error().message();
  EXPECT_FALSE(fs::exists(world.folder()));
}

TEST(ReadOnlyStore, ForeignFoldersAreNotRead) {
  World world;
  std::ofstream(world.folder() / "TARN_KV") << "tarn-kv 2\n";
  EXPECT_TRUE(world.view().error().is(kForeignFolder));
  std::ofstream(world.folder() / "TARN_KV") << "tarn-kv 1\n";
  fs::remove(world.database() / "CURRENT");
  EXPECT_FALSE(world.view());
}

TEST(ReadOnlyStore, SaysWhatIsDamaged) {
  World world;
  world.write(0, 500, std::string(1000, 'v'));
  world.close();
  world.open();
  world.close();
  for (const auto& file : fs::directory_iterator(world.database())) {
    if (file.path().extension() == ".sst") {
      fs::remove(file.path());
      break;
    }
  }
  const auto view = world.view();
  ASSERT_FALSE(view);
  EXPECT_NE(view.error().message().find("No such file"), std::string::npos)
      << view.error().message();
}

TEST(ReadOnlyStore, OpensByConfiguration) {
  World world;
  world.write(0, 3);
  SystemClock clock;
  BlockingPool pool("kv", 1, 10);
  Config config;
  config.local = world.config_;
  const auto view = open_read_only(config, pool, clock);
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(World::names(**view).size(), 3U);
  config.type = "mem";
  EXPECT_TRUE(open_read_only(config, pool, clock).error().is(kUnsupported));
  config.type = "nothing";
  EXPECT_TRUE(open_read_only(config, pool, clock).error().is(kInvalid));
}

}  // namespace
}  // namespace tarn::kv
