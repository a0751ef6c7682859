// Feeds the reader of reference expressions texts from anywhere. Invariants: it accepts what the
// grammar allows (written here a second time, character by character) and nothing else; the parts
// put together are the same expression.
#include "base/assert.h"
#include "names/errors.h"
#include "names/ref_expression.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace tarn;  // NOLINT(google-build-using-namespace): a program of one file

/// `base *( "~" [number] | "^" [number] )`, or `base ( "@" | "$" )`; numbers up to a billion.
bool in_grammar(std::string_view text) {
  std::size_t base_size = 0;
  std::string tail;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r') {
      return false;
    }
    if (tail.empty() && c != '~' && c != '^' && c != '@' && c != '$') {
      ++base_size;
    } else {
      tail.push_back(c);
    }
  }
  if (base_size == 0) {
    return false;
  }
  if (tail == "@" || tail == "$") {
    return true;
  }
  std::uint64_t number = 0;
  for (const char c : tail) {
    if (c == '~' || c == '^') {
      number = 0;
    } else if (c >= '0' && c <= '9' && number <= 1'000'000'000) {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    } else {
      return false;
    }
    if (number > 1'000'000'000) {
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Result<RefExpression> ref = RefExpression::parse(text);
  TARN_ASSERT(ref.has_value() == in_grammar(text), "the grammar says otherwise");
  if (!ref) {
    TARN_ASSERT(ref.error().is(kInvalidName), "another error than an invalid name");
    return 0;
  }
  TARN_ASSERT(text.starts_with(ref->base), "a base that is not the beginning");
  const Result<RefExpression> again = RefExpression::parse(ref->str());
  TARN_ASSERT(again && again->base == ref->base && again->modifiers == ref->modifiers,
              "the short form is another expression");
  return 0;
}
