#pragma once

#include "base/json.h"
#include "tables/descriptor.h"

#include <string>
#include <string_view>

namespace tarn::tables {

struct GlueTable {
  /// Of the table in its database; see glue_table_name().
  std::string name;
  /// URI of the exported table's folder, without a slash at the end.
  std::string location;
};

/// Errors kBadDescriptor, naming the field, for a type that Hive does not know.
Result<void> check_types(const TableDescriptor& descriptor, std::string_view file);

/// Glue's TableInput for an exported Hive table: `user_input` (formats, serde, parameters, …) with
/// Name, PartitionKeys, TableType, StorageDescriptor.Columns and StorageDescriptor.Location
/// replaced. `file` is the descriptor's. Errors: kBadDescriptor (another type than hive; a
/// partition column without a field; a type that Hive does not know), kBadTableInput.
Result<Json> make_table_input(const TableDescriptor& descriptor, std::string_view file,
                              const GlueTable& table, Json user_input);

}  // namespace tarn::tables
