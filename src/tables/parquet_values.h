#pragma once

#include "base/bytes.h"
#include "tables/parquet_page.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace tarn::tables {

// Values of pages (https://parquet.apache.org/docs/file-format/data-pages/encodings/), read from
// foreign bytes: PLAIN, RLE, dictionaries, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY and
// DELTA_BYTE_ARRAY; so many as the page says are `present`. Errors: kBadParquet, and those of the
// sink, which ends the reading.

using LongSink = std::function<Result<void>(std::int64_t)>;
/// The view is valid during the call.
using TextSink = std::function<Result<void>(ByteView)>;

/// A text that grows from the one before may have so many bytes.
inline constexpr std::size_t kParquetTextBytesMax = 1 * kMiB;

/// Those of a dictionary are read by the same functions.
Result<void> read_longs(const ParquetPage& page, const std::vector<std::int64_t>& dictionary,
                        const LongSink& sink);
/// Numbers of 32 bits.
Result<void> read_ints(const ParquetPage& page, const std::vector<std::int64_t>& dictionary,
                       const LongSink& sink);
/// 0 and 1.
Result<void> read_flags(const ParquetPage& page, const LongSink& sink);
Result<void> read_texts(const ParquetPage& page, const std::vector<ByteView>& dictionary,
                        const TextSink& sink);

/// Whether the levels of an optional column say that each of its values is there.
bool all_present(ByteView levels, std::uint64_t values);

/// The number in the first `size_bytes`, which are there.
std::uint64_t little_endian(ByteView bytes, std::size_t size_bytes);

}  // namespace tarn::tables
