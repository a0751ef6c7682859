#pragma once

#include "base/error.h"

#include <string_view>

namespace tarn::action_file {

inline constexpr ErrorId kBadPattern{ErrorKind::kPreconditionFailed, "syntax error in pattern"};

/// Whether all of `name` matches `pattern` in the syntax of Go's path.Match: `*` any run without
/// `/`, `?` one character but `/`, `[a-z]`, `[^a-z]`, `\x` for x itself. Bytewise, which is exact
/// for ASCII names. Takes time in proportion to the product of the sizes. Errors: kBadPattern,
/// whatever the name.
Result<bool> path_match(std::string_view pattern, std::string_view name);

/// Whether the path of an object matches: a component of the pattern that is `**` stands for any
/// number of components, the others are path_match's, and a pattern that ends with `/` means all
/// below it. False for a pattern that is malformed.
bool path_glob(std::string_view pattern, std::string_view path);
/// Whether path_glob can use it.
bool is_path_glob(std::string_view pattern);
/// What every path that matches begins with.
std::string_view path_glob_prefix(std::string_view pattern);

}  // namespace tarn::action_file
