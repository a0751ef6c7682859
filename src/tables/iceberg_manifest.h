#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "tables/iceberg_metadata.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

// Iceberg's own Avro files (https://iceberg.apache.org/spec/#manifests): their addresses found, and
// written again with others. All else in them keeps its bytes. Errors: kBadAvro, kBadIceberg.

/// A manifest as a list of manifests names it.
struct IcebergManifest {
  std::string address;
  std::int64_t size_bytes = 0;
};
Result<std::vector<IcebergManifest>> read_manifest_list(ByteView file);

/// What a manifest becomes; nothing where it stays.
using ManifestMap = std::function<std::optional<IcebergManifest>(const std::string&)>;
Result<Bytes> rewrite_manifest_list(ByteView file, const ManifestMap& manifests);

/// A file of data or deletes as a manifest names it.
struct IcebergFile {
  std::string address;
  /// What the deletes of a deletion vector are about; may be empty.
  std::string referenced;
  /// It is no longer part of the table, and may be gone.
  bool removed = false;
  /// Deletes by position that hold, in themselves, the addresses of the files that they are about.
  bool holds_addresses = false;
};
Result<std::vector<IcebergFile>> read_manifest(ByteView file);
Result<Bytes> rewrite_manifest(ByteView file, const AddressMap& addresses);

}  // namespace tarn::tables
