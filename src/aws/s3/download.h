#pragma once

#include "aws/s3/exchange.h"
#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>
#include <string>

namespace tarn::aws {

/// The bytes [offset, end) of an object that S3 began to send.
struct S3Stretch {
  std::string bucket;
  std::string key;
  /// With quotes, as S3 sent it; empty = the rest cannot be asked for.
  std::string etag;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
};

/// The body of a GET. When it breaks off, the rest is fetched with a range, if the object is still
/// the same. `exchange` outlives it.
std::unique_ptr<ByteSource> s3_download(S3Exchange& exchange, S3Stretch stretch,
                                        std::unique_ptr<ByteSource> body);

/// `bytes=<first>-<last>`.
std::string range_header(std::uint64_t offset, std::uint64_t size_bytes);
/// First byte and total of a `Content-Range: bytes <first>-<last>/<total>`; absent for anything
/// else.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t total = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace tarn::aws
