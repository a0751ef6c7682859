#include "kv/rocksdb/read_only_store.h"

#include "kv/check.h"
#include "kv/rocksdb/data_folder.h"
#include "kv/rocksdb/reads.h"
#include "kv/rocksdb/row_key.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tarn::kv {
namespace {

namespace fs = std::filesystem;

/// Each try takes milliseconds to a few hundred; a busy server moves its log every few seconds.
constexpr int kTriesMax = 50;
/// An error while nothing moved is real, unless it goes away.
constexpr int kQuietTriesMax = 3;

/// What changes when rows move from the log to files.
struct Layout {
  std::string current;
  std::uintmax_t manifest_size = 0;
  std::set<std::string> logs;

  friend bool operator==(const Layout&, const Layout&) = default;
};

Layout look(const fs::path& folder) {
  Layout layout;
  std::ifstream in(folder / "CURRENT", std::ios::binary);
  layout.current.assign(std::istreambuf_iterator<char>(in), {});
  std::string manifest = layout.current;
  while (manifest.ends_with('\n')) {
    manifest.pop_back();
  }
  std::error_code code;
  layout.manifest_size = fs::file_size(folder / manifest, code);
  for (auto at = fs::directory_iterator(folder, code); !code && at != fs::directory_iterator();
       at.increment(code)) {
    if (at->path().extension() == ".log") {
      layout.logs.insert(at->path().filename());
    }
  }
  return layout;
}

/// RocksDB would open a log of its own in the folder.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options options_of(const LocalConfig& config) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(config.block_cache_bytes, /*num_shard_bits=*/2);
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.info_log = std::make_shared<NoLog>();
  // All files are opened at once and stay open: the writer may delete them any time.
  options.max_open_files = -1;
  // A log that the manifest knows and that is gone is an error then, not a silent gap.
  options.track_and_verify_wals_in_manifest = true;
  options.skip_stats_update_on_db_open = true;
  return options;
}

class ReadOnlyStore final : public Store {
 public:
  ReadOnlyStore(std::unique_ptr<rocksdb::DB> db, BlockingPool& pool, const Clock& clock)
      : pool_(pool), clock_(clock), db_(std::move(db)) {}
  ~ReadOnlyStore() override { db_->Close().PermitUncheckedError(); }

  std::optional<Result<Bytes>> get_now(const Key& key) override {
    Result<void> valid = check_key(key);
    if (!valid) {
      return std::move(valid).error();
    }
    return read_row(*db_, row_key(key.partition, key.key), Tier::kMemory);
  }

  Task<Result<Bytes>> get(Context ctx, Key key) override {
    TARN_CO_CHECK_OK(check_key(key));
    TARN_CO_CHECK_OK(ctx.check(clock_));
    const std::string row = row_key(key.partition, key.key);
    std::optional<Result<Bytes>> now = read_row(*db_, row, Tier::kMemory);
    if (now) {
      co_return *std::move(now);
    }
    auto job = [this, &row] { return *read_row(*db_, row, Tier::kDisk); };
    co_return co_await run_blocking(pool_, job);
  }

  Task<Result<Page>> scan(Context ctx, std::string partition, ScanOptions options) override {
    TARN_CO_CHECK_OK(check_partition(partition));
    TARN_CO_CHECK_OK(ctx.check(clock_));
    if (is_short_page(options)) {
      std::optional<Result<Page>> now = read_page(*db_, partition, options, Tier::kMemory);
      if (now) {
        co_return *std::move(now);
      }
    }
    auto job = [this, &partition, &options] {
      return *read_page(*db_, partition, options, Tier::kDisk);
    };
    co_return co_await run_blocking(pool_, job);
  }

  Task<Result<void>> set(Context, Key, Bytes) override { return refuse(); }
  Task<Result<void>> set_if(Context, Key, Bytes, Predicate) override { return refuse(); }
  Task<Result<void>> remove(Context, Key) override { return refuse(); }
  Task<Result<void>> remove_partition(Context, std::string) override { return refuse(); }
  Task<Result<void>> set_many(Context, std::string, std::vector<Entry>) override {
    return refuse();
  }

 private:
  static Task<Result<void>> refuse() { co_return Error(kReadOnlyStore); }

  BlockingPool& pool_;
  const Clock& clock_;
  std::unique_ptr<rocksdb::DB> db_;
};

rocksdb::Status open_database(const LocalConfig& config, const std::string& folder,
                              std::unique_ptr<rocksdb::DB>& out) {
  const rocksdb::Options options = options_of(config);
  // Not the call without families: it may open the files without their log.
  const std::vector<rocksdb::ColumnFamilyDescriptor> families{
      {rocksdb::kDefaultColumnFamilyName, options}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, folder, families, &handles, &raw,
                                                        /*error_if_wal_file_exists=*/false);
  out.reset(raw);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    out->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  return status;
}

}  // namespace

Result<std::unique_ptr<Store>> open_read_only_rocksdb(const LocalConfig& config, BlockingPool& pool,
                                                      const Clock& clock,
                                                      const std::function<void()>& between) {
  if (config.path.empty()) {
    return Error(kInvalid, "database.local.path");
  }
  TARN_TRY(const std::string folder, find_data_folder(config.path));
  Error last = Error::with_message(
      kUnavailable, "the server moves its rows faster than " + folder + " can be opened");
  for (int tries = 0, quiet = 0; tries < kTriesMax && quiet < kQuietTriesMax; ++tries) {
    const Layout before = look(folder);
    std::unique_ptr<rocksdb::DB> db;
    const rocksdb::Status status = open_database(config, folder, db);
    if (between) {
      between();
    }
    const bool stayed = look(folder) == before;
    if (status.ok() && stayed) {
      return std::unique_ptr<Store>(std::make_unique<ReadOnlyStore>(std::move(db), pool, clock));
    }
    if (!status.ok() && stayed) {
      ++quiet;
      last = to_error(status).wrap("cannot open " + folder);
    }
  }
  return last;
}

}  // namespace tarn::kv
