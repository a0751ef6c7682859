#pragma once

#include "base/error.h"
#include "base/json.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// An Iceberg table that cannot be used; the message names the file and what is wrong with it.
inline constexpr ErrorId kBadIceberg{ErrorKind::kInvalid, "invalid Iceberg table"};

struct IcebergSnapshot {
  std::int64_t id = 0;
  /// Address of the list of its manifests; empty where version 1 names the manifests themselves.
  std::string manifest_list;
  std::vector<std::string> manifests;
  /// It is the current one, or that of a branch or tag: without it there is no such table.
  bool needed = false;
};

/// What a `….metadata.json` says (https://iceberg.apache.org/spec/#table-metadata-fields), formats
/// 1 to 3, as far as exports need it.
struct IcebergMetadata {
  std::int64_t format_version = 0;
  std::string location;
  std::int64_t last_updated_ms = 0;
  std::optional<std::int64_t> current_snapshot;
  std::vector<IcebergSnapshot> snapshots;
  /// Addresses of statistics.
  std::vector<std::string> statistics;
  /// Glue's Columns, as Iceberg's own Glue catalog writes them: those of the current schema, then
  /// those of earlier ones that are gone, each with `iceberg.field.id`, `iceberg.field.optional`
  /// and `iceberg.field.current`.
  Json columns;
};

/// `file` is named in errors: kBadIceberg.
Result<IcebergMetadata> parse_iceberg_metadata(std::string_view json, std::string_view file);

/// The address that one is replaced by; nothing where it stays.
using AddressMap = std::function<std::optional<std::string>(const std::string&)>;
/// The metadata (well-formed) with another location, with other addresses of lists, manifests and
/// statistics, without the log of earlier metadata, and with the property `gc.enabled` = `false`;
/// every other member keeps its bytes.
std::string rewrite_iceberg_metadata(std::string_view json, std::string_view location,
                                     const AddressMap& addresses);

/// The type of a column in Hive's words, as Iceberg's own Glue catalog writes it. Errors
/// kBadIceberg.
Result<std::string> iceberg_hive_type(const Json& type);

}  // namespace tarn::tables
