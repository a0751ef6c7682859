#pragma once

#include "base/error.h"

#include <string_view>

namespace tarn::actions {

inline constexpr ErrorId kBadPattern{ErrorKind::kPreconditionFailed, "syntax error in pattern"};

/// Whether all of `name` matches `pattern` in the syntax of Go's path.Match: `*` any run without
/// `/`, `?` one character but `/`, `[a-z]`, `[^a-z]`, `\x` for x itself. Bytewise, which is exact
/// for ASCII names. Takes time in proportion to the product of the sizes. Errors: kBadPattern,
/// whatever the name.
Result<bool> path_match(std::string_view pattern, std::string_view name);

}  // namespace tarn::actions
