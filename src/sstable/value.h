#pragma once

#include "base/error.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace tarn::sstable {

/// What a record of a range or metarange stores under its key.
///
/// | part            | form                                                  |
/// |-----------------|-------------------------------------------------------|
/// | identity length | signed zig-zag varint (32 is the byte 40)             |
/// | identity        | range: 32 raw bytes; metarange: range id as 64 digits |
/// | data length     | signed zig-zag varint                                 |
/// | data            | serialised `catalog.Entry` or `RangeData`             |
/// | rest            | ignored                                               |
///
/// Source: docs/formats/sstable.md. The views live as long as the bytes they were decoded from.
struct Value {
  std::string_view identity;
  std::string_view data;

  friend bool operator==(const Value&, const Value&) = default;
};

/// Limit of identity and data, each.
inline constexpr std::size_t kValuePartBytesMax = 640 * 65536;

/// Errors: kCorruption for a length that is negative, above the limit, or beyond the bytes.
Result<Value> decode_value(std::string_view bytes);

/// Appends the encoding. Errors: kRecordTooLarge.
Result<void> append_value(const Value& value, std::string& out);

}  // namespace tarn::sstable
