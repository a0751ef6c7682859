#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::http {

/// A stretch of a representation: first byte and byte count (> 0), inside it.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What a `Range` field asks for (RFC 9110 section 14.1.2).
struct RangeRequest {
  enum class Kind : std::uint8_t {
    /// Another unit, or malformed: RFC 9110 lets a server answer as if the field were absent; some
    /// protocols refuse it.
    kInvalid,
    /// Well-formed, but no range of it lies in the representation: 416.
    kUnsatisfiable,
    /// One or more ranges in the order asked for, cut to the representation; unsatisfiable members
    /// of a list are left out.
    kRanges,
  };
  Kind kind = Kind::kInvalid;
  std::vector<ByteRange> ranges;
  /// Ranges that were asked for, also those left out. Protocols that take one only look here.
  std::size_t asked = 0;
};

/// Reads `bytes=a-b`, `bytes=a-`, `bytes=-n` and lists of them for a representation of
/// `size_bytes`. Blanks around members are allowed. Lists of more than 100 are kInvalid.
RangeRequest parse_range(std::string_view value, std::uint64_t size_bytes);

/// `bytes 0-9/100`.
std::string content_range(const ByteRange& range, std::uint64_t size_bytes);
/// `bytes */100`, for 416.
std::string content_range_unsatisfied(std::uint64_t size_bytes);

}  // namespace tarn::http
