#pragma once

#include "actions/lua/engine.h"

#include <array>
#include <optional>
#include <string_view>

namespace tarn::actions::lua {

/// Lua 5.2 patterns (reference manual, section 6.4.1) over bytes, ASCII classes. Each comparison is
/// a step that counts against Limits::pattern_steps: liblua's own matcher cannot be stopped, and
/// patterns such as `.-.-.-x` take exponential or high polynomial time.
class PatternMatcher {
 public:
  static constexpr int kCapturesMax = 32;

  /// `pattern` is without its anchor `^`. Both texts outlive the matcher.
  PatternMatcher(Engine& engine, std::string_view subject, std::string_view pattern)
      : engine_(engine), subject_(subject), pattern_(pattern) {}

  /// A match that starts exactly at `start`: the offset behind it. Raises for malformed patterns.
  std::optional<std::size_t> match_at(std::size_t start);

  struct Capture {
    std::size_t start = 0;
    std::size_t size = 0;
    /// `()`: the value is the position start + 1.
    bool position = false;
  };
  int capture_count() const { return level_; }
  /// Capture `n` of the last match, from 0. Raises for one that was left open.
  Capture capture(int n) const;

 private:
  static constexpr std::size_t kOpen = static_cast<std::size_t>(-1);
  static constexpr std::size_t kPosition = static_cast<std::size_t>(-2);
  using Match = std::optional<std::size_t>;

  Match match(std::size_t s, std::size_t p);
  Match max_expand(std::size_t s, std::size_t p, std::size_t end);
  Match min_expand(std::size_t s, std::size_t p, std::size_t end);
  Match match_balance(std::size_t s, std::size_t p);
  Match start_capture(std::size_t s, std::size_t p, std::size_t size);
  Match end_capture(std::size_t s, std::size_t p);
  Match match_capture(std::size_t s, char digit);
  bool single_match(std::size_t s, std::size_t p, std::size_t end);
  bool match_set(char c, std::size_t p, std::size_t end) const;
  /// Offset behind the single-character class at `p`.
  std::size_t class_end(std::size_t p) const;
  void step() { engine_.charge_pattern(1); }

  Engine& engine_;
  const std::string_view subject_;
  const std::string_view pattern_;
  int level_ = 0;
  int depth_ = 0;
  std::array<Capture, kCapturesMax> captures_;
};

/// Offset of `needle` in `text` from `from` on, or npos; stops for limits.
std::size_t find_plain(Engine& engine, std::string_view text, std::string_view needle,
                       std::size_t from);

}  // namespace tarn::actions::lua
