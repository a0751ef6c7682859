#include "graveler/tables.h"

#include "block/open.h"
#include "runtime/parallel.h"
#include "runtime/testing/run.h"
#include "runtime/testing/temp_folder.h"
#include "sstable/sink.h"
#include "sstable/writer.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>

namespace tarn::graveler {
namespace {

namespace fs = std::filesystem;
using tarn::testing::run;
using tarn::testing::TempFolder;

const StorageNamespace kNamespace = StorageNamespace::trusted("mem://bucket/repo");

struct Table {
  std::string id;
  Bytes file;
};

/// A table of one record, about `size` bytes long; `mark` makes it different from others.
Table make_table(const std::string& mark, std::size_t size = 2000) {
  Table out;
  sstable::StringSink sink(out.file);
  sstable::Writer writer(sink, sstable::range_metadata());
  SeededRng rng(size + std::hash<std::string>()(mark));
  EXPECT_TRUE(writer.add("key", mark + rng.bytes(size)));  // random: it does not compress
  const auto info = writer.finish();
  EXPECT_TRUE(info);
  out.id = info->id;
  return out;
}

/// Counts reads; spoils or refuses what passes when told to.
class Spy final : public block::Adapter {
 public:
  Spy(const Clock& clock, Rng& rng, std::string type) : inner_(block::open_mem(clock, rng)) {
    capabilities_.type = std::move(type);
    capabilities_.scheme = "mem";
  }
  std::atomic<int> gets = 0;
  bool refuse_puts = false;
  /// Changes a byte of the next bodies on their way.
  int spoil = 0;

  Task<Result<block::ObjectInfo>> put(Context ctx, block::Location where,
                                      std::unique_ptr<ByteSource> body,
                                      std::optional<std::uint64_t> size,
                                      block::PutOptions options) override {
    if (refuse_puts) {
      co_return Error(kUnavailable, "no room");
    }
    co_return co_await inner_->put(std::move(ctx), std::move(where), std::move(body), size,
                                   std::move(options));
  }
  Task<Result<block::ObjectBody>> get(Context ctx, block::Location where,
                                      std::optional<block::ByteRange> range) override {
    ++gets;
    TARN_CO_TRY(block::ObjectBody object, co_await inner_->get(ctx, std::move(where), range));
    if (spoil > 0) {
      --spoil;
      TARN_CO_TRY(Bytes bytes, co_await read_all(std::move(ctx), *object.body, kGiB));
      bytes[20] = static_cast<char>(bytes[20] ^ 1);
      object.body = memory_source(std::move(bytes));
    }
    co_return object;
  }
  Task<Result<block::ObjectInfo>> stat(Context, block::Location) override {
    co_return Error(kUnsupported);
  }
  Task<Result<block::ObjectInfo>> copy(Context, block::Location, block::Location) override {
    co_return Error(kUnsupported);
  }
  Task<Result<void>> remove(Context, block::Location) override { co_return Error(kUnsupported); }
  Task<Result<block::ListPage>> list(Context, std::string, std::string, std::string,
                                     std::size_t) override {
    co_return Error(kUnsupported);
  }
  Task<Result<std::string>> create_upload(Context, block::Location, block::PutOptions) override {
    co_return Error(kUnsupported);
  }
  Task<Result<block::UploadedPart>> put_part(Context, block::Location, std::string, std::uint32_t,
                                             std::unique_ptr<ByteSource>,
                                             std::optional<std::uint64_t>) override {
    co_return Error(kUnsupported);
  }
  Task<Result<block::UploadedPart>> copy_part(Context, block::Location, std::string, std::uint32_t,
                                              block::Location,
                                              std::optional<block::ByteRange>) override {
    co_return Error(kUnsupported);
  }
  Task<Result<block::ObjectInfo>> complete_upload(Context, block::Location, std::string,
                                                  std::vector<block::UploadedPart>) override {
    co_return Error(kUnsupported);
  }
  Task<Result<void>> abort_upload(Context, block::Location, std::string) override {
    co_return Error(kUnsupported);
  }
  Task<Result<std::string>> presign(Context, block::Location, block::PresignRequest) override {
    co_return Error(kUnsupported);
  }
  const block::Capabilities& capabilities() const override { return capabilities_; }

 private:
  std::unique_ptr<block::Adapter> inner_;
  block::Capabilities capabilities_;
};

class TableCacheTest : public ::testing::Test {
 protected:
  TableCacheTest() { start(); }

