#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "tables/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tarn::tables {

/// The end of a Parquet file (https://parquet.apache.org/docs/file-format/): metadata, its length
/// in four bytes little-endian, `PAR1`.
inline constexpr std::size_t kParquetTailBytes = 8;
/// Bytes of metadata before the tail. Errors kInvalid: no Parquet, or encrypted.
Result<std::size_t> parquet_metadata_bytes(ByteView tail);

/// Columns of a Parquet file in the words of Hive: names in lower case, types as Hive's Parquet
/// SerDe and Athena read them. `metadata` is all of it or its beginning, which holds the schema.
/// Errors kInvalid, saying what is wrong.
Result<std::vector<TableField>> parquet_columns(ByteView metadata);

}  // namespace tarn::tables
