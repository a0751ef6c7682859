#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "tables/parquet_file.h"
#include "tables/parquet_records.h"
#include "tables/parquet_records_writer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::tables {

// Checkpoints of Delta logs
// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints): the actions that make a
// table, each a row of a Parquet file with one column for each kind of action. Here they are lines
// of JSON, as those of a version.

/// Their columns: `txn`, `add`, `remove`, `metaData`, `protocol`, `domainMetadata`, and those of
/// V2, `sidecar` and `checkpointMetadata`.
const RecordField& delta_checkpoint_schema();

/// Reads one file. Statistics and values of partitions in columns of their own (`stats_parsed`,
/// `partitionValues_parsed`) and what the protocol does not name are passed. Not thread-safe.
class DeltaCheckpointReader {
 public:
  /// Errors: those of parse_parquet_file() and ParquetRecords::open().
  static Result<DeltaCheckpointReader> open(Bytes parquet, ParquetLimits limits = {});

  /// Appends lines to `lines` until those are about `size_bytes` long; false when there were none
  /// left. Errors kBadParquet, with the column's name.
  Result<bool> next(Bytes& lines, std::size_t size_bytes);

 private:
  struct Source {
    Bytes bytes;
    ParquetFile file;
  };
  DeltaCheckpointReader(std::unique_ptr<Source> source, ParquetRecords records)
      : source_(std::move(source)), records_(std::move(records)) {}

  std::unique_ptr<Source> source_;
  ParquetRecords records_;
};

/// The lines without those that only say how a V2 checkpoint is stored, whose sidecars are added to
/// `sidecars`: their names in `_delta_log/_sidecars/`. Errors kBadParquet, for those elsewhere.
Result<Bytes> take_sidecars(Bytes lines, std::vector<std::string>& sidecars);

/// Writes a checkpoint of one file. Not thread-safe.
class DeltaCheckpointWriter {
 public:
  DeltaCheckpointWriter() : records_(schema()) {}

  /// Actions of kinds that a checkpoint has not are left out. Errors: kInvalid for what is no JSON,
  /// kBadParquet for an action with a member of another kind than the protocol says.
  Result<void> add(std::string_view lines);

  struct Made {
    Bytes parquet;
    /// `_last_checkpoint`, JSON.
    Bytes hint;
  };
  /// Once, at the end.
  Made finish(std::uint64_t version);

 private:
  static const RecordField& schema();

  ParquetRecordsWriter records_;
  std::uint64_t added_files_ = 0;
};

/// Calls `visit(line)` for each line of a log that is not blank, without what ends it.
template <class Visit>
Result<void> each_delta_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.find_first_not_of(" \t") != std::string_view::npos) {
      TARN_CHECK_OK(visit(line));
    }
  }
  return {};
}

}  // namespace tarn::tables
