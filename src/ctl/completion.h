#pragma once

#include "base/error.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ctl {

/// What the shell is to do with the candidates; bits, and the numbers are lakectl's.
namespace directive {
inline constexpr unsigned kError = 1;
inline constexpr unsigned kNoSpace = 2;
inline constexpr unsigned kNoFiles = 4;
}  // namespace directive

struct Completion {
  /// A word each, or a word, a tab and what it is.
  std::vector<std::string> candidates;
  unsigned directive = 0;
};

/// Ids of repositories that start with a text.
using RepositoryLister = std::function<Result<std::vector<std::string>>(const std::string& prefix)>;

/// How `partial` may go on after `words`, which follow the program's name. Asks `repositories` only
/// where a URI belongs; when that fails there are no candidates.
Completion complete(std::vector<std::string> words, std::string_view partial,
                    const RepositoryLister& repositories);

/// What the usage line of a command calls the argument at `index` (from 0): `branch URI`. The last
/// one stands for all that follow if it ends in dots. Empty without a name.
std::string_view argument_name(std::string_view usage, std::size_t index);

/// The script that makes a shell ask `lakectl __complete`; null for a shell that we do not know.
const char* completion_script(std::string_view shell);

}  // namespace tarn::ctl
