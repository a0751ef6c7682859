#pragma once

#include "base/error.h"

#include <string>

namespace tarn::kv {

/// Makes sure that `path` is a data folder of ours, creating and marking it if it is missing or
/// empty, and returns the folder for RocksDB inside it. Every folder and the marker are synced
/// before this returns. A folder that holds anything else is not touched. Layout
/// (docs/formats/kv.md): `TARN_KV` (one line: `tarn-kv <format version>`) and `db/`. Errors:
/// kForeignFolder, kCorruption (marked as filled, but the database is gone), kUnavailable.
Result<std::string> claim_data_folder(const std::string& path);

/// The folder for RocksDB in a data folder of ours that exists. Touches nothing. Errors: kNoStore,
/// kForeignFolder, kCorruption.
Result<std::string> find_data_folder(const std::string& path);

/// The format that this build reads and writes.
inline constexpr int kDataFolderVersion = 1;

}  // namespace tarn::kv
