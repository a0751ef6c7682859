#include "kv/mem/mem_store.h"

#include "kv/check.h"
#include "kv/open.h"
#include "runtime/loops.h"

#include <algorithm>
#include <utility>

namespace tarn::kv {
namespace {

/// Shorter than any other driver's, so that callers who ignore Page::more fail their tests.
constexpr std::size_t kPageRowsMax = 200;

}  // namespace

Result<Bytes> MemStore::find(const Key& key) const {
  MutexLock lock(mutex_);
  const auto partition = partitions_.find(key.partition);
  if (partition == partitions_.end()) {
    return Error(kKeyNotFound);
  }
  const auto row = partition->second.find(key.key);
  if (row == partition->second.end()) {
    return Error(kKeyNotFound);
  }
  return row->second;
}

Task<Result<Bytes>> MemStore::get(Context ctx, Key key) {
  TARN_CO_CHECK_OK(check_key(key));
  co_await yield_loop();
  TARN_CO_CHECK_OK(ctx.check(clock_));
  co_return find(key);
}

std::optional<Result<Bytes>> MemStore::get_now(const Key& key) {
  Result<void> valid = check_key(key);
  if (!valid) {
    return std::move(valid).error();
  }
  return find(key);
}

Task<Result<void>> MemStore::set(Context ctx, Key key, Bytes value) {
  TARN_CO_CHECK_OK(check_key(key));
  co_await yield_loop();
  TARN_CO_CHECK_OK(ctx.check(clock_));
  MutexLock lock(mutex_);
  partitions_[std::move(key.partition)][std::move(key.key)] = std::move(value);
  co_return Result<void>();
}

Result<void> MemStore::write_if(Key key, Bytes value, const Predicate& expected) {
  MutexLock lock(mutex_);
  Partition& partition = partitions_[std::move(key.partition)];
  const auto row = partition.find(key.key);
  const bool exists = row != partition.end();
  bool holds = false;
  switch (expected.kind()) {
    case Predicate::Kind::kAbsent:
      holds = !exists;
      break;
    case Predicate::Kind::kExists:
      holds = exists;
      break;
    case Predicate::Kind::kEquals:
      holds = exists && row->second == expected.value();
      break;
  }
  if (!holds) {
    return Error(kPredicateFailed);
  }
  partition[std::move(key.key)] = std::move(value);
  return {};
}

Task<Result<void>> MemStore::set_if(Context ctx, Key key, Bytes value, Predicate expected) {
  TARN_CO_CHECK_OK(check_key(key));
  co_await yield_loop();
  TARN_CO_CHECK_OK(ctx.check(clock_));
  co_return write_if(std::move(key), std::move(value), expected);
}

Task<Result<void>> MemStore::remove(Context ctx, Key key) {
  TARN_CO_CHECK_OK(check_key(key));
  co_await yield_loop();
  TARN_CO_CHECK_OK(ctx.check(clock_));
  MutexLock lock(mutex_);
  const auto partition = partitions_.find(key.partition);
  if (partition != partitions_.end()) {
    partition->second.erase(key.key);
  }
  co_return Result<void>();
}

Page MemStore::page(const std::string& partition, const ScanOptions& options) const {
  Page page;
  const std::size_t limit =
      options.limit == 0 ? kPageRowsMax : std::min(options.limit, kPageRowsMax);
  MutexLock lock(mutex_);
  const auto rows = partitions_.find(partition);
  if (rows == partitions_.end()) {
    return page;
  }
  for (auto row = rows->second.lower_bound(std::max(options.start, options.prefix));
       row != rows->second.end() && row->first.starts_with(options.prefix); ++row) {
    if (page.entries.size() == limit) {
      page.more = true;
      break;
    }
    page.entries.push_back(Entry{.key = row->first, .value = row->second});
  }
  return page;
}

Task<Result<Page>> MemStore::scan(Context ctx, std::string partition, ScanOptions options) {
  TARN_CO_CHECK_OK(check_partition(partition));
  co_await yield_loop();
  TARN_CO_CHECK_OK(ctx.check(clock_));
  co_return page(partition, options);
}

Task<Result<void>> MemStore::remove_partition(Context ctx, std::string partition) {
  TARN_CO_CHECK_OK(check_partition(partition));
  co_await yield_loop();
  TARN_CO_CHECK_OK(ctx.check(clock_));
  MutexLock lock(mutex_);
  partitions_.erase(partition);
  co_return Result<void>();
}

Task<Result<void>> MemStore::set_many(Context ctx, std::string partition, std::vector<Entry> rows) {
  TARN_CO_CHECK_OK(check_partition(partition));
  for (const Entry& row : rows) {
    if (row.key.empty()) {
      co_return Error(kMissingKey);
    }
  }
  co_await yield_loop();
  TARN_CO_CHECK_OK(ctx.check(clock_));
  MutexLock lock(mutex_);
  Partition& target = partitions_[std::move(partition)];
  for (Entry& row : rows) {
    target[std::move(row.key)] = std::move(row.value);
  }
  co_return Result<void>();
}

std::unique_ptr<Store> open_mem(const Clock& clock) { return std::make_unique<MemStore>(clock); }

std::unique_ptr<Store> open_mem() {
  static const SystemClock clock;
  return open_mem(clock);
}

}  // namespace tarn::kv
