#pragma once

#include "base/bytes.h"
#include "tables/parquet_file.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tarn::tables {

// Iceberg's files of deletes by position, in Parquet
// (https://iceberg.apache.org/spec/#position-delete-files): each row has the address of a file of
// data and the number of a row in it, ordered by both.
//
// | Column | Field id | Type |
// | --- | --- | --- |
// | `file_path` | 2147483546 | string |
// | `pos` | 2147483545 | long |

inline constexpr std::int64_t kDeletesPathField = 2147483546;
inline constexpr std::int64_t kDeletesPositionField = 2147483545;

/// Numbers of rows, by the address of their file.
using PositionDeletes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

/// Positions come in the order of the file. Holds all of it: some 8 bytes a row. Errors
/// kBadParquet: for other columns than the two (`row`, which holds what was deleted), for more than
/// 10,000,000 rows or 100,000 files of data, and those of parse_parquet_file().
Result<PositionDeletes> read_position_deletes(ByteView parquet);

struct PositionDeletesFile {
  Bytes content;
  /// Where its groups of rows begin.
  std::vector<std::int64_t> split_offsets;
  /// What the columns take in it.
  std::int64_t path_bytes = 0;
  std::int64_t position_bytes = 0;
};

/// In the order that Iceberg wants, whatever that of the positions. The same deletes always make
/// the same bytes.
PositionDeletesFile write_position_deletes(PositionDeletes deletes);

}  // namespace tarn::tables
