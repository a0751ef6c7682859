#pragma once

#include "base/bytes.h"
#include "tables/errors.h"
#include "tables/object_reader.h"
#include "tables/partition.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::tables {

/// Name of a manifest, one in each folder of the exported table.
inline constexpr std::string_view kManifestName = "symlink.txt";

/// The list of one partition's objects that engines read through SymlinkTextInputFormat: their
/// addresses, each with a newline behind it.
struct Manifest {
  /// PartitionLayout::Place::partition.
  std::string partition;
  Bytes content;
};

/// What became of the objects of a listing.
struct ExportCounts {
  std::uint64_t manifests = 0;
  std::uint64_t objects = 0;
  std::uint64_t hidden = 0;
  std::uint64_t markers = 0;
  std::uint64_t stray = 0;
};

/// Turns a listing into manifests, one object at a time in the order of the paths. Holds one
/// manifest.
class ManifestBuilder {
 public:
  ManifestBuilder(PartitionLayout layout, std::size_t manifest_bytes_max)
      : layout_(std::move(layout)), manifest_bytes_max_(manifest_bytes_max) {}

  /// Gives the manifest that `object` shows to be complete, if any. Errors: kBadManifest for an
  /// address that holds a newline, and for a manifest beyond the limit.
  Result<std::optional<Manifest>> add(const TableObject& object);
  /// The last manifest; nothing when no object was data.
  std::optional<Manifest> finish();
  const ExportCounts& counts() const { return counts_; }

 private:
  PartitionLayout layout_;
  std::size_t manifest_bytes_max_;
  std::optional<Manifest> open_;
  ExportCounts counts_;
};

}  // namespace tarn::tables
