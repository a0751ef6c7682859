#include "actions/lua/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tarn::actions::lua {
namespace {

/// Levels of recursion; the manual's implementation has the same bound and the same message.
constexpr int kDepthMax = 200;
constexpr char kEscape = '%';

bool is_between(char c, char low, char high) { return c >= low && c <= high; }
bool is_digit(char c) { return is_between(c, '0', '9'); }
bool is_lower(char c) { return is_between(c, 'a', 'z'); }
bool is_upper(char c) { return is_between(c, 'A', 'Z'); }
bool is_alpha(char c) { return is_lower(c) || is_upper(c); }
bool is_graph(char c) { return is_between(c, '!', '~'); }

/// `%a` and its like; a letter that names no class stands for itself.
bool match_class(char c, char name) {
  const char lower = is_upper(name) ? static_cast<char>(name - 'A' + 'a') : name;
  bool member = false;
  switch (lower) {
    case 'a':
      member = is_alpha(c);
      break;
    case 'c':
      member = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      break;
    case 'd':
      member = is_digit(c);
      break;
    case 'g':
      member = is_graph(c);
      break;
    case 'l':
      member = is_lower(c);
      break;
    case 'p':
      member = is_graph(c) && !is_alpha(c) && !is_digit(c);
      break;
    case 's':
      member = c == ' ' || is_between(c, '\t', '\r');
      break;
    case 'u':
      member = is_upper(c);
      break;
    case 'w':
      member = is_alpha(c) || is_digit(c);
      break;
    case 'x':
      member = is_digit(c) || is_between(c, 'a', 'f') || is_between(c, 'A', 'F');
      break;
    case 'z':
      member = c == '\0';
      break;
    default:
      return name == c;
  }
  return is_upper(name) ? !member : member;
}

}  // namespace

std::optional<std::size_t> PatternMatcher::match_at(std::size_t start) {
  level_ = 0;
  depth_ = 0;
  return match(start, 0);
}

PatternMatcher::Capture PatternMatcher::capture(int n) const {
  Capture capture = captures_[static_cast<std::size_t>(n)];
  if (capture.size == kOpen) {
    throw ScriptError("unfinished capture");
  }
  if (capture.size == kPosition) {
    capture.position = true;
    capture.size = 0;
  }
  return capture;
}

std::size_t PatternMatcher::class_end(std::size_t p) const {
  const char first = pattern_[p++];
  if (first == kEscape) {
    if (p == pattern_.size()) {
      throw ScriptError("malformed pattern (ends with '%')");
    }
    return p + 1;
  }
  if (first != '[') {
    return p;
  }
  if (p < pattern_.size() && pattern_[p] == '^') {
    ++p;
  }
  do {  // a ']' right at the start is an ordinary character
    if (p == pattern_.size()) {
      throw ScriptError("malformed pattern (missing ']')");
    }
    if (pattern_[p++] == kEscape && p < pattern_.size()) {
      ++p;
    }
  } while (p == pattern_.size() || pattern_[p] != ']');
  return p + 1;
}

bool PatternMatcher::match_set(char c, std::size_t p, std::size_t end) const {
  // [p, end) is `[…]`.
  std::size_t at = p + 1;
  const std::size_t last = end - 1;
  bool found = true;
  if (pattern_[at] == '^') {
    found = false;
    ++at;
  }
  for (; at < last; ++at) {
    if (pattern_[at] == kEscape) {
      ++at;
      if (match_class(c, pattern_[at])) {
        return found;
      }
    } else if (at + 2 < last && pattern_[at + 1] == '-') {
      const auto byte = static_cast<unsigned char>(c);
      if (static_cast<unsigned char>(pattern_[at]) <= byte &&
          byte <= static_cast<unsigned char>(pattern_[at + 2])) {
        return found;
      }
      at += 2;
    } else if (pattern_[at] == c) {
      return found;
    }
  }
  return !found;
}

bool PatternMatcher::single_match(std::size_t s, std::size_t p, std::size_t end) {
  if (s >= subject_.size()) {
    return false;
  }
  const char c = subject_[s];
  switch (pattern_[p]) {
    case '.':
      step();
      return true;
    case kEscape:
      step();
      return match_class(c, pattern_[p + 1]);
    case '[':
      engine_.charge_pattern(end - p);
      return match_set(c, p, end);
    default:
      step();
      return pattern_[p] == c;
  }
}

