#pragma once

#include "base/json.h"
#include "tables/errors.h"
#include "tables/partition.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// A partition of an exported table as Glue knows it.
struct GluePartition {
  /// In the order of the table's PartitionKeys.
  std::vector<std::string> values;
  /// URI of the folder that holds its manifest, without a slash at the end.
  std::string location;
  friend bool operator==(const GluePartition&, const GluePartition&) = default;
};

/// `cat/5`, for messages.
std::string partition_text(const std::vector<std::string>& values);

/// Whether Glue can hold a partition of these values: UTF-8 of 1 to 1024 bytes each.
bool can_be_registered(const std::vector<std::string>& values);

/// The partitions of manifest folders (PartitionLayout::Place::partition) that lie under `base`, a
/// URI with a slash at the end. Errors kBadPartition: what Glue cannot hold (no UTF-8, too long),
/// and two folders of the same values, of which a query would see one.
Result<std::vector<GluePartition>> glue_partitions(const PartitionLayout& layout,
                                                   std::string_view base,
                                                   const std::vector<std::string>& folders);

/// Glue's PartitionInput: the table's StorageDescriptor at the partition's location.
Json partition_input(const Json& table_input, const GluePartition& partition);

/// `table_input` with the parameters of Athena's partition projection, by which partitions need no
/// records: whole numbers are a range, all else is a list of the values that are there
/// (https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html).
/// `columns` are the layout's. Errors kBadPartition for what projection cannot say: escaped values,
/// commas, folders between those of the columns, null in a column of numbers.
Result<Json> project_partitions(Json table_input, const PartitionLayout& layout,
                                const std::vector<std::string>& columns,
                                const std::vector<std::string>& folders);

}  // namespace tarn::tables
