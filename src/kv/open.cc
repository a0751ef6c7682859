#include "kv/open.h"

#include "kv/rocksdb/read_only_store.h"
#include "kv/rocksdb/rocksdb_store.h"

namespace tarn::kv {

namespace {

Error unknown_type(const std::string& type) {
  return Error::with_message(kInvalid, "database.type: \"" + type + "\" is not one of local, mem");
}

}  // namespace

Result<std::unique_ptr<Store>> open(const Config& config, BlockingPool& pool, const Clock& clock) {
  if (config.type == "mem") {
    return open_mem(clock);
  }
  if (config.type == "local") {
    return RocksDbStore::open(config.local, pool, clock, nullptr);
  }
  return unknown_type(config.type);
}

Result<std::unique_ptr<Store>> open_read_only(const Config& config, BlockingPool& pool,
                                              const Clock& clock) {
  if (config.type == "mem") {
    return Error::with_message(kUnsupported,
                               "database.type: rows in memory are seen by their own server only");
  }
  if (config.type == "local") {
    return open_read_only_rocksdb(config.local, pool, clock);
  }
  return unknown_type(config.type);
}

}  // namespace tarn::kv
