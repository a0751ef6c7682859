#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tarn {

/// A reference as users write it, taken apart but not resolved:
///
///     ref      = base *modifier
///     base     = 1*<any character but ~ ^ @ $ and white space>
///     modifier = "~" [number] | "^" [number] | "@" | "$"
struct RefExpression {
  enum class Kind : std::uint8_t {
    kAncestor,   ///< `~n`: n times the first parent
    kParent,     ///< `^n`: the n-th parent, 1-based; 0 = the commit itself
    kCommitted,  ///< `@`: a branch without what is staged
    kStaging,    ///< `$`: a branch with what is staged
  };
  struct Modifier {
    Kind kind;
    std::uint32_t count = 1;
    friend bool operator==(const Modifier&, const Modifier&) = default;
  };

  std::string base;
  std::vector<Modifier> modifiers;

  bool has(Kind kind) const { return !modifiers.empty() && modifiers.front().kind == kind; }

  /// Errors: kInvalidName with "ref" before it. `@` and `$` are accepted only alone. Numbers carry no sign.
  static Result<RefExpression> parse(std::string_view text);
};

}  // namespace tarn
