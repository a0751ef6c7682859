#include "endpoints/rest/object_range.h"

#include <algorithm>
#include <charconv>

namespace tarn::endpoints::rest {
namespace {

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

RangeOutcome parse_object_range(std::string_view value, std::uint64_t size, block::ByteRange& out) {
  constexpr std::string_view unit = "bytes=";
  if (!value.starts_with(unit)) {
    return RangeOutcome::kBad;
  }
  value.remove_prefix(unit.size());
  const std::size_t dash = value.find('-');
  if (dash == std::string_view::npos) {
    return RangeOutcome::kBad;
  }
  const std::string_view first = value.substr(0, dash);
  const std::string_view last = value.substr(dash + 1);
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  if (first.empty()) {
    if (!read_number(last, to)) {
      return RangeOutcome::kBad;
    }
    const std::uint64_t count = std::min(to, size);
    if (count == 0) {
      return RangeOutcome::kUnsatisfiable;
    }
    out = {size - count, count};
    return RangeOutcome::kOk;
  }
  if (!read_number(first, from) || (!last.empty() && (!read_number(last, to) || to < from))) {
    return RangeOutcome::kBad;
  }
  if (from >= size) {
    return RangeOutcome::kUnsatisfiable;
  }
  const std::uint64_t end = last.empty() ? size : std::min(size, to == UINT64_MAX ? to : to + 1);
  out = {from, end - from};
  return RangeOutcome::kOk;
}

}  // namespace tarn::endpoints::rest