  /// As a new process would.
  void start(std::uint64_t size_bytes_max = 1'000'000) {
    tables_.reset();
    cache_.reset();
    TableCacheConfig config;
    config.folder = folder();
    config.size_bytes_max = size_bytes_max;
    auto cache = TableCache::open(config, pool_, rng_, metrics_);
    ASSERT_TRUE(cache) << cache.error().message();
    cache_ = *std::move(cache);
    tables_.emplace(spy_, TablesConfig(), cache_.get());
  }
  std::string folder() const { return (temporary_.path() / "deeper" / "cache").string(); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& item : fs::directory_iterator(folder() + "/tables")) {
      out.push_back(item.path());
    }
    return out;
  }
  std::size_t temporaries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder() + "/tmp"), {}));
  }
  /// Into the store alone.
  void store(const Table& table) {
    Tables plain(spy_, TablesConfig());
    ASSERT_TRUE(run(plain.write(Context(), kNamespace, table.id, table.file)));
  }
  /// Whether the table opens and reads as it was written.
  std::string check(const Table& table) {
    const auto opened = run(tables_->open(Context(), kNamespace, table.id));
    if (!opened) {
      return opened.error().message();
    }
    const auto info = sstable::verify(**opened);
    if (!info) {
      return info.error().message();
    }
    return info->id == table.id ? "good" : "another table";
  }

  TempFolder temporary_;
  SystemClock clock_;
  SeededRng rng_{11};
  BlockingPool pool_{"fs", 2, 100};
  Metrics metrics_;
  Spy spy_{clock_, rng_, "s3"};
  std::unique_ptr<TableCache> cache_;
  std::optional<Tables> tables_;
};

TEST_F(TableCacheTest, FetchesATableOnceAndForAll) {
  const Table table = make_table("a");
  store(table);
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(spy_.gets, 1);
  EXPECT_EQ(cache_->count(), 1U);
  start();
  EXPECT_EQ(cache_->count(), 1U);
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(spy_.gets, 1);
  const std::string metrics = metrics_.render();
  EXPECT_NE(metrics.find("tarn_graveler_table_cache_lookups_total{result=\"miss\"} 1\n"),
            std::string::npos);
  EXPECT_NE(metrics.find("tarn_graveler_table_cache_lookups_total{result=\"hit\"} 1\n"),
            std::string::npos)
      << "only the restart asks the disk again: " << metrics;
  EXPECT_NE(metrics.find("tarn_graveler_table_cache_size_bytes " +
                         std::to_string(cache_->size_bytes()) + "\n"),
            std::string::npos);
  EXPECT_EQ(temporaries(), 0U);
  // The same id in another repository is another table.
  const auto other =
      run(tables_->open(Context(), StorageNamespace::trusted("mem://bucket/other"), table.id));
  EXPECT_TRUE(other.error().is(block::kObjectNotFound));
}

TEST_F(TableCacheTest, SharesOneFetch) {
  const Table table = make_table("a");
  store(table);
  auto work = [this, &table](std::size_t) -> Task<Result<void>> {
    TARN_CO_TRY(const TablePtr opened, co_await tables_->open(Context(), kNamespace, table.id));
    co_return opened->name() == table.id ? Result<void>() : Result<void>(Error(kInternal));
  };
  EXPECT_TRUE(run(parallel_for(20, 20, work)));
  EXPECT_EQ(spy_.gets, 1);
}

TEST_F(TableCacheTest, KeepsWhatItWrites) {
  const Table table = make_table("a");
  ASSERT_TRUE(run(tables_->write(Context(), kNamespace, table.id, table.file)));
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(spy_.gets, 0);
  spy_.refuse_puts = true;
  const Table refused = make_table("b");
  EXPECT_FALSE(run(tables_->write(Context(), kNamespace, refused.id, refused.file)));
  EXPECT_NE(check(refused), "good");
  EXPECT_EQ(cache_->count(), 1U);
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(TableCacheTest, FetchesDamagedFilesAgain) {
  const Table table = make_table("a");
  store(table);
  const auto overwrite = [](const fs::path& path, std::uint64_t at, std::string_view bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  };
  const std::function<void(const fs::path&)> damages[] = {
      [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) - 1); },
      [](const fs::path& path) { fs::resize_file(path, 0); },
      [](const fs::path& path) { fs::resize_file(path, fs::file_size(path) + 8); },
      [](const fs::path& path) { fs::remove(path); },
      [&](const fs::path& path) { overwrite(path, 100, "damaged"); },
      [&](const fs::path& path) { overwrite(path, fs::file_size(path) - 24, "X"); },
      [&](const fs::path& path) { overwrite(path, fs::file_size(path) - 8, "X"); }};
  EXPECT_EQ(check(table), "good");
  int expected = 1;
  for (const auto& damage : damages) {
    ASSERT_EQ(files().size(), 1U);
    start();
    damage(files()[0]);
    EXPECT_EQ(check(table), "good");
    EXPECT_EQ(spy_.gets, ++expected);
    EXPECT_EQ(cache_->count(), 1U);
  }
}

