#pragma once

#include "actions/lua/modules/zoneinfo.h"
#include "base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::actions::lua {

/// Times in layouts that spell a reference time, Monday January 2 15:04:05 MST 2006, in the form
/// wanted (https://pkg.go.dev/time#pkg-constants describes the language). Elements: `2006 06`, `01
/// 1 Jan January`, `02 _2 2 002 __2`, `Mon Monday`, `15 03 3`, `04 4`, `05 5`, fractions `.000
/// ,999`, `PM pm`, `MST`, `-0700 -07:00 -07 -070000 -07:00:00` and the same with `Z`.

/// `nanos` is within the second.
std::string format_go_time(std::int64_t unix_s, std::int32_t nanos, const ZoneOffset& zone,
                           std::string_view layout);

struct ParsedTime {
  std::int64_t unix_s = 0;
  std::int32_t nanos = 0;
};
/// Without a zone in the text, UTC; a zone abbreviation other than UTC counts as UTC. Errors:
/// kInvalid `parsing time "…" as "…": cannot parse "…" as "…"` and `…: day out of range`.
Result<ParsedTime> parse_go_time(std::string_view layout, std::string_view text);

}  // namespace tarn::actions::lua
