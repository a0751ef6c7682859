#pragma once

#include "block/adapter.h"

#include <cstdint>
#include <string_view>

namespace tarn::endpoints::rest {

enum class RangeOutcome : std::uint8_t {
  kOk,
  /// Well-formed, but nothing of the object lies in it: 416 with `bytes */<size>`.
  kUnsatisfiable,
  /// Several ranges, or bounds that make no sense: 416.
  kBad,
};

/// Reads a `Range` value against an object of `size` bytes; one range, its end cut at the object's.
RangeOutcome parse_object_range(std::string_view value, std::uint64_t size, block::ByteRange& out);

}  // namespace tarn::endpoints::rest
