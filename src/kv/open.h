#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "kv/store.h"
#include "runtime/blocking_pool.h"

#include <cstddef>
#include <memory>
#include <string>

namespace tarn::kv {

/// The data folder is held by another process, or by another store of this one.
inline constexpr ErrorId kStoreInUse{ErrorKind::kUnavailable, "the data folder is in use"};
/// The folder holds files that are not ours, or that a newer version wrote. It was not touched.
inline constexpr ErrorId kForeignFolder{ErrorKind::kInvalid, "not a data folder of this server"};

/// There is nothing to open for reading.
inline constexpr ErrorId kNoStore{ErrorKind::kNotFound, "no data folder"};
/// A write to a store that was opened for reading.
inline constexpr ErrorId kReadOnlyStore{ErrorKind::kForbidden, "the store was opened for reading"};

/// The embedded store: RocksDB in a folder of its own.
struct LocalConfig {
  std::string path;
  /// Off only for imports that can be repeated: a power failure then loses acknowledged writes.
  bool sync_writes = true;
  /// Memory for blocks, indexes and filters of the files on disk.
  std::size_t block_cache_bytes = 8 * kMiB;
  /// Rows are written to a file when this much has gathered; at most two of these are in memory,
  /// and as much log on disk.
  std::size_t memtable_bytes = 8 * kMiB;
  /// Writes beyond this many waiting ones are refused with kSlowDown.
  std::size_t pending_writes_max = 16384;
  std::size_t pending_bytes_max = 64 * kMiB;
};

struct Config {
  /// `local` or `mem`.
  std::string type = "local";
  LocalConfig local;
};

/// Opens the store that `config` names; creates a missing folder. Blocking: for start-up. `pool`
/// and `clock` outlive the store, and the store outlives every task that uses it. Errors:
/// kStoreInUse, kForeignFolder, kCorruption, kUnavailable (the file system refuses), kInvalid
/// (unknown type, no path).
Result<std::unique_ptr<Store>> open(const Config& config, BlockingPool& pool, const Clock& clock);

/// The rows as they are now, also while a server writes to them: one state that contains everything
/// acknowledged before the call and does not change afterwards. Takes no lock and writes nothing
/// into the data folder. Writes to it give kReadOnlyStore. Blocking; costs memory for the rows that
/// are in the server's log only (tens of MiB), and keeps every file of the database open. Errors:
/// kNoStore, kForeignFolder, kCorruption, kUnavailable (the files cannot be read, or change faster
/// than they can be opened), kUnsupported (rows in another process's memory).
Result<std::unique_ptr<Store>> open_read_only(const Config& config, BlockingPool& pool,
                                              const Clock& clock);

/// Rows in memory, gone with the store. The strictest driver: pages are short and every call
/// suspends once, so that tests meet the interleavings that a network would cause.
std::unique_ptr<Store> open_mem(const Clock& clock);
/// The same with the machine's clock, for tests.
std::unique_ptr<Store> open_mem();

}  // namespace tarn::kv
