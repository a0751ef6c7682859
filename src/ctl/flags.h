#pragma once

#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ctl {

enum class FlagKind : std::uint8_t {
  kBool,
  kString,
  kInt,
  /// Values split at commas with CSV quoting; the flag may repeat.
  kStrings,
  kDuration,
};

/// One row of a command's flags. Texts live as long as the program.
struct FlagSpec {
  std::string_view name;
  /// 0 = none.
  char letter = 0;
  FlagKind kind = FlagKind::kString;
  /// As one would write it; empty = the kind's zero.
  std::string_view fallback = "";
  std::string_view text = "";
  /// Asked for after the first request, as lakectl does.
  bool required = false;
  bool hidden = false;
};

/// Values of one command line. Looking up a flag that the command does not have, or as another
/// kind, is a bug and stops the process.
class Flags {
 public:
  explicit Flags(std::vector<const FlagSpec*> specs) : specs_(std::move(specs)) {}

  /// Errors kUsage, in the words of lakectl's parser.
  Result<void> set(const FlagSpec& spec, std::string_view value);
  bool is_set(std::string_view name) const { return given_.contains(name); }

  bool boolean(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  std::chrono::nanoseconds duration(std::string_view name) const;

  const FlagSpec* find(std::string_view name) const;
  const FlagSpec* find(char letter) const;
  std::span<const FlagSpec* const> specs() const { return specs_; }

 private:
  const FlagSpec& known(std::string_view name, FlagKind kind) const;

  std::vector<const FlagSpec*> specs_;
  /// Checked texts; of lists all values.
  std::map<std::string_view, std::vector<std::string>> given_;
};

/// Reads GNU-style flags out of `words` into `flags`; the rest, in order, are the arguments.
/// Errors kUsage.
Result<std::vector<std::string>> parse_flags(std::span<const std::string> words, Flags& flags);

/// The words of `words` that are neither flags nor values of flags, as far as can be told before
/// the command is known: a flag that `flags` lacks is taken to have a value.
std::vector<std::size_t> plain_words(std::span<const std::string> words, const Flags& flags);

/// Go's ParseBool: 1, t, T, true, TRUE, True and their opposites.
std::optional<bool> parse_go_bool(std::string_view text);
/// Go's ParseInt with base 0: sign, 0x, 0o, 0b and underscores between digits. Errors with Go's
/// words, without a context: `invalid syntax`, `value out of range`.
Result<std::int64_t> parse_go_int(std::string_view text);
/// One line of CSV. Errors kUsage.
Result<std::vector<std::string>> split_csv(std::string_view text);

}  // namespace tarn::ctl
