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
enum class ParquetType : std::int64_t { kInt64 = 2, kBytes = 6 };

struct ParquetColumn {
  std::string name;
  /// Iceberg's.
  std::optional<std::int64_t> field_id;
  /// A number of a stranger, which may be none of them.
  ParquetType type = ParquetType::kInt64;
  /// Each value has a level that says whether it is there.
  bool optional = false;
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

/// A flat Parquet file (https://parquet.apache.org/docs/file-format/):
///
/// | Part | Bytes |
/// | --- | --- |
/// | beginning | `PAR1` |
/// | pages | anywhere |
/// | metadata | FileMetaData in Thrift's compact protocol |
/// | end | length of the metadata, four bytes little-endian; `PAR1` |
struct ParquetFile {
  std::vector<ParquetColumn> columns;
  std::vector<ParquetRowGroup> row_groups;
};

/// Views in it point into `bytes`. The numbers of rows and values are as the file says, and not
/// checked against its pages. Errors: kBadParquet, also for columns that are nested or repeated,
/// encrypted files and those that name others.
Result<ParquetFile> parse_parquet_file(ByteView bytes);

}  // namespace tarn::tables
