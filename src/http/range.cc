#include "http/range.h"

#include "base/text.h"
#include "http/message.h"

#include <algorithm>
#include <optional>

namespace tarn::http {
namespace {

constexpr std::size_t kRangesMax = 100;

/// Digits; a number beyond 64 bits is as good as the largest.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  return value;
}

}  // namespace

RangeRequest parse_range(std::string_view value, std::uint64_t size_bytes) {
  const RangeRequest invalid;
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos ||
      !equals_ignore_case(trim(value.substr(0, equals)), "bytes")) {
    return invalid;
  }
  RangeRequest out;
  std::string_view rest = value.substr(equals + 1);
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    more = comma != std::string_view::npos;
    const std::string_view member = trim(rest.substr(0, comma));
    rest = more ? rest.substr(comma + 1) : std::string_view();
    if (member.empty()) {
      continue;  // RFC 9110 5.6.1: recipients accept empty list members
    }
    if (++out.asked > kRangesMax) {
      return invalid;
    }
    const std::size_t dash = member.find('-');
    if (dash == std::string_view::npos) {
      return invalid;
    }
    const std::string_view first_text = trim(member.substr(0, dash));
    const std::string_view last_text = trim(member.substr(dash + 1));
    const std::optional<std::uint64_t> last = parse_position(last_text);
    if (first_text.empty()) {
      if (!last) {
        return invalid;
      }
      const std::uint64_t size = std::min(*last, size_bytes);
      if (size > 0) {
        out.ranges.push_back(ByteRange{.offset = size_bytes - size, .size_bytes = size});
      }
      continue;
    }
    const std::optional<std::uint64_t> first = parse_position(first_text);
    if (!first || (!last_text.empty() && (!last || *last < *first))) {
      return invalid;
    }
    if (*first < size_bytes) {
      const std::uint64_t end = std::min(last.value_or(UINT64_MAX), size_bytes - 1);
      out.ranges.push_back(ByteRange{.offset = *first, .size_bytes = end - *first + 1});
    }
  }
  if (out.asked == 0) {
    return invalid;
  }
  out.kind = out.ranges.empty() ? RangeRequest::Kind::kUnsatisfiable : RangeRequest::Kind::kRanges;
  return out;
}

std::string content_range(const ByteRange& range, std::uint64_t size_bytes) {
  return "bytes " + std::to_string(range.offset) + "-" +
         std::to_string(range.offset + range.size_bytes - 1) + "/" + std::to_string(size_bytes);
}

std::string content_range_unsatisfied(std::uint64_t size_bytes) {
  return "bytes */" + std::to_string(size_bytes);
}

}  // namespace tarn::http