TEST_F(TableCacheTest, NoticesAFileThatIsCutWhileItIsOpen) {
  const Table table = make_table("a", 100'000);
  store(table);
  ASSERT_EQ(check(table), "good");
  start();
  const auto opened = run(tables_->open(Context(), kNamespace, table.id));
  ASSERT_TRUE(opened);
  fs::resize_file(files()[0], 10);
  EXPECT_FALSE(sstable::verify(**opened));
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(spy_.gets, 2);
}

TEST_F(TableCacheTest, KeepsNothingThatWasDamagedOnTheWay) {
  const Table table = make_table("a");
  store(table);
  spy_.spoil = 1;
  EXPECT_NE(check(table), "good");
  EXPECT_EQ(cache_->count(), 0U);
  EXPECT_TRUE(files().empty());
  EXPECT_EQ(check(table), "good");
}

TEST_F(TableCacheTest, EvictsTheLeastRecentlyUsed) {
  const Table a = make_table("a");
  const std::uint64_t room = 3 * a.file.size() + 500;
  start(room);
  const Table b = make_table("b");
  const Table c = make_table("c");
  const Table d = make_table("d");
  for (const Table& table : {a, b, c}) {
    store(table);
    ASSERT_EQ(check(table), "good");
  }
  store(d);
  ASSERT_EQ(cache_->count(), 3U);
  EXPECT_TRUE(tables_->find(kNamespace, a.id));  // used: `b` is the oldest now
  ASSERT_EQ(check(d), "good");
  EXPECT_EQ(cache_->count(), 3U);
  EXPECT_LE(cache_->size_bytes(), room);
  EXPECT_EQ(files().size(), 3U);
  EXPECT_TRUE(tables_->find(kNamespace, a.id));
  EXPECT_FALSE(tables_->find(kNamespace, b.id)) << "an open table would keep its space";
  EXPECT_EQ(spy_.gets, 4);
  EXPECT_EQ(check(b), "good");
  EXPECT_EQ(spy_.gets, 5);
}

TEST_F(TableCacheTest, ReadsOnFromAnEvictedTable) {
  start(3000);
  const Table a = make_table("a");
  const Table b = make_table("b");
  store(a);
  store(b);
  const auto opened = run(tables_->open(Context(), kNamespace, a.id));
  ASSERT_TRUE(opened);
  ASSERT_EQ(check(b), "good");
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(sstable::verify(**opened)->id, a.id);
}

TEST_F(TableCacheTest, StartsWithTheOrderOfLastUse) {
  const Table a = make_table("a");
  const Table b = make_table("b");
  store(a);
  store(b);
  ASSERT_EQ(check(a), "good");
  const std::vector<fs::path> first = files();
  ASSERT_EQ(check(b), "good");
  // `a` was used an hour after `b`.
  for (const fs::path& path : files()) {
    const timespec at{.tv_sec = path == first[0] ? 1'700'003'600 : 1'700'000'000, .tv_nsec = 0};
    const timespec times[] = {at, at};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  start(3000);
  EXPECT_EQ(files(), first);
  EXPECT_EQ(check(a), "good");
  EXPECT_EQ(spy_.gets, 2);
}

TEST_F(TableCacheTest, DoesWithoutADiskThatRefuses) {
  const Table table = make_table("a");
  store(table);
  fs::remove_all(folder() + "/tmp");
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(spy_.gets, 2) << "once into the cache, once into memory";
  const Table written = make_table("b");
  EXPECT_TRUE(run(tables_->write(Context(), kNamespace, written.id, written.file)));
  EXPECT_EQ(cache_->count(), 0U);
}

TEST_F(TableCacheTest, DoesWithoutAFileThatCannotBeReplaced) {
  const Table table = make_table("a");
  store(table);
  ASSERT_EQ(check(table), "good");
  start();
  const fs::path path = files().at(0);
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(spy_.gets, 3);
  EXPECT_EQ(cache_->count(), 0U);
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(TableCacheTest, HoldsInMemoryWhatIsTooLargeForTheFolder) {
  start(1000);
  const Table table = make_table("a");
  ASSERT_TRUE(run(tables_->write(Context(), kNamespace, table.id, table.file)));
  EXPECT_EQ(check(table), "good");
  EXPECT_EQ(spy_.gets, 1);
  EXPECT_EQ(cache_->count(), 0U);
}

TEST_F(TableCacheTest, BelongsToOneProcess) {
  TableCacheConfig config;
  config.folder = folder();
  const auto second = TableCache::open(config, pool_, rng_, metrics_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message(), "table cache " + config.folder + ": another process uses it");
  config.folder = "/proc/no/such/folder";
  EXPECT_EQ(TableCache::open(config, pool_, rng_, metrics_).error().kind(),
            ErrorKind::kUnavailable);
}

TEST_F(TableCacheTest, ClearsWhatACrashLeftAndNothingElse) {
  std::ofstream(folder() + "/tmp/half") << "half a table";
  std::ofstream(folder() + "/tables/README") << "somebody's";
  start();
  EXPECT_EQ(temporaries(), 0U);
  EXPECT_EQ(cache_->count(), 0U);
  EXPECT_TRUE(fs::exists(folder() + "/tables/README"));
}

TEST_F(TableCacheTest, IsNotUsedForAStoreOnThisMachine) {
  Spy local(clock_, rng_, "local");
  Tables tables(local, TablesConfig(), cache_.get());
  const Table table = make_table("a");
  ASSERT_TRUE(run(tables.write(Context(), kNamespace, table.id, table.file)));
  ASSERT_TRUE(run(tables.open(Context(), kNamespace, table.id)));
  EXPECT_EQ(cache_->count(), 0U);
}

}  // namespace
}  // namespace tarn::graveler
