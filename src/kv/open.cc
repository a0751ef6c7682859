#include "kv/open.h"

#include "kv/mem/mem_store.h"
#include "kv/rocksdb/rocksdb_store.h"

namespace tarn::kv {

Result<std::unique_ptr<Store>> open(const Config& config, BlockingPool& pool, const Clock& clock) {
  if (config.type == "mem") {
    return open_mem(clock);
  }
  if (config.type == "local") {
    return RocksDbStore::open(config.local, pool, clock, nullptr);
  }
  return Error::with_message(kInvalid,
                             "database.type: \"" + config.type + "\" is not one of local, mem");
}

std::unique_ptr<Store> open_mem(const Clock& clock) { return std::make_unique<MemStore>(clock); }

std::unique_ptr<Store> open_mem() {
  static const SystemClock clock;
  return open_mem(clock);
}

}  // namespace tarn::kv
