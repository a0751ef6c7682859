#pragma once

#include "tables/export_prune.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tarn::tables {

/// Something that exported tables need.
struct Reference {
  enum class Kind : std::uint8_t {
    /// A manifest; of an Iceberg table also its metadata, its lists of manifests and deletes by
    /// position that were written for it.
    kManifest,
    /// An object that a manifest lists, as it is written there.
    kObject,
    /// A manifest that should be there and is not.
    kMissing,
  };
  Kind kind = Kind::kManifest;
  /// URI.
  std::string address;
  friend bool operator==(const Reference&, const Reference&) = default;
};

/// What tells of references: a file of an export, or an address that was found already.
struct ReferenceSource {
  enum class Kind : std::uint8_t {
    /// Of SymlinkTextInputFormat.
    kSymlinks,
    kIcebergManifest,
    /// A version of a Delta log.
    kDeltaLog,
    kDeltaCheckpoint,
    /// Needed, and names nothing that is to be told.
    kManifest,
    kObject,
    kMissing,
  };
  Kind kind = Kind::kManifest;
  std::string uri;
};

/// Itself and what it names, in the order of its lines; of a Delta log all that was ever part of
/// the table. Errors: those of the store, kBadAvro, kBadIceberg, kBadDeltaAction,
/// kBadParquet.
Task<Result<std::vector<Reference>>> read_source(Context ctx, ManifestStore& store,
                                                 ReferenceSource source);

}  // namespace tarn::tables
