#include "graveler/tables.h"

#include "block/namespace.h"
#include "runtime/byte_source.h"
#include "sstable/random_access.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace tarn::graveler {
namespace {

/// Larger tables than any writer makes are refused instead of filling the memory.
constexpr std::size_t kTableBytesMax = kGiB;
/// Every writer has one job for each of its unfinished ranges in the queue at most.
constexpr std::size_t kWorkQueueMax = 16384;

/// A table that lies in a file of the local block store, read in place.
class FileTable final : public sstable::RandomAccess {
 public:
  FileTable(std::unique_ptr<ByteSource> owner, FileRegion region)
      : owner_(std::move(owner)), region_(region) {}

  std::uint64_t size() const override { return region_.size_bytes; }

  Result<std::string_view> read(std::uint64_t offset, std::size_t size,
                                std::string& scratch) const override {
    if (offset > region_.size_bytes || size > region_.size_bytes - offset) {
      return Error(kCorruption, fmt::format("{} bytes at {} of a table of {} bytes", size, offset,
                                            region_.size_bytes));
    }
    scratch.resize(size);
    std::size_t have = 0;
    while (have < size) {
      const ssize_t got = ::pread(region_.descriptor, scratch.data() + have, size - have,
                                  static_cast<off_t>(region_.offset + offset + have));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        return Error(kUnavailable, fmt::format("read of a table: {}",
                                               got == 0 ? "file is cut" : std::strerror(errno)));
      }
      have += static_cast<std::size_t>(got);
    }
    return std::string_view(scratch);
  }

 private:
  std::unique_ptr<ByteSource> owner_;
  FileRegion region_;
};

std::string cache_key(const StorageNamespace& storage_namespace, const std::string& id) {
  return id + storage_namespace.str();
}

