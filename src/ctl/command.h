#pragma once

#include "base/error.h"
#include "ctl/flags.h"

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ctl {

class Ctl;

inline constexpr std::size_t kAnyCount = std::numeric_limits<std::size_t>::max();

/// How many arguments a command takes.
struct ArgumentCount {
  std::size_t min = 0;
  std::size_t max = 0;
};
/// Errors kUsage, as lakectl words them; `path` is `lakectl repo list`.
Result<void> check_argument_count(const ArgumentCount& allowed,
                                  std::span<const std::string> arguments, std::string_view path);

/// What one command line asks for.
struct Invocation {
  Flags flags;
  std::vector<std::string> arguments = {};
};

/// What the client does before a command's body.
enum class Prelude : std::uint8_t {
  /// Reads the configuration and looks at what the server is.
  kFull,
  /// Neither decodes the configuration nor talks to a server.
  kNothing,
};

/// A row of the command table. Texts live as long as the program.
struct Command {
  /// `branch create`: groups are words before the last.
  std::string_view words = "";
  /// `<branch URI>`.
  std::string_view usage = "";
  std::string_view summary = "";
  ArgumentCount arguments = {};
  std::vector<FlagSpec> flags = {};
  /// Absent for groups, which only print their help.
  Result<void> (*run)(Ctl& ctl, const Invocation& call) = nullptr;
  bool hidden = false;
  /// Other last words.
  std::vector<std::string_view> aliases = {};
  Prelude prelude = Prelude::kFull;
  /// lakectl has it and we do not.
  bool supported = true;
  /// Words that look like flags are arguments too.
  bool raw = false;
  /// Shown under the summary by help.
  std::string_view details = "";
};

/// Every command and group, the root (empty words) first.
std::span<const Command> commands();
/// Flags that every command has; the last one, --version, is the root's own.
std::span<const FlagSpec> global_flags();

const Command& root_command();
/// Commands directly below, sorted by name.
std::vector<const Command*> children(const Command& parent);
/// The last word.
std::string_view name_of(const Command& command);
/// The command's own flags, then the global ones, then `--help`.
std::vector<const FlagSpec*> all_flags(const Command& command);

/// The deepest command that the plain words name, and the words that are left.
struct Found {
  const Command* command = nullptr;
  std::vector<std::string> words;
};
Found find_command(std::vector<std::string> words);

// Sets of flags that many commands share.

/// --amount, --after, --prefix of lists.
std::vector<FlagSpec> pagination_flags();
/// -m/--message, --allow-empty-message, --meta.
std::vector<FlagSpec> message_flags(bool empty_allowed);
FlagSpec yes_flag();

template <class... More>
std::vector<FlagSpec> flags_of(std::vector<FlagSpec> first, const More&... more) {
  (first.insert(first.end(), more.begin(), more.end()), ...);
  return first;
}

}  // namespace tarn::ctl
