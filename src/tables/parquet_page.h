#pragma once

#include "base/bytes.h"
#include "tables/parquet_file.h"

#include <cstddef>
#include <cstdint>

namespace tarn::tables {

struct ParquetPage {
  /// It holds the values that the numbers in later pages stand for.
  bool dictionary = false;
  /// Those of a page of data may be absent: `present` are there, as far as it is known. Who reads
  /// levels sets it.
  std::uint64_t values = 0;
  std::uint64_t present = 0;
  /// Encoding of parquet.thrift.
  std::int64_t encoding = 0;
  /// All of it is in here: levels as runs, and the values.
  Bytes bytes;
  struct Part {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  Part repetition;
  Part definition;
  Part content_at;
  ByteView part(Part at) const { return ByteView(bytes).substr(at.begin, at.size); }
  ByteView content() const { return part(content_at); }
};

/// A page of values that are all there, and nothing else.
ParquetPage make_parquet_page(Bytes values, std::uint64_t count, std::int64_t encoding);

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
  ParquetPages(const ParquetChunk& chunk, const ParquetColumn& column, std::uint64_t& budget_bytes)
      : rest_(chunk.pages),
        codec_(chunk.codec),
        values_left_(chunk.values),
        defines_(column.definition_max > 0),
        repeats_(column.repetition_max > 0),
        budget_bytes_(budget_bytes) {}

  /// False behind the last one. Errors: kBadParquet, also for more values than the chunk has.
  Result<bool> next(ParquetPage& page);

 private:
  struct Header;
  Result<void> take(const Header& header, ByteView stored, ParquetPage& page) const;
  Result<void> take_v1(const Header& header, ByteView stored, ParquetPage& page) const;
  Result<void> take_v2(const Header& header, ByteView stored, ParquetPage& page) const;

  ByteView rest_;
  const std::int64_t codec_;
  std::uint64_t values_left_;
  const bool defines_;
  const bool repeats_;
  std::uint64_t& budget_bytes_;
};

}  // namespace tarn::tables
