#pragma once

#include "kv/open.h"
#include "kv/rocksdb/reads.h"
#include "kv/store.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace tarn::kv {

class WriteQueue;
struct WriteCall;

/// Rows in one RocksDB. Reads that need no disk are answered on the caller's loop, the others on
/// the pool. Writes go through a group commit (write_queue.h).
class RocksDbStore final : public Store {
 public:
  /// `env` null = the operating system's; tests pass one that forgets what was not synced.
  static Result<std::unique_ptr<Store>> open(const LocalConfig& config, BlockingPool& pool,
                                             const Clock& clock, rocksdb::Env* env);
  /// Finishes queued writes and closes the files.
  ~RocksDbStore() override;

  Task<Result<Bytes>> get(Context ctx, Key key) override;
  Task<Result<void>> set(Context ctx, Key key, Bytes value) override;
  Task<Result<void>> set_if(Context ctx, Key key, Bytes value, Predicate expected) override;
  Task<Result<void>> remove(Context ctx, Key key) override;
  Task<Result<Page>> scan(Context ctx, std::string partition, ScanOptions options) override;
  Task<Result<void>> remove_partition(Context ctx, std::string partition) override;
  Task<Result<void>> set_many(Context ctx, std::string partition, std::vector<Entry> rows) override;
  std::optional<Result<Bytes>> get_now(const Key& key) override;

  /// Synced batches so far; with writers that overlap, fewer than writes.
  std::uint64_t batches() const;

 private:
  RocksDbStore(std::unique_ptr<rocksdb::DB> db, const LocalConfig& config, BlockingPool& pool,
               const Clock& clock);

  /// Absent: the answer is not in memory (Tier::kMemory only).
  std::optional<Result<Bytes>> read(const std::string& row, Tier tier) const;
  std::optional<Result<Page>> read_page(const std::string& partition, const ScanOptions& options,
                                        Tier tier) const;
  Task<Result<void>> write(WriteCall call);

  BlockingPool& pool_;
  const Clock& clock_;
  std::unique_ptr<rocksdb::DB> db_;
  std::unique_ptr<WriteQueue> writes_;  // ends before db_
};

}  // namespace tarn::kv
