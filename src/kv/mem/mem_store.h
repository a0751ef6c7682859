#pragma once

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "kv/store.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tarn::kv {

/// Rows in ordered maps behind one mutex. See open_mem().
class MemStore final : public Store {
 public:
  explicit MemStore(const Clock& clock) : clock_(clock) {}

  Task<Result<Bytes>> get(Context ctx, Key key) override;
  Task<Result<void>> set(Context ctx, Key key, Bytes value) override;
  Task<Result<void>> set_if(Context ctx, Key key, Bytes value, Predicate expected) override;
  Task<Result<void>> remove(Context ctx, Key key) override;
  Task<Result<Page>> scan(Context ctx, std::string partition, ScanOptions options) override;
  Task<Result<void>> remove_partition(Context ctx, std::string partition) override;
  Task<Result<void>> set_many(Context ctx, std::string partition, std::vector<Entry> rows) override;
  std::optional<Result<Bytes>> get_now(const Key& key) override;

 private:
  using Partition = std::map<std::string, Bytes>;

  Result<Bytes> find(const Key& key) const;
  Result<void> write_if(Key key, Bytes value, const Predicate& expected);
  Page page(const std::string& partition, const ScanOptions& options) const;

  const Clock& clock_;
  mutable Mutex mutex_;
  std::map<std::string, Partition> partitions_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::kv
