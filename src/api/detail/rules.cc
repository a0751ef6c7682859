#include "api/detail/rules.h"

#include "base/json.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <map>
#include <memory>

namespace tarn::api::detail {
namespace {

/// A handful of patterns, all from the interface description; one compiled set a thread needs no
/// lock.
const RE2& compiled(std::string_view pattern) {
  thread_local std::map<const char*, std::unique_ptr<RE2>> cache;
  std::unique_ptr<RE2>& slot = cache[pattern.data()];
  if (!slot) {
    slot = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet);
  }
  return *slot;
}

std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  }
  return count;
}

}  // namespace

std::string broken_rule(std::string_view value, const Rules& rules) {
  if (rules.length_min > 0 && code_points(value) < rules.length_min) {
    return fmt::format("minimum string length is {}", rules.length_min);
  }
  if (value.size() > rules.length_max && code_points(value) > rules.length_max) {
    return fmt::format("maximum string length is {}", rules.length_max);
  }
  if (!rules.pattern.empty() &&
      !RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), compiled(rules.pattern))) {
    return fmt::format("string doesn't match the regular expression \"{}\"", rules.pattern);
  }
  return {};
}

std::string broken_rule(std::int64_t value, const Rules& rules) {
  if (value < rules.min) {
    return fmt::format("number must be at least {}", rules.min);
  }
  if (value > rules.max) {
    return fmt::format("number must be at most {}", rules.max);
  }
  return {};
}

std::string broken_item_rule(std::size_t count, const Rules& rules) {
  if (count < rules.items_min) {
    return fmt::format("minimum number of items is {}", rules.items_min);
  }
  if (count > rules.items_max) {
    return fmt::format("maximum number of items is {}", rules.items_max);
  }
  return {};
}

std::string not_allowed(const std::string_view* values, std::size_t count) {
  std::string out = "value is not one of the allowed values [";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) {
      out.push_back(',');
    }
    append_json_string(out, values[i]);
  }
  out.push_back(']');
  return out;
}

}  // namespace tarn::api::detail
