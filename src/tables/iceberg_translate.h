#pragma once

#include "runtime/blocking_pool.h"
#include "tables/export_prune.h"
#include "tables/iceberg_location.h"
#include "tables/iceberg_manifest.h"
#include "tables/object_reader.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// Lists of manifests and manifests that an earlier translation wrote, by what they were made from
/// (translation_key()).
using IcebergReuse = std::map<std::string, IcebergManifest, std::less<>>;

/// How an Iceberg table is written again.
struct IcebergTranslation {
  /// URI of the exported table's folder, without a slash at the end.
  std::string root;
  /// What need not be read again. The objects that it was made from are as they were.
  IcebergReuse reuse = {};
  /// Unpacks and packs manifests, which takes a while; null = that happens on the loop.
  BlockingPool* pool = nullptr;
  std::size_t requests_max = 16;
};

struct IcebergReport {
  /// Of the metadata file that engines are told about.
  std::string metadata_uri;
  /// URIs of what was written, or would be: deletes, manifests, lists, and the metadata at the end.
  std::vector<std::string> written;
  std::uint64_t reused = 0;
  /// Files of data and deletes that were looked up.
  std::uint64_t objects = 0;
  /// Snapshots of the past that cannot be read where they are exported to, and why.
  std::vector<std::string> left_out;
};

/// Writes metadata, lists, manifests and deletes by position of a table below `<root>/metadata/`,
/// with the addresses of the objects in the store for those in the repository. Data is not copied.
/// Names come from contents, so nothing that is there is ever replaced by something else; the
/// metadata comes last. What lies at addresses of a store keeps them. Snapshots that are not needed
/// (IcebergSnapshot::needed) and cannot be translated keep their address: who goes back to them
/// finds nothing, rather than wrong rows. Errors: kBadIceberg for a needed one that cannot: a file
/// that is missing, or deletes by position that are not read; kBadAvro; those of the reader and the
/// writer.
Task<Result<IcebergReport>> translate_iceberg(Context ctx, ObjectReader& reader,
                                              ManifestWriter& writer, IcebergAddresses addresses,
                                              IcebergSource source, IcebergTranslation how);

/// What an earlier translation to `root`, whose metadata is `metadata_uri`, has written that can be
/// used again; nothing if it cannot be read.
Task<IcebergReuse> find_reusable(Context ctx, ManifestStore& store, std::string root,
                                 std::string metadata_uri);

}  // namespace tarn::tables
