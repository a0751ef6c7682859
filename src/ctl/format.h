#pragma once

#include "base/clock.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tarn::ctl {

/// `2023-11-14 22:13:20 +0000 UTC` in the machine's time zone; a zone without a name shows its
/// offset again.
std::string format_date(std::int64_t unix_seconds);
/// The same with the fraction of the second, when there is one.
std::string format_date(WallTime time);

/// Base 1000: `999 B`, `1.0 kB`, `21.0 MB`.
std::string human_size(std::uint64_t bytes);

/// Without trailing spaces, then filled up with spaces to `width` bytes; never cut.
std::string pad(std::string_view text, std::size_t width);
/// Columns that the text takes on a terminal: colour sequences none, wide characters two.
std::size_t display_width(std::string_view text);

/// The last element of a slash-separated path; trailing slashes do not count. `.` for an empty path
/// and `/` for the root.
std::string_view base_name(std::string_view path);

std::string_view trim(std::string_view text);

}  // namespace tarn::ctl