std::size_t worker_count(std::size_t configured) {
  return configured != 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Tables::Tables(block::Adapter& blocks, TablesConfig config, TableCache* cache)
    : blocks_(blocks),
      config_(std::move(config)),
      cache_(blocks.capabilities().type == "local" ? nullptr : cache),
      block_cache_(std::make_shared<sstable::BlockCache>(config_.block_cache_bytes)),
      open_(config_.open_max),
      workers_("tables", worker_count(config_.workers), kWorkQueueMax) {
  if (cache_ != nullptr) {
    // An open table would keep the space of its file.
    cache_->on_drop([this](const std::string& key) { open_.erase(key); });
  }
}

Tables::~Tables() {
  background_.close();
  background_.join_blocking();
  if (cache_ != nullptr) {
    cache_->on_drop(nullptr);
  }
}

std::optional<TablePtr> Tables::find_open(const std::string& key) {
  std::optional<Open> open = open_.get(key);
  if (!open) {
    return std::nullopt;
  }
  if (open->cached) {
    open->cached->used();
  }
  return std::move(open->table);
}

std::optional<TablePtr> Tables::find(const StorageNamespace& storage_namespace,
                                     const std::string& id) {
  return find_open(cache_key(storage_namespace, id));
}

RangesPtr Tables::find_ranges(const StorageNamespace& storage_namespace, const std::string& id) {
  return ranges_.get(cache_key(storage_namespace, id)).value_or(nullptr);
}

void Tables::keep_ranges(const StorageNamespace& storage_namespace, const std::string& id,
                         RangesPtr ranges) {
  ranges_.put(cache_key(storage_namespace, id), std::move(ranges));
}

Task<Result<TablePtr>> Tables::open(Context ctx, StorageNamespace storage_namespace,
                                    std::string id) {
  const std::string key = cache_key(storage_namespace, id);
  std::optional<TablePtr> table = find_open(key);
  if (table) {
    co_return *std::move(table);
  }
  const KeyedLock::Held held = co_await opening_.acquire(key);
  table = find_open(key);
  if (table) {
    co_return *std::move(table);
  }
  TARN_CO_TRY(Open loaded, co_await load(ctx, storage_namespace, id));
  TablePtr out = loaded.table;
  if (loaded.keep) {
    open_.put(key, std::move(loaded));
  }
  co_return out;
}

Task<Result<Tables::Open>> Tables::load(Context ctx, StorageNamespace storage_namespace,
                                        std::string id) {
  TARN_CO_TRY(block::Location where,
              block::resolve(storage_namespace, address(id), block::AddressType::kRelative));
  std::string key = cache_key(storage_namespace, id);
  if (cache_ != nullptr) {
    TARN_CO_TRY(CachedTablePtr cached, co_await cache_->find(key));
    if (cached) {
      Result<Open> open = read_from(cached, id);
      if (open) {
        co_return open;
      }
      cached->drop();
    }
  }
  co_return co_await fetch(std::move(ctx), std::move(where), std::move(key), std::move(id));
}

Task<Result<Tables::Open>> Tables::fetch(Context ctx, block::Location where, std::string key,
                                         std::string id) {
  const std::optional<block::ByteRange> all;
  TARN_CO_TRY(block::ObjectBody object, co_await blocks_.get(ctx, where, all));
  const std::optional<FileRegion> region = object.body->file_region();
  if (region) {
    co_return read_from(std::make_shared<FileTable>(std::move(object.body), *region),
                        std::move(id));
  }
  const std::uint64_t size = object.info.size_bytes;
  if (cache_ != nullptr && cache_->takes(size)) {
    // What was damaged on the way here is not kept.
    auto intact = std::make_shared<bool>(true);
    TableCache::Proof proof = [intact](CachedTablePtr table) {
      const auto reader = sstable::Reader::open(std::move(table), {});
      *intact = reader && sstable::verify(**reader);
      return *intact;
    };
    TARN_CO_TRY(
        CachedTablePtr cached,
        co_await cache_->fill(ctx, std::move(key), std::move(object.body), size, std::move(proof)));
    if (cached) {
      Result<Open> open = read_from(std::move(cached), std::move(id));
      if (open) {
        open->keep = *intact;
      }
      co_return open;
    }
    // The disk refuses, and the body is spent.
    TARN_CO_TRY(object, co_await blocks_.get(ctx, std::move(where), all));
  }
  TARN_CO_TRY(Bytes bytes, co_await read_all(std::move(ctx), *object.body, kTableBytesMax));
  co_return read_from(sstable::memory_source(std::move(bytes)), std::move(id));
}

Result<Tables::Open> Tables::read_from(CachedTablePtr cached, std::string id) const {
  const std::shared_ptr<const sstable::RandomAccess> source = cached;
  TARN_TRY(Open open, read_from(source, std::move(id)));
  open.cached = std::move(cached);
  return open;
}

Result<Tables::Open> Tables::read_from(std::shared_ptr<const sstable::RandomAccess> source,
                                       std::string id) const {
  sstable::ReaderOptions options;
  options.name = std::move(id);
  options.cache = block_cache_;
  Open open;
  Result<TablePtr> table = sstable::Reader::open(std::move(source), std::move(options));
  if (!table && table.error().is(kUnsupported)) {
    // No table of ours is of another kind: the end of the file, which says so, is damaged.
    return Error::with_message(kCorruption, table.error().message());
  }
  TARN_TRY(open.table, std::move(table));
  return open;
}

void Tables::forget(const StorageNamespace& storage_namespace) {
  const std::string suffix = storage_namespace.str();
  const auto is_in = [&suffix](const std::string& key) {
    return key.size() == kHexIdSize + suffix.size() && key.ends_with(suffix);
  };
  open_.erase_if(is_in);
  ranges_.erase_if(is_in);
}

Result<TablePtr> Tables::open_bytes(std::string id, Bytes file) const {
  TARN_TRY(Open open, read_from(sstable::memory_source(std::move(file)), std::move(id)));
  return std::move(open.table);
}

Task<Result<void>> Tables::write(Context ctx, StorageNamespace storage_namespace, std::string id,
                                 Bytes file) {
  if (find(storage_namespace, id)) {
    co_return Result<void>();  // the same content is there already
  }
  TARN_CO_TRY(block::Location where,
              block::resolve(storage_namespace, address(id), block::AddressType::kRelative));
  const std::optional<std::uint64_t> size = file.size();
  std::shared_ptr<TableCache::Pending> pending;
  if (cache_ != nullptr) {
    // What was just written is read soon.
    auto shared = std::make_shared<Bytes>(std::move(file));
    pending = co_await cache_->prepare(shared);
    file = std::move(*shared);
  }
  std::unique_ptr<ByteSource> body = memory_source(std::move(file));
  TARN_CO_CHECK_OK(
      co_await blocks_.put(ctx, std::move(where), std::move(body), size, block::PutOptions()));
  if (pending) {
    co_await cache_->publish(cache_key(storage_namespace, id), std::move(pending));
  }
  co_return Result<void>();
}

}  // namespace tarn::graveler
