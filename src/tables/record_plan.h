#pragma once

#include "tables/parquet_file.h"
#include "tables/record_schema.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// Where a part of a schema is in a file.
struct RecordPlan {
  std::string name;
  RecordField::Kind kind = RecordField::Kind::kGroup;
  /// The definition level from which on it is there.
  unsigned definition = 0;
  /// Of elements, and pairs of a map: from which on there is one, and at which another one begins.
  unsigned element_definition = 0;
  unsigned element_repeats = 0;
  /// Of a value; of the keys of a map.
  std::size_t column = 0;
  /// As those of the schema, without what the file has not.
  std::vector<RecordPlan> parts = {};
  /// All that are below it. The first one tells what is there.
  std::vector<std::size_t> columns = {};
};

/// Finds the parts of `schema` in a file. Nothing when it has none of them. Errors kBadParquet: a
/// column is of another type or shape; it is named.
Result<std::optional<RecordPlan>> plan_record(const RecordField& schema, const ParquetFile& file);

}  // namespace tarn::tables
