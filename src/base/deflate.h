#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <cstddef>
#include <cstdint>

namespace tarn {

/// Around compressed bytes: nothing (RFC 1951), or gzip's header and checksum (RFC 1952).
enum class DeflateForm : std::uint8_t { kRaw, kGzip };

/// What `bytes` are the compressed form of, at most `size_bytes_max`. Of gzip, all members one
/// behind the other. What follows the end of a raw stream is ignored: it says itself where it ends,
/// and some writers leave part of zlib's checksum there. Errors: kInvalid for bytes that are
/// damaged, cut off, become more than that, or, as gzip, are followed by others.
Result<Bytes> inflate(ByteView bytes, DeflateForm form, std::size_t size_bytes_max);

Bytes deflate(ByteView bytes, DeflateForm form);

}  // namespace tarn
