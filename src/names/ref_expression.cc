#include "names/ref_expression.h"

#include "names/errors.h"
#include "names/ids.h"

#include <algorithm>

namespace tarn {
namespace {

/// More than any history is deep; also keeps the number within 32 bits.
constexpr std::uint64_t kCountMax = 1'000'000'000;

bool is_sign(char c) { return c == '~' || c == '^' || c == '@' || c == '$'; }

/// How much of `text` stands before its first sign.
std::size_t before_sign(std::string_view text) {
  return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_sign) - text.begin());
}

Error invalid() { return Error(kInvalidName, "ref"); }

}  // namespace

Result<RefExpression> RefExpression::parse(std::string_view text) {
  RefExpression ref;
  const std::size_t base_size = before_sign(text);
  if (base_size == 0 || !looks_like_ref(text)) {
    return invalid();
  }
  ref.base = text.substr(0, base_size);
  std::string_view rest = text.substr(base_size);
  while (!rest.empty()) {
    const char sign = rest.front();
    rest.remove_prefix(1);
    const std::size_t digits = before_sign(rest);
    const std::string_view number = rest.substr(0, digits);
    rest.remove_prefix(digits);
    if (sign == '@' || sign == '$') {
      if (!number.empty() || !rest.empty() || !ref.modifiers.empty()) {
        return invalid();
      }
      ref.modifiers.push_back({sign == '@' ? Kind::kCommitted : Kind::kStaging});
      continue;
    }
    std::uint64_t count = number.empty() ? 1 : 0;
    for (const char c : number) {
      if (c < '0' || c > '9' || count > kCountMax) {
        return invalid();
      }
      count = count * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (count > kCountMax) {
      return invalid();
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
