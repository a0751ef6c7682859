#pragma once

#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/descriptor.h"
#include "tables/object_reader.h"
#include "tables/partition.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// Whether the columns of files of this format (table_format.h) can be seen in them.
bool can_be_sampled(std::string_view format);

struct TableSample {
  /// The file that was looked at.
  std::string path;
  std::vector<TableField> fields;
  /// Of Avro files.
  std::optional<std::string> avro_schema;
  /// Rows are known by their order, not by names.
  bool by_position = false;
};

/// Looks at the beginning of the table's first file that is not empty, with the reader's rights.
/// Nothing when there is none. Errors: those of the reader; kInvalid, `<path>: …`, for a file that
/// cannot be read as `format`, which can be sampled.
Task<Result<std::optional<TableSample>>> sample_table(Context ctx, ObjectReader& reader,
                                                      PartitionLayout layout, std::string format);

/// Gives a descriptor without fields those of the sample; partition columns, which no file holds,
/// are strings and come first.
void adopt_sample(TableDescriptor& descriptor, const TableSample& sample);

}  // namespace tarn::tables
