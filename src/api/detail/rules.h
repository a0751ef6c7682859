#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tarn::api::detail {

/// Constraints of a schema beyond its type. Lengths count code points.
struct Rules {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::size_t length_min = 0;
  std::size_t length_max = std::numeric_limits<std::size_t>::max();
  std::size_t items_min = 0;
  std::size_t items_max = std::numeric_limits<std::size_t>::max();
  /// A regular expression that must match somewhere; empty for none. Must be a string with static
  /// lifetime.
  std::string_view pattern = {};
};

/// Why a value breaks the rules, in the words of lakeFS; empty when it does not.
std::string broken_rule(std::string_view value, const Rules& rules);
std::string broken_rule(std::int64_t value, const Rules& rules);
std::string broken_item_rule(std::size_t count, const Rules& rules);
/// `value is not one of the allowed values ["a","b"]`.
std::string not_allowed(const std::string_view* values, std::size_t count);

}  // namespace tarn::api::detail