PatternMatcher::Match PatternMatcher::match(std::size_t s, std::size_t p) {
  if (++depth_ > kDepthMax) {
    throw ScriptError("pattern too complex");
  }
  Match result;
  for (bool again = true; again;) {
    again = false;
    step();
    if (p == pattern_.size()) {
      result = s;
      break;
    }
    const char c = pattern_[p];
    const char next = p + 1 < pattern_.size() ? pattern_[p + 1] : '\0';
    if (c == '(') {
      result = next == ')' ? start_capture(s, p + 2, kPosition) : start_capture(s, p + 1, kOpen);
    } else if (c == ')') {
      result = end_capture(s, p + 1);
    } else if (c == '$' && p + 1 == pattern_.size()) {
      result = s == subject_.size() ? Match(s) : std::nullopt;
    } else if (c == kEscape && next == 'b') {
      if (const Match balanced = match_balance(s, p + 2)) {
        s = *balanced;
        p += 4;
        again = true;
      }
    } else if (c == kEscape && next == 'f') {
      p += 2;
      if (p >= pattern_.size() || pattern_[p] != '[') {
        throw ScriptError("missing '[' after '%f' in pattern");
      }
      const std::size_t end = class_end(p);
      const char before = s == 0 ? '\0' : subject_[s - 1];
      const char here = s < subject_.size() ? subject_[s] : '\0';
      if (!match_set(before, p, end) && match_set(here, p, end)) {
        p = end;
        again = true;
      }
    } else if (c == kEscape && is_digit(next)) {
      if (const Match repeated = match_capture(s, next)) {
        s = *repeated;
        p += 2;
        again = true;
      }
    } else {
      std::size_t end = class_end(p);
      const bool fits = single_match(s, p, end);
      result = std::nullopt;
      switch (end < pattern_.size() ? pattern_[end] : '\0') {
        case '?':
          if (fits) {
            result = match(s + 1, end + 1);
          }
          if (!result) {
            p = end + 1;
            again = true;
          }
          break;
        case '+':
          result = fits ? max_expand(s + 1, p, end) : std::nullopt;
          break;
        case '*':
          result = max_expand(s, p, end);
          break;
        case '-':
          result = min_expand(s, p, end);
          break;
        default:
          if (fits) {
            ++s;
            p = end;
            again = true;
          }
      }
    }
  }
  --depth_;
  return result;
}

PatternMatcher::Match PatternMatcher::max_expand(std::size_t s, std::size_t p, std::size_t end) {
  std::size_t count = 0;
  while (single_match(s + count, p, end)) {
    ++count;
  }
  for (;; --count) {
    if (const Match rest = match(s + count, end + 1)) {
      return rest;
    }
    if (count == 0) {
      return std::nullopt;
    }
  }
}

PatternMatcher::Match PatternMatcher::min_expand(std::size_t s, std::size_t p, std::size_t end) {
  for (;;) {
    if (const Match rest = match(s, end + 1)) {
      return rest;
    }
    if (!single_match(s, p, end)) {
      return std::nullopt;
    }
    ++s;
  }
}

PatternMatcher::Match PatternMatcher::match_balance(std::size_t s, std::size_t p) {
  if (p + 1 >= pattern_.size()) {
    throw ScriptError("malformed pattern (missing arguments to '%b')");
  }
  if (s >= subject_.size() || subject_[s] != pattern_[p]) {
    return std::nullopt;
  }
  const char open = pattern_[p];
  const char close = pattern_[p + 1];
  std::size_t depth = 1;
  for (std::size_t at = s + 1; at < subject_.size(); ++at) {
    step();
    if (subject_[at] == close) {
      if (--depth == 0) {
        return at + 1;
      }
    } else if (subject_[at] == open) {
      ++depth;
    }
  }
  return std::nullopt;
}

PatternMatcher::Match PatternMatcher::start_capture(std::size_t s, std::size_t p,
                                                    std::size_t size) {
  if (level_ >= kCapturesMax) {
    throw ScriptError("too many captures");
  }
  captures_[static_cast<std::size_t>(level_)] = {.start = s, .size = size};
  ++level_;
  const Match result = match(s, p);
  if (!result) {
    --level_;
  }
  return result;
}

PatternMatcher::Match PatternMatcher::end_capture(std::size_t s, std::size_t p) {
  int open = level_ - 1;
  while (open >= 0 && captures_[static_cast<std::size_t>(open)].size != kOpen) {
    --open;
  }
  if (open < 0) {
    throw ScriptError("invalid pattern capture");
  }
  Capture& capture = captures_[static_cast<std::size_t>(open)];
  capture.size = s - capture.start;
  const Match result = match(s, p);
  if (!result) {
    capture.size = kOpen;
  }
  return result;
}

PatternMatcher::Match PatternMatcher::match_capture(std::size_t s, char digit) {
  const int index = digit - '1';
  if (index < 0 || index >= level_ || captures_[static_cast<std::size_t>(index)].size == kOpen) {
    throw ScriptError(fmt::format("invalid capture index %{}", index + 1));
  }
  const Capture& earlier = captures_[static_cast<std::size_t>(index)];
  const std::size_t size = earlier.size == kPosition ? 0 : earlier.size;
  engine_.charge_pattern(size / 16 + 1);
  if (subject_.size() - s < size ||
      subject_.substr(s, size) != subject_.substr(earlier.start, size)) {
    return std::nullopt;
  }
  return s + size;
}

std::size_t find_plain(Engine& engine, std::string_view text, std::string_view needle,
                       std::size_t from) {
  if (needle.empty()) {
    return from <= text.size() ? from : std::string_view::npos;
  }
  // memmem is linear for long needles and at worst 256 comparisons a byte for short ones; windows
  // let the clock be looked at in between.
  constexpr std::size_t kWindow = std::size_t{256} << 10;
  while (from + needle.size() <= text.size()) {
    const std::size_t window = std::min(text.size() - from, kWindow + needle.size() - 1);
    engine.charge_bytes(window);
    const void* found = memmem(text.data() + from, window, needle.data(), needle.size());
    if (found != nullptr) {
      return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    }
    from += kWindow;
  }
  return std::string_view::npos;
}

}  // namespace tarn::actions::lua
