#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>

namespace tarn::tables {

/// CompressionCodec of parquet.thrift; others are not read.
enum class ParquetCodec : std::int64_t {
  kNone = 0,
  kSnappy = 1,
  kGzip = 2,
  kZstd = 6,
  kLz4Raw = 7,
};

/// What `bytes` are the compressed form of, which is `size_bytes` long. Errors kBadParquet: for
/// another codec, and bytes that become something else.
Result<Bytes> parquet_decompress(std::int64_t codec, ByteView bytes, std::size_t size_bytes);

/// As kZstd.
Bytes parquet_compress(ByteView bytes);

}  // namespace tarn::tables
