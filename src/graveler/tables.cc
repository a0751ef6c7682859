#include "graveler/tables.h"

#include "block/namespace.h"
#include "runtime/byte_source.h"
#include "sstable/random_access.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tarn::graveler {
namespace {

/// Larger tables than any writer makes are refused instead of filling the memory.
constexpr std::size_t kTableBytesMax = kGiB;

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

}  // namespace

Tables::Tables(block::Adapter& blocks, TablesConfig config)
    : blocks_(blocks),
      config_(std::move(config)),
      block_cache_(std::make_shared<sstable::BlockCache>(config_.block_cache_bytes)),
      open_(config_.open_max) {}

std::optional<TablePtr> Tables::find(const StorageNamespace& storage_namespace,
                                     const std::string& id) {
  return open_.get(cache_key(storage_namespace, id));
}

Task<Result<TablePtr>> Tables::open(Context ctx, StorageNamespace storage_namespace,
                                    std::string id) {
  std::optional<TablePtr> table = find(storage_namespace, id);
  if (table) {
    co_return *std::move(table);
  }
  const std::string key = cache_key(storage_namespace, id);
  const KeyedLock::Held held = co_await opening_.acquire(key);
  table = open_.get(key);
  if (table) {
    co_return *std::move(table);
  }
  TARN_CO_TRY(TablePtr loaded, co_await load(ctx, storage_namespace, id));
  open_.put(key, loaded);
  co_return loaded;
}

Task<Result<TablePtr>> Tables::load(Context ctx, StorageNamespace storage_namespace,
                                    std::string id) {
  TARN_CO_TRY(block::Location where,
              block::resolve(storage_namespace, address(id), block::AddressType::kRelative));
  std::optional<block::ByteRange> all;
  TARN_CO_TRY(block::ObjectBody object, co_await blocks_.get(ctx, std::move(where), all));
  sstable::ReaderOptions options;
  options.name = id;
  options.cache = block_cache_;
  const std::optional<FileRegion> region = object.body->file_region();
  if (region) {
    co_return sstable::Reader::open(std::make_shared<FileTable>(std::move(object.body), *region),
                                    std::move(options));
  }
  TARN_CO_TRY(Bytes bytes, co_await read_all(ctx, *object.body, kTableBytesMax));
  co_return sstable::Reader::open(sstable::memory_source(std::move(bytes)), std::move(options));
}

Task<Result<void>> Tables::write(Context ctx, StorageNamespace storage_namespace, std::string id,
                                 Bytes file) {
  if (find(storage_namespace, id)) {
    co_return Result<void>();  // the same content is there already
  }
  TARN_CO_TRY(block::Location where,
              block::resolve(storage_namespace, address(id), block::AddressType::kRelative));
  const std::optional<std::uint64_t> size = file.size();
  std::unique_ptr<ByteSource> body = memory_source(std::move(file));
  TARN_CO_CHECK_OK(
      co_await blocks_.put(ctx, std::move(where), std::move(body), size, block::PutOptions()));
  co_return Result<void>();
}

}  // namespace tarn::graveler
