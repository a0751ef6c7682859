#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "tables/descriptor.h"

#include <string>
#include <vector>

namespace tarn::tables {

struct AvroColumns {
  /// In the words of Hive, as its AvroSerDe maps them: names in lower case.
  std::vector<TableField> fields;
  /// What the file's header says, to the letter: names there keep their case, by which the SerDe
  /// finds them.
  std::string schema;
};

/// Columns of an Avro object container file, of which `bytes` may be the beginning. Errors:
/// kBadAvro; kInvalid, naming the column, for records that hold themselves, which no column can.
Result<AvroColumns> avro_columns(ByteView bytes);

}  // namespace tarn::tables
