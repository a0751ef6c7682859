#include "kv/rocksdb/rocksdb_store.h"

#include "kv/check.h"
#include "kv/rocksdb/data_folder.h"
#include "kv/rocksdb/reads.h"
#include "kv/rocksdb/row_key.h"
#include "kv/rocksdb/write_queue.h"
#include "runtime/suspend.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <utility>

namespace tarn::kv {
namespace {

/// Partitions up to this size are deleted row by row. Range tombstones stay in memory with every
/// later read until they are compacted away, and small partitions are dropped at every commit.
constexpr std::size_t kRowwiseRemoveMax = 256;

Error log_failed() { return Error(kUnavailable, "the store's log failed earlier"); }

rocksdb::CompressionType compression() {
  const std::vector<rocksdb::CompressionType> have = rocksdb::GetSupportedCompressions();
  for (const auto wanted : {rocksdb::kLZ4Compression, rocksdb::kSnappyCompression}) {
    if (std::find(have.begin(), have.end(), wanted) != have.end()) {
      return wanted;
    }
  }
  return rocksdb::kNoCompression;
}

rocksdb::Options database_options(const LocalConfig& config, rocksdb::Env* env) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(config.block_cache_bytes, /*num_shard_bits=*/2);
  // Indexes and filters count against the cache, so that memory stays bounded whatever the number
  // of files.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;

  rocksdb::Options options;
  if (env != nullptr) {
    options.env = env;
  }
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = config.memtable_bytes;
  options.max_write_buffer_number = 2;
  options.arena_block_size = std::min<std::size_t>(256 * kKiB, config.memtable_bytes / 8);
  // One writer thread: no need for the concurrent memtable's extra work.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.max_background_jobs = 2;
  options.max_open_files = 256;
  options.max_total_wal_size = 4 * config.memtable_bytes;
  options.target_file_size_base = 16 * kMiB;
  options.max_bytes_for_level_base = 64 * kMiB;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = compression();
  options.track_and_verify_wals_in_manifest = true;
  options.keep_log_file_num = 3;
  options.max_log_file_size = 1 * kMiB;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

}  // namespace

RocksDbStore::RocksDbStore(std::unique_ptr<rocksdb::DB> db, const LocalConfig& config,
                           BlockingPool& pool, const Clock& clock)
    : pool_(pool), clock_(clock), db_(std::move(db)) {
  const WriteQueue::Limits limits{.sync = config.sync_writes,
                                  .calls_max = config.pending_writes_max,
                                  .bytes_max = config.pending_bytes_max};
  writes_ = std::make_unique<WriteQueue>(*db_, limits, clock);
}

RocksDbStore::~RocksDbStore() {
  writes_.reset();
  db_->Close().PermitUncheckedError();
}

Result<std::unique_ptr<Store>> RocksDbStore::open(const LocalConfig& config, BlockingPool& pool,
                                                  const Clock& clock, rocksdb::Env* env) {
  if (config.path.empty()) {
    return Error(kInvalid, "database.local.path");
  }
  TARN_TRY(const std::string folder, claim_data_folder(config.path));
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database_options(config, env), folder, &raw);
  std::unique_ptr<rocksdb::DB> db(raw);
  if (!status.ok()) {
    const std::string text = status.ToString();
    if (status.IsIOError() && text.find("lock") != std::string::npos) {
      return Error(kStoreInUse, config.path);
    }
    return to_error(status).wrap("cannot open " + folder);
  }
  return std::unique_ptr<Store>(new RocksDbStore(std::move(db), config, pool, clock));
}

std::uint64_t RocksDbStore::batches() const { return writes_->batches(); }

std::optional<Result<Bytes>> RocksDbStore::read(const std::string& row, Tier tier) const {
  if (writes_->failed()) {
    return log_failed();
  }
  return read_row(*db_, row, tier);
}

std::optional<Result<Bytes>> RocksDbStore::get_now(const Key& key) {
  Result<void> valid = check_key(key);
  if (!valid) {
    return std::move(valid).error();
  }
  return read(row_key(key.partition, key.key), Tier::kMemory);
}

