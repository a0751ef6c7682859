#pragma once

#include "tables/export_location.h"
#include "tables/manifest.h"
#include "tables/object_reader.h"
#include "tables/partition.h"

#include <functional>
#include <string>
#include <string_view>

namespace tarn::tables {

struct SymlinkExport {
  PartitionLayout layout;
  /// Folder of the table under `location`.
  std::string table_name;
  /// export_uri(), parsed.
  StorageUri location;
  /// Whether the table's path in the repository is repeated below its folder.
  bool keep_table_path = false;
  /// Told each key before it is written. May be empty.
  std::function<void(std::string_view key)> on_manifest;
  /// Told each manifest's partition in the order of the listing. May be empty.
  std::function<void(std::string_view partition)> on_partition = {};

  // Bounds, here for tests.
  std::size_t page_objects = 1000;
  /// Writes, and a listing, at once.
  std::size_t requests_max = 16;
  static constexpr std::size_t kManifestBytesMax = 256 * kMiB;
  std::size_t manifest_bytes_max = kManifestBytesMax;
};

/// `<location>/<table>/[<path>/]<partition>symlink.txt`. Everything is taken as it is written.
std::string manifest_key(const SymlinkExport& spec, std::string_view partition);

/// Writes a manifest per partition of a Hive-style table, in the order of the listing, some at once
/// while the next page is listed. Memory: a page, its manifests and one that goes on. A table
/// without data writes nothing. After an error manifests of earlier pages may be there. Errors:
/// those of the reader and the writer, kBadManifest.
Task<Result<ExportCounts>> export_symlinks(Context ctx, ObjectReader& reader,
                                           ManifestWriter& writer, SymlinkExport spec);

}  // namespace tarn::tables
