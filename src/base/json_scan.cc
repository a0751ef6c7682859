#include "base/encoding.h"
#include "base/json.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace tarn {
namespace {

// simdjson's document parser says that a text is wrong, not where. This recogniser of RFC 8259 runs
// after a refusal only; the fuzz target of `api` holds the two to the same verdict.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t depth_max) : text_(text), depth_max_(depth_max) {}

  std::optional<std::size_t> run() {
    if (text_.starts_with("\xef\xbb\xbf")) {
      at_ = 3;  // simdjson skips a byte order mark, too
    }
    skip_space();
    if (!value(0)) {
      return at_;
    }
    skip_space();
    return at_ == text_.size() ? std::nullopt : std::optional(at_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }
  void skip_space() {
    while (!at_end() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool digits() {
    const std::size_t start = at_;
    while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9') {
      ++at_;
    }
    return at_ > start;
  }

  bool value(std::size_t depth) {
    switch (peek()) {
      case '{':
        return depth < depth_max_ && object(depth + 1);
      case '[':
        return depth < depth_max_ && array(depth + 1);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object(std::size_t depth) {
    ++at_;
    skip_space();
    if (take('}')) {
      return true;
    }
    while (true) {
      if (!string()) {
        return false;
      }
      skip_space();
      if (!take(':')) {
        return false;
      }
      skip_space();
      if (!value(depth)) {
        return false;
      }
      skip_space();
      if (take('}')) {
        return true;
      }
      if (!take(',')) {
        return false;
      }
      skip_space();
    }
  }

  bool array(std::size_t depth) {
    ++at_;
    skip_space();
    if (take(']')) {
      return true;
    }
    while (true) {
      if (!value(depth)) {
        return false;
      }
      skip_space();
      if (take(']')) {
        return true;
      }
      if (!take(',')) {
        return false;
      }
      skip_space();
    }
  }

  bool word(std::string_view expected) {
    for (const char c : expected) {
      if (!take(c)) {
        return false;
      }
    }
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) {
      return false;
    }
    if (take('.') && !digits()) {
      return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') {
        ++at_;
      }
      return digits();
    }
    return true;
  }

  bool string() {
    if (!take('"')) {
      return false;
    }
    while (!at_end()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) {
        return false;
      }
      if (c == '\\') {
        if (!escape()) {
          return false;
        }
      } else if (c < 0x80) {
        ++at_;
      } else {
        const std::size_t size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        if (!is_valid_utf8(text_.substr(at_, size))) {
          return false;
        }
        at_ += size;
      }
    }
    return false;
  }

  bool escape() {
    const std::size_t start = at_;
    ++at_;
    if (std::string_view("\"\\/bfnrt").find(peek()) != std::string_view::npos && !at_end()) {
      ++at_;
      return true;
    }
    unsigned unit = 0;
    if (!hex4(unit)) {
      return false;
    }
    const bool high = unit >= 0xd800 && unit < 0xdc00;
    const bool low = unit >= 0xdc00 && unit < 0xe000;
    unsigned second = 0;
    if (low || (high && (!take('\\') || !hex4(second) || second < 0xdc00 || second >= 0xe000))) {
      at_ = start;
      return false;
    }
    return true;
  }

  /// `u` and four hexadecimal digits.
  bool hex4(unsigned& unit) {
    if (!take('u')) {
      return false;
    }
    for (int i = 0; i < 4; ++i) {
      const char c = peek();
      const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                             : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10
                             : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A') + 10
                                                    : 16;
      if (digit == 16) {
        return false;
      }
      unit = unit * 16 + digit;
      ++at_;
    }
    return true;
  }

  std::string_view text_;
  std::size_t depth_max_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::size_t> find_json_error(std::string_view text, std::size_t depth_max) {
  return Scanner(text, depth_max).run();
}

}  // namespace tarn
