#pragma once

#include "base/bytes.h"
#include "tables/parquet_file.h"

#include <cstddef>
#include <cstdint>

namespace tarn::tables {

struct ParquetPage {
  /// It holds the values that the numbers in later pages stand for.
  bool dictionary = false;
  std::uint64_t values = 0;
  /// Encoding of parquet.thrift.
  std::int64_t encoding = 0;
  Bytes bytes;
  /// Where the values begin.
  std::size_t begin = 0;
  ByteView content() const { return ByteView(bytes).substr(begin); }
};

/// The pages of a chunk, of both versions, each a PageHeader (Thrift) and bytes:
///
/// | Page | Bytes |
/// | --- | --- |
/// | dictionary | values (compressed) |
/// | data, version 1 | levels with their length in four bytes, values (compressed together) |
/// | data, version 2 | levels, values (compressed) |
///
/// A page may become 64 MiB.
class ParquetPages {
 public:
  /// `budget_bytes`, which outlives it, is what pages may still become; it is counted down.
  ParquetPages(const ParquetChunk& chunk, bool optional, std::uint64_t& budget_bytes)
      : rest_(chunk.pages),
        codec_(chunk.codec),
        values_left_(chunk.values),
        optional_(optional),
        budget_bytes_(budget_bytes) {}

  /// False behind the last one. Errors: kBadParquet, also for values that are null, and for more
  /// than the chunk has.
  Result<bool> next(ParquetPage& page);

 private:
  struct Header;
  Result<void> take(const Header& header, ByteView stored, ParquetPage& page);

  ByteView rest_;
  const std::int64_t codec_;
  std::uint64_t values_left_;
  const bool optional_;
  std::uint64_t& budget_bytes_;
};

}  // namespace tarn::tables
