#include "names/ref_expression.h"

#include "names/errors.h"
#include "names/ids.h"

#include <algorithm>

namespace tarn {
namespace {

/// More than any history is deep; also keeps the number within 32 bits.
constexpr std::uint64_t kCountMax = 1'000'000'000;

}  // namespace

Result<RefExpression> RefExpression::parse(std::string_view text) {
  const Error invalid(kInvalidName, "ref");
  RefExpression ref;
  const std::size_t base_size = std::min(text.find_first_of("~^@$"), text.size());
  if (base_size == 0 || !looks_like_ref(text)) {
    return invalid;
  }
  ref.base = text.substr(0, base_size);
  std::string_view rest = text.substr(base_size);
  while (!rest.empty()) {
    const char sign = rest.front();
    rest.remove_prefix(1);
    const std::size_t digits = std::min(rest.find_first_of("~^@$"), rest.size());
    const std::string_view number = rest.substr(0, digits);
    rest.remove_prefix(digits);
    if (sign == '@' || sign == '$') {
      if (!number.empty() || !rest.empty() || !ref.modifiers.empty()) {
        return invalid;
      }
      ref.modifiers.push_back({sign == '@' ? Kind::kCommitted : Kind::kStaging});
      continue;
    }
    std::uint64_t count = number.empty() ? 1 : 0;
    for (const char c : number) {
      if (c < '0' || c > '9' || count > kCountMax) {
        return invalid;
      }
      count = count * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (count > kCountMax) {
      return invalid;
    }
    ref.modifiers.push_back(
        {sign == '~' ? Kind::kAncestor : Kind::kParent, static_cast<std::uint32_t>(count)});
  }
  return ref;
}

std::string RefExpression::str() const {
  constexpr std::string_view signs = "~^@$";  // in the order of Kind
  std::string text = base;
  for (const Modifier& modifier : modifiers) {
    text.push_back(signs[static_cast<std::size_t>(modifier.kind)]);
    if (modifier.count != 1) {
      text.append(std::to_string(modifier.count));
    }
  }
  return text;
}

}  // namespace tarn
