#pragma once

#include "base/bytes.h"
#include "base/json.h"
#include "tables/record_schema.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tarn::tables {

/// Writes JSON objects as the rows of a Parquet file: what ParquetRecords reads with the same
/// schema. Lists and maps have their standard forms, every part may be absent. Each group of rows
/// has one page of each column, its values as they are, compressed by zstd. The same rows always
/// make the same bytes. Memory: the file, and 8 MiB of the rows. Not thread-safe.
class ParquetRecordsWriter {
 public:
  /// `schema` is a group, and outlives it.
  explicit ParquetRecordsWriter(const RecordField& schema);
  ParquetRecordsWriter(const ParquetRecordsWriter&) = delete;
  ParquetRecordsWriter& operator=(const ParquetRecordsWriter&) = delete;
  ~ParquetRecordsWriter();

  /// Members of `record` that the schema has not are left out. Errors kBadParquet, with the name of
  /// the member that is of another kind; then nothing of it may be used any more.
  Result<void> add(const Json& record);
  std::uint64_t rows() const;
  /// The whole file. Once, at the end.
  Bytes finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::tables
