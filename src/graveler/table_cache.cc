#include "graveler/table_cache.h"

#include "graveler/table_cache_state.h"

#include <utility>

namespace tarn::graveler {
namespace {

using detail::TableCacheState;
using detail::TemporaryTable;

/// What is written with one hop to the pool.
constexpr std::size_t kWriteBytes = kMiB;
/// Room for the trailer and then some.
constexpr std::uint64_t kFileOverheadBytes = 64;

}  // namespace

class TableCache::Pending {
 public:
  explicit Pending(std::unique_ptr<TemporaryTable> file) : file_(std::move(file)) {}
  TemporaryTable& file() { return *file_; }

 private:
  std::unique_ptr<TemporaryTable> file_;
};

TableCache::TableCache(std::shared_ptr<TableCacheState> state) : state_(std::move(state)) {}

TableCache::~TableCache() { on_drop(nullptr); }

Result<std::unique_ptr<TableCache>> TableCache::open(TableCacheConfig config, BlockingPool& pool,
                                                     Rng& rng, Metrics& metrics) {
  auto state = std::make_shared<TableCacheState>(std::move(config), pool, rng);
  TARN_CHECK_OK(state->take_over());
  const auto looked_up = [&metrics](const char* result) {
    return metrics.counter("tarn_graveler_table_cache_lookups_total",
                           "Tables that were looked for in the cache on disk.",
                           {{"result", result}});
  };
  state->hits = looked_up("hit");
  state->misses = looked_up("miss");
  metrics.gauge_from("tarn_graveler_table_cache_size_bytes", "Files of the cache on disk.", {},
                     [weak = std::weak_ptr(state)] {
                       const std::shared_ptr<TableCacheState> open = weak.lock();
                       if (!open) {
                         return 0.0;
                       }
                       MutexLock lock(open->mutex);
                       return static_cast<double>(open->total_bytes);
                     });
  return std::unique_ptr<TableCache>(new TableCache(std::move(state)));
}

Task<Result<CachedTablePtr>> TableCache::find(std::string key) {
  std::function<Result<CachedTablePtr>()> job =
      [state = state_, name = std::move(key)]() -> Result<CachedTablePtr> {
    CachedTablePtr table = state->open_file(name);
    (table ? state->hits : state->misses).add();
    return table;
  };
  co_return co_await run_blocking(state_->pool, std::move(job));
}

bool TableCache::takes(std::uint64_t size_bytes) const {
  return size_bytes + kFileOverheadBytes <= state_->config.size_bytes_max;
}

Task<Result<CachedTablePtr>> TableCache::fill(Context ctx, std::string key,
                                              std::unique_ptr<ByteSource> body,
                                              std::uint64_t size_bytes, Proof proof) {
  std::shared_ptr<TemporaryTable> file;
  for (bool ended = false; !ended;) {
    auto part = std::make_shared<Bytes>();
    while (!ended && part->size() < kWriteBytes) {
      TARN_CO_TRY(const Bytes chunk, co_await body->read(ctx, kWriteBytes - part->size()));
      ended = chunk.empty();
      part->append(chunk);
    }
    std::function<Result<bool>()> job = [state = state_, &file, part, ended]() -> Result<bool> {
      if (!file) {
        file = TemporaryTable::create(state);
      }
      return file && file->append(*part) && (!ended || file->finish());
    };
    TARN_CO_TRY(const bool written, co_await run_blocking(state_->pool, std::move(job)));
    if (!written) {
      co_return CachedTablePtr();
    }
  }
  if (file->table_bytes() != size_bytes) {
    co_return Error(kUnavailable, "the store sent a table of another size than it announced");
  }
  std::function<Result<CachedTablePtr>()> job = [file, &key, &proof]() -> Result<CachedTablePtr> {
    CachedTablePtr table = file->publish(key);
    if (table && !proof(table)) {
      table->drop();
    }
    return table;
  };
  co_return co_await run_blocking(state_->pool, std::move(job));
}

Task<std::shared_ptr<TableCache::Pending>> TableCache::prepare(std::shared_ptr<const Bytes> bytes) {
  std::shared_ptr<Pending> out;
  if (!takes(bytes->size())) {
    co_return out;
  }
  std::function<Result<void>()> job = [state = state_, &bytes, &out]() -> Result<void> {
    std::unique_ptr<TemporaryTable> file = TemporaryTable::create(state);
    if (file && file->append(*bytes) && file->finish()) {
      out = std::make_shared<Pending>(std::move(file));
    }
    return {};
  };
  (void)co_await run_blocking(state_->pool, std::move(job));
  co_return out;
}

Task<void> TableCache::publish(std::string key, std::shared_ptr<Pending> pending) {
  std::function<Result<void>()> job = [&key, &pending]() -> Result<void> {
    (void)pending->file().publish(key);
    pending.reset();
    return {};
  };
  (void)co_await run_blocking(state_->pool, std::move(job));
}

void TableCache::on_drop(std::function<void(const std::string& key)> listener) {
  const MutexLock lock(state_->mutex);
  state_->listener = std::move(listener);
}

std::uint64_t TableCache::size_bytes() const {
  const MutexLock lock(state_->mutex);
  return state_->total_bytes;
}

std::size_t TableCache::count() const {
  const MutexLock lock(state_->mutex);
  return state_->files.size();
}

}  // namespace tarn::graveler