Task<Result<Bytes>> RocksDbStore::get(Context ctx, Key key) {
  TARN_CO_CHECK_OK(check_key(key));
  TARN_CO_CHECK_OK(ctx.check(clock_));
  const std::string row = row_key(key.partition, key.key);
  std::optional<Result<Bytes>> now = read(row, Tier::kMemory);
  if (now) {
    co_return *std::move(now);
  }
  auto job = [this, &row] { return *read(row, Tier::kDisk); };
  co_return co_await run_blocking(pool_, job);
}

Task<Result<void>> RocksDbStore::write(WriteCall call) {
  TARN_CO_CHECK_OK(call.ctx.check(clock_));
  call.outcome = Error(kSlowDown);
  std::function<void(std::function<void()>)> start = [this, &call](std::function<void()> resume) {
    if (!writes_->submit(call, resume)) {
      resume();
    }
  };
  co_await suspend(std::move(start));
  co_return std::move(call.outcome);
}

Task<Result<void>> RocksDbStore::set(Context ctx, Key key, Bytes value) {
  TARN_CO_CHECK_OK(check_key(key));
  WriteCall call;
  call.ctx = std::move(ctx);
  call.rows.push_back({.key = row_key(key.partition, key.key), .value = std::move(value)});
  co_return co_await write(std::move(call));
}

Task<Result<void>> RocksDbStore::set_if(Context ctx, Key key, Bytes value, Predicate expected) {
  TARN_CO_CHECK_OK(check_key(key));
  WriteCall call;
  call.ctx = std::move(ctx);
  call.rows.push_back({.key = row_key(key.partition, key.key), .value = std::move(value)});
  call.expected = std::move(expected);
  co_return co_await write(std::move(call));
}

Task<Result<void>> RocksDbStore::remove(Context ctx, Key key) {
  TARN_CO_CHECK_OK(check_key(key));
  WriteCall call;
  call.ctx = std::move(ctx);
  call.rows.push_back({.key = row_key(key.partition, key.key), .value = std::nullopt});
  co_return co_await write(std::move(call));
}

Task<Result<void>> RocksDbStore::set_many(Context ctx, std::string partition,
                                          std::vector<Entry> rows) {
  TARN_CO_CHECK_OK(check_partition(partition));
  WriteCall call;
  call.ctx = std::move(ctx);
  call.rows.reserve(rows.size());
  for (Entry& row : rows) {
    if (row.key.empty()) {
      co_return Error(kMissingKey);
    }
    call.rows.push_back({.key = row_key(partition, row.key), .value = std::move(row.value)});
  }
  if (call.rows.empty()) {
    co_return Result<void>();
  }
  co_return co_await write(std::move(call));
}

std::optional<Result<Page>> RocksDbStore::read_page(const std::string& partition,
                                                    const ScanOptions& options, Tier tier) const {
  if (writes_->failed()) {
    return log_failed();
  }
  return kv::read_page(*db_, partition, options, tier);
}

Task<Result<Page>> RocksDbStore::scan(Context ctx, std::string partition, ScanOptions options) {
  TARN_CO_CHECK_OK(check_partition(partition));
  TARN_CO_CHECK_OK(ctx.check(clock_));
  if (is_short_page(options)) {
    std::optional<Result<Page>> now = read_page(partition, options, Tier::kMemory);
    if (now) {
      co_return *std::move(now);
    }
  }
  auto job = [this, &partition, &options] { return *read_page(partition, options, Tier::kDisk); };
  co_return co_await run_blocking(pool_, job);
}

Task<Result<void>> RocksDbStore::remove_partition(Context ctx, std::string partition) {
  TARN_CO_CHECK_OK(check_partition(partition));
  ScanOptions few;
  few.limit = kRowwiseRemoveMax;
  TARN_CO_TRY(Page page, co_await scan(ctx, partition, few));
  WriteCall call;
  call.ctx = ctx;
  if (page.more) {
    std::string first = partition_prefix(partition);
    std::string end = end_of_prefix(first);
    call.range.emplace(std::move(first), std::move(end));
  } else {
    for (const Entry& entry : page.entries) {
      call.rows.push_back({.key = row_key(partition, entry.key), .value = std::nullopt});
    }
    if (call.rows.empty()) {
      co_return Result<void>();
    }
  }
  co_return co_await write(std::move(call));
}

}  // namespace tarn::kv
