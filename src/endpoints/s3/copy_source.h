#pragma once

#include "base/error.h"
#include "block/adapter.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::endpoints::s3 {

/// The object that `x-amz-copy-source` names.
struct CopySource {
  std::string repository;
  std::string ref;
  std::string path;
};

/// `[/]repo/ref/path`, percent-encoded; `+` is a plus. A `?versionId=…` behind it is dropped.
/// Errors kInvalidCopySource.
Result<CopySource> parse_copy_source(std::string_view field);

/// `bytes=first-last` of an object of that size, as x-amz-copy-source-range demands it. Errors:
/// kInvalidArgument for another form, kInvalidRange when it does not lie in the object.
Result<block::ByteRange> parse_copy_range(std::string_view field, std::uint64_t size_bytes);

}  // namespace tarn::endpoints::s3
