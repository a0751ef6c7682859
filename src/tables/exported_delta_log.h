#pragma once

#include "tables/export_prune.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace tarn::tables {

/// URI of the log of an exported table whose folder is `location`, with a slash at its end.
std::string exported_log_uri(std::string_view location);

/// What there is of an exported table's log.
struct ExportedDeltaLog {
  /// Its URI.
  std::string folder;
  /// Versions, and checkpoints of one file.
  std::set<std::uint64_t> versions;
  std::set<std::uint64_t> checkpoints;
  bool hint = false;

  /// Whether a reader finds version `last`: it and all before it are there, from 0 or a checkpoint
  /// on.
  bool reaches(std::uint64_t last) const;
  /// Behind the last version.
  std::uint64_t end() const;
};
/// Of the table whose folder is `location`.
Task<Result<ExportedDeltaLog>> exported_delta_log(Context ctx, ManifestStore& store,
                                                  std::string location);

}  // namespace tarn::tables
