#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "tables/iceberg_metadata.h"

#include <cstdint>
#include <functional>
#include <map>
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
  /// `parquet`, `avro`, `orc`, `puffin`, in lower case.
  std::string format;
  /// What all of its deletes are about; may be empty.
  std::string referenced;
  /// It is no longer part of the table, and may be gone.
  bool removed = false;
  /// Deletes by position that hold, in themselves, the addresses of the files that they are about.
  bool holds_addresses = false;
};
Result<std::vector<IcebergFile>> read_manifest(ByteView file);

/// What a file of deletes by position became, where that is another file with the same deletes of
/// other addresses.
struct IcebergDeletesFile {
  std::string address;
  std::int64_t size_bytes = 0;
  std::vector<std::int64_t> split_offsets;
  /// What its columns take in it.
  std::int64_t path_bytes = 0;
  std::int64_t position_bytes = 0;
  /// Addresses of data that it names: the first and the last in their order.
  std::string least;
  std::string greatest;
};
/// By the address that a manifest has; removed files are not looked for.
using IcebergDeletesMap = std::map<std::string, IcebergDeletesFile, std::less<>>;

/// `addresses` is asked for those that are not in `deletes`.
Result<Bytes> rewrite_manifest(ByteView file, const AddressMap& addresses,
                               const IcebergDeletesMap& deletes);

}  // namespace tarn::tables
