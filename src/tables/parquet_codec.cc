#include "tables/parquet_codec.h"

#include "base/assert.h"
#include "base/deflate.h"
#include "tables/parquet_file.h"

#include <fmt/format.h>
#include <snappy.h>

#include <lz4.h>
#include <zstd.h>

#include <limits>
#include <optional>
#include <string_view>

namespace tarn::tables {
namespace {

/// False where the bytes say themselves that they become something else. Spares the memory for it.
bool can_become(ParquetCodec codec, ByteView bytes, std::size_t size_bytes) {
  if (codec == ParquetCodec::kSnappy) {
    std::size_t promised = 0;
    return snappy::GetUncompressedLength(bytes.data(), bytes.size(), &promised) &&
           promised == size_bytes;
  }
  if (codec == ParquetCodec::kZstd) {
    const unsigned long long promised = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    // Of several frames this is the first.
    return promised == ZSTD_CONTENTSIZE_UNKNOWN ||
           (promised != ZSTD_CONTENTSIZE_ERROR && promised <= size_bytes);
  }
  constexpr std::size_t kLz4RatioMax = 255;
  return bytes.size() > size_bytes / kLz4RatioMax;
}

/// Nothing for bytes that become something else.
std::optional<Bytes> decompress(ParquetCodec codec, ByteView bytes, std::size_t size_bytes) {
  if (codec == ParquetCodec::kNone) {
    return bytes.size() == size_bytes ? std::optional<Bytes>(bytes) : std::nullopt;
  }
  if (codec == ParquetCodec::kGzip) {
    Result<Bytes> content = inflate(bytes, DeflateForm::kGzip, size_bytes);
    return content ? std::optional<Bytes>(*std::move(content)) : std::nullopt;
  }
  if (!can_become(codec, bytes, size_bytes)) {
    return std::nullopt;
  }
  Bytes out(size_bytes, '\0');
  bool whole = false;
  if (codec == ParquetCodec::kSnappy) {
    whole = snappy::RawUncompress(bytes.data(), bytes.size(), out.data());
  } else if (codec == ParquetCodec::kZstd) {
    whole = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size()) == size_bytes;
  } else if (bytes.size() <= std::numeric_limits<int>::max() &&
             size_bytes <= std::numeric_limits<int>::max()) {
    whole = LZ4_decompress_safe(bytes.data(), out.data(), static_cast<int>(bytes.size()),
                                static_cast<int>(size_bytes)) == static_cast<int>(size_bytes);
  }
  return whole ? std::optional<Bytes>(std::move(out)) : std::nullopt;
}

std::string_view name_of(std::int64_t codec) {
  constexpr std::string_view kNames[] = {"",       "snappy", "gzip", "LZO",
                                         "Brotli", "LZ4",    "zstd", "LZ4_RAW"};
  return codec >= 0 && codec < std::ssize(kNames) ? kNames[codec] : "";
}

}  // namespace

Result<Bytes> parquet_decompress(std::int64_t codec, ByteView bytes, std::size_t size_bytes) {
  const auto known = static_cast<ParquetCodec>(codec);
  switch (known) {
    case ParquetCodec::kNone:
    case ParquetCodec::kSnappy:
    case ParquetCodec::kGzip:
    case ParquetCodec::kZstd:
    case ParquetCodec::kLz4Raw:
      break;
    default:
      return Error::with_message(kBadParquet, fmt::format("{}: its codec {} ({}) is not read",
                                                          kBadParquet.text, codec, name_of(codec)));
  }
  std::optional<Bytes> content = decompress(known, bytes, size_bytes);
  if (!content) {
    return Error::with_message(kBadParquet,
                               fmt::format("{}: a page does not become the {} bytes that it says",
                                           kBadParquet.text, size_bytes));
  }
  return *std::move(content);
}

Bytes parquet_compress(ByteView bytes) {
  Bytes out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  TARN_ASSERT(ZSTD_isError(size) == 0, "there is room for what is made");
  out.resize(size);
  return out;
}

}  // namespace tarn::tables
