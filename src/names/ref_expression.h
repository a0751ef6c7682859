#pragma once

#include "base/error.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

  /// True if any modifier is of that kind.
  bool has(Kind kind) const {
    return std::any_of(modifiers.begin(), modifiers.end(),
                       [kind](const Modifier& m) { return m.kind == kind; });
  }
  /// In its shortest form (`main~1` as `main~`).
  std::string str() const;

  /// Errors: kInvalidName with "ref" before it. `@` and `$` are accepted only alone. Numbers carry
  /// no sign: lakeFS reads `~-1` as `~0` and fails on `^-1`.
  static Result<RefExpression> parse(std::string_view text);
};

}  // namespace tarn
