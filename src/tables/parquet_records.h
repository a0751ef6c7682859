#pragma once

#include "tables/parquet_cursor.h"
#include "tables/parquet_file.h"
#include "tables/record_schema.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tarn::tables {

struct ParquetLimits {
  std::uint64_t rows_max = 10'000'000;
  /// What pages and values may become in all.
  std::uint64_t budget_bytes = std::uint64_t{1} << 30U;
};

/// Where the parts of a schema are in a file's columns.
struct RecordPlan;

/// The rows of a Parquet file as JSON objects. Of its columns those of a schema are read, by their
/// names; others are passed without a look at their pages, and what the file has not is not there.
/// Lists and maps may have any of the forms of
/// https://github.com/apache/parquet-format/blob/master/LogicalTypes.md. Holds a page of each
/// column. Not thread-safe.
class ParquetRecords {
 public:
  /// `file` and its bytes outlive it. Errors kBadParquet: a column is of another type or shape than
  /// `schema`, a group, says; more rows than is read.
  static Result<ParquetRecords> open(const ParquetFile& file, const RecordField& schema,
                                     ParquetLimits limits = {});
  ParquetRecords(ParquetRecords&&) noexcept;
  ~ParquetRecords();

  /// Appends the next row to `out`: members without a value are left out, and elements and values
  /// of maps without one are null. False behind the last one. Errors kBadParquet, with the name of
  /// the column.
  Result<bool> next(std::string& out);

 private:
  explicit ParquetRecords(const ParquetFile& file);

  Result<void> begin_group(const ParquetRowGroup& group);
  Result<void> check_ended() const;

  const ParquetFile& file_;
  std::unique_ptr<RecordPlan> plan_;
  std::unique_ptr<std::uint64_t> budget_bytes_;
  std::size_t next_group_ = 0;
  std::uint64_t rows_left_ = 0;
  /// By column; null for those that are passed.
  std::vector<std::unique_ptr<ParquetCursor>> cursors_;
};

}  // namespace tarn::tables
