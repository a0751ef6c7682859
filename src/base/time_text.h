#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <chrono>
#include <string>
#include <string_view>

namespace tarn {

/// Go's zero time, `0001-01-01T00:00:00Z`: how lakeFS's interface writes a time that there is not.
/// It lies before what a WallTime can count, so the earliest WallTime stands for it in RFC 3339.
inline constexpr WallTime kNoTime = WallTime::min();

/// RFC 3339 in UTC with up to nine fractional digits, trailing zeros trimmed:
/// `2026-11-23T03:01:22.7534Z`.
std::string format_rfc3339(WallTime time);
/// Errors kInvalid. Accepts offsets and any number of fractional digits.
Result<WallTime> parse_rfc3339(std::string_view text);

/// `20261123T030122Z`, the form of AWS signatures.
std::string format_iso8601_basic(WallTime time);
Result<WallTime> parse_iso8601_basic(std::string_view text);
/// `2026-11-23T03:01:22.753Z`, the form of S3's XML.
std::string format_iso8601_millis(WallTime time);

/// IMF-fixdate of RFC 9110: `Mon, 23 Nov 2026 03:01:22 GMT`.
std::string format_http_date(WallTime time);
Result<WallTime> parse_http_date(std::string_view text);

/// Go's duration syntax: `1h15m30.5s`, `300ms`, `0`; units ns, us, µs, ms, s, m, h. Errors
/// kInvalid.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// Go's formatting of a duration: `1h15m30.5s`.
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace tarn
