#pragma once

#include "kv/store.h"

#include <cstdint>
#include <optional>
#include <string>

namespace rocksdb {
class DB;
class Status;
}  // namespace rocksdb

namespace tarn::kv {

// How rows are read from a database, for the store that owns it and the one that only looks.

enum class Tier : std::uint8_t { kMemory, kDisk };

/// kCorruption or kUnavailable.
Error to_error(const rocksdb::Status& status);

/// The row at a physical key (row_key.h). Absent: the answer is not in memory (Tier::kMemory only).
std::optional<Result<Bytes>> read_row(rocksdb::DB& db, const std::string& row, Tier tier);
std::optional<Result<Page>> read_page(rocksdb::DB& db, const std::string& partition,
                                      const ScanOptions& options, Tier tier);

/// True for a page that may be read on the loop if memory has it; a larger one would hold the loop
/// for longer than the hop to the pool costs.
bool is_short_page(const ScanOptions& options);

}  // namespace tarn::kv
