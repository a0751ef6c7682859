#include "kv/rocksdb/reads.h"

#include "kv/rocksdb/row_key.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace tarn::kv {
namespace {

constexpr std::size_t kPageRowsMax = 4096;
constexpr std::size_t kPageBytesMax = 1 * kMiB;
constexpr std::size_t kInlineRowsMax = 128;

rocksdb::ReadOptions read_options(Tier tier) {
  rocksdb::ReadOptions options;
  options.read_tier = tier == Tier::kMemory ? rocksdb::kBlockCacheTier : rocksdb::kReadAllTier;
  return options;
}

}  // namespace

Error to_error(const rocksdb::Status& status) {
  return Error(status.IsCorruption() ? kCorruption : kUnavailable, status.ToString());
}

std::optional<Result<Bytes>> read_row(rocksdb::DB& db, const std::string& row, Tier tier) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db.Get(read_options(tier), db.DefaultColumnFamily(), row, &value);
  if (status.ok()) {
    return value.ToString();
  }
  if (status.IsNotFound()) {
    return Error(kKeyNotFound);
  }
  if (status.IsIncomplete() && tier == Tier::kMemory) {
    return std::nullopt;
  }
  return to_error(status);
}

bool is_short_page(const ScanOptions& options) {
  return options.limit != 0 && options.limit <= kInlineRowsMax;
}

std::optional<Result<Page>> read_page(rocksdb::DB& db, const std::string& partition,
                                      const ScanOptions& options, Tier tier) {
  const std::size_t limit =
      options.limit == 0 ? kPageRowsMax : std::min(options.limit, kPageRowsMax);
  const std::string head = partition_prefix(partition);
  const std::string first = head + std::max(options.start, options.prefix);
  const std::string end = end_of_prefix(head + options.prefix);
  if (first >= end) {
    return Page();
  }
  const rocksdb::Slice bound(end);
  rocksdb::ReadOptions read = read_options(tier);
  read.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(read));
  Page page;
  std::size_t bytes = 0;
  for (at->Seek(first); at->Valid(); at->Next()) {
    if (page.entries.size() == limit || bytes >= kPageBytesMax) {
      page.more = true;
      break;
    }
    Entry entry;
    entry.key.assign(at->key().data() + head.size(), at->key().size() - head.size());
    entry.value.assign(at->value().data(), at->value().size());
    bytes += entry.key.size() + entry.value.size();
    page.entries.push_back(std::move(entry));
  }
  const rocksdb::Status status = at->status();
  if (status.IsIncomplete() && tier == Tier::kMemory) {
    return std::nullopt;
  }
  if (!status.ok()) {
    return to_error(status);
  }
  return page;
}

}  // namespace tarn::kv
