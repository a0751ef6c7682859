#pragma once

#include "base/bytes.h"
#include "tables/iceberg_manifest.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::tables::testing {

/// An Avro container file of rows that are encoded already.
Bytes avro_file(std::string_view schema, const std::vector<Bytes>& rows,
                std::string_view codec = "deflate");

/// A map of numbers, which is a list of pairs; null when empty. Its values are encoded.
Bytes avro_pairs(const std::vector<std::pair<std::int64_t, Bytes>>& pairs);

/// An entry of a manifest; its partition is empty and its statistics are those of one column.
struct ManifestEntry {
  std::string file_path = {};
  std::int64_t status = 1;
  /// 0 data, 1 deletes by position, 2 by equality.
  std::int64_t content = 0;
  std::string file_format = "PARQUET";
  /// Null when empty.
  std::string referenced = {};
  std::int64_t size_bytes = 9;
  /// Bounds of `file_path`, beside that column's; none when empty.
  std::string least_path = {};
  std::string greatest_path = {};
};
Bytes manifest_file(const std::vector<ManifestEntry>& entries, std::string_view codec = "deflate");
Bytes manifest_list_file(const std::vector<IcebergManifest>& manifests,
                         std::string_view codec = "deflate");

struct MetadataSnapshot {
  std::int64_t id = 0;
  std::string manifest_list;
};
/// A metadata file of format 2 with columns `id` and `name`; the last snapshot is the current one.
std::string metadata_json(std::string_view location,
                          const std::vector<MetadataSnapshot>& snapshots);

}  // namespace tarn::tables::testing
