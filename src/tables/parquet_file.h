#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tarn::tables {

/// Bytes that are no Parquet, or more than is read of it; the message says what is wrong.
inline constexpr ErrorId kBadParquet{ErrorKind::kInvalid, "invalid Parquet file"};

/// Of a value as it is stored; others are not read.
enum class ParquetType : std::int64_t { kBoolean = 0, kInt32 = 1, kInt64 = 2, kBytes = 6 };

enum class ParquetRepetition : std::int64_t { kRequired = 0, kOptional = 1, kRepeated = 2 };

/// A part of a schema: a column, or a group of parts.
struct ParquetField {
  std::string name;
  ParquetRepetition repetition = ParquetRepetition::kRequired;
  std::vector<ParquetField> children = {};
  /// The number of its column; without a meaning where there are children.
  std::size_t column = 0;
  /// The definition level from which on it is there, and the repetition level at which another one
  /// begins or, unless it is repeated itself, what it is in does.
  unsigned definition = 0;
  unsigned repeats = 0;
};

struct ParquetColumn {
  /// With those of the groups that it is in before it, and points between them.
  std::string name;
  /// Iceberg's.
  std::optional<std::int64_t> field_id;
  /// A number of a stranger, which may be none of them.
  ParquetType type = ParquetType::kInt64;
  /// What its levels reach: a value is there at the greatest definition. 0 = pages have none.
  unsigned definition_max = 0;
  unsigned repetition_max = 0;
};

/// The values of one column in one group of rows.
struct ParquetChunk {
  /// CompressionCodec of parquet.thrift.
  std::int64_t codec = 0;
  std::uint64_t values = 0;
  /// Its pages, one behind the other.
  ByteView pages;
};

struct ParquetRowGroup {
  std::uint64_t rows = 0;
  /// One for each column.
  std::vector<ParquetChunk> chunks;
};

/// A Parquet file (https://parquet.apache.org/docs/file-format/):
///
/// | Part | Bytes |
/// | --- | --- |
/// | beginning | `PAR1` |
/// | pages | anywhere |
/// | metadata | FileMetaData in Thrift's compact protocol |
/// | end | length of the metadata, four bytes little-endian; `PAR1` |
struct ParquetFile {
  /// All of the schema; its own name says nothing.
  ParquetField schema;
  /// The columns at its ends, in order.
  std::vector<ParquetColumn> columns;
  std::vector<ParquetRowGroup> row_groups;
};

/// Views in it point into `bytes`. The numbers of rows and values are as the file says, and not
/// checked against its pages. Errors: kBadParquet, also for groups more than 16 deep, encrypted
/// files and those that name others.
Result<ParquetFile> parse_parquet_file(ByteView bytes);

/// Errors kBadParquet, when a column is nested or repeated.
Result<void> require_flat(const ParquetFile& file);

}  // namespace tarn::tables
