#include "actions/condition.h"

#include "actions/errors.h"

#include <fmt/format.h>

#include <charconv>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tarn::actions {
namespace {

constexpr std::size_t kSizeMax = 4096;
constexpr int kDepthMax = 64;

/// The name of a function that was not called.
struct Function {
  friend auto operator<=>(Function, Function) = default;
};
using Value = std::variant<std::monostate, bool, double, std::string, Function>;

std::string_view type_name(const Value& value) {
  constexpr std::string_view kNames[] = {"nil", "bool", "number", "string", "func"};
  return kNames[value.index()];
}

/// Reads and evaluates at once, by recursive descent. A branch that is not taken is read with
/// `live` false: its syntax counts, its values do not.
class Evaluator {
 public:
  Evaluator(std::string_view text, bool failed) : text_(text), failed_(failed) {}

  Result<Value> evaluate() {
    TARN_TRY(Value value, ternary(true));
    skip_space();
    if (at_ < text_.size()) {
      return unexpected();
    }
    return value;
  }

 private:
  Error error_at(std::size_t where, std::string_view what) const {
    return Error::with_message(
        kConditionFailed,
        fmt::format("hook 'if' expression: {} at character {} of `{}`", what, where + 1, text_));
  }
  Error unexpected() const {
    return at_ < text_.size() ? error_at(at_, fmt::format("unexpected `{}`", text_[at_]))
                              : error_at(at_, "unexpected end");
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) {
      ++at_;
    }
  }
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  bool take(std::string_view symbol) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(symbol)) {
      return false;
    }
    if (is_word(symbol.back()) && rest.size() > symbol.size() && is_word(rest[symbol.size()])) {
      return false;
    }
    at_ += symbol.size();
    return true;
  }

  Result<Value> ternary(bool live) {
    if (++depth_ > kDepthMax) {
      return error_at(at_, "nested too deep");
    }
    TARN_TRY(Value condition, either(live));
    if (take("?")) {
      TARN_TRY(const bool choice, boolean(condition, live, "?:"));
      TARN_TRY(Value yes, ternary(live && choice));
      if (!take(":")) {
        return unexpected();
      }
      TARN_TRY(Value no, ternary(live && !choice));
      condition = choice ? std::move(yes) : std::move(no);
    }
    --depth_;
    return condition;
  }

  Result<bool> boolean(const Value& value, bool live, std::string_view what) const {
    if (!live) {
      return false;
    }
    if (const bool* flag = std::get_if<bool>(&value)) {
      return *flag;
    }
    return error_at(at_, fmt::format("{} of a {}", what, type_name(value)));
  }

  Result<Value> either(bool live) {
    TARN_TRY(Value value, both(live));
    while (take("||") || take("or")) {
      TARN_TRY(const bool left, boolean(value, live, "or"));
      TARN_TRY(const Value right, both(live && !left));
      TARN_TRY(const bool other, boolean(right, live && !left, "or"));
      value = left || other;
    }
    return value;
  }

  Result<Value> both(bool live) {
    TARN_TRY(Value value, comparison(live));
    while (take("&&") || take("and")) {
      TARN_TRY(const bool left, boolean(value, live, "and"));
      TARN_TRY(const Value right, comparison(live && left));
      TARN_TRY(const bool other, boolean(right, live && left, "and"));
      value = left && other;
    }
    return value;
  }

  Result<Value> comparison(bool live) {
    TARN_TRY(Value left, unary(live));
    for (;;) {
      // Longer operators first.
      constexpr std::string_view kOperators[] = {"==", "!=", "<=", ">=", "<", ">"};
      const std::string_view* found = nullptr;
      for (const std::string_view& symbol : kOperators) {
        if (take(symbol)) {
          found = &symbol;
          break;
        }
      }
      if (found == nullptr) {
        return left;
      }
      TARN_TRY(const Value right, unary(live));
      if (*found == "==" || *found == "!=") {
        left = (left == right) == (*found == "==");
        continue;
      }
      const bool ordered =
          left.index() == right.index() &&
          (std::holds_alternative<double>(left) || std::holds_alternative<std::string>(left));
      if (live && !ordered) {
        return error_at(at_, fmt::format("{} {} {}", type_name(left), *found, type_name(right)));
      }
      const bool less = left < right;
      const bool equal = left == right;
      left = found->front() == '<' ? less || (equal && found->size() == 2)
                                   : (!less && !equal) || (equal && found->size() == 2);
    }
  }

  Result<Value> unary(bool live) {
    bool negated = false;
    bool any = false;
    skip_space();
    while (!text_.substr(at_).starts_with("!=") && (take("!") || take("not"))) {
      negated = !negated;
      any = true;
      skip_space();
    }
    TARN_TRY(Value value, primary(live));
    if (!any) {
      return value;
    }
    TARN_TRY(const bool flag, boolean(value, live, "not"));
    return Value(flag != negated);
  }

  Result<Value> primary(bool live) {
    skip_space();
    if (at_ >= text_.size()) {
      return unexpected();
    }
    const char c = text_[at_];
    if (c == '(') {
      ++at_;
      TARN_TRY(Value value, ternary(live));
      if (!take(")")) {
        return unexpected();
      }
      return value;
    }
    if (c == '\'' || c == '"') {
      return quoted(c);
    }
    if ((c >= '0' && c <= '9') || c == '-' || c == '.') {
      return number();
    }
    if (!is_word(c)) {
      return unexpected();
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) {
      ++at_;
    }
    return named(text_.substr(begin, at_ - begin), begin, live);
  }

  Result<Value> quoted(char quote) {
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      }
      out.push_back(text_[at_]);
    }
    if (at_ >= text_.size()) {
      return unexpected();
    }
    ++at_;
    return Value(std::move(out));
  }

  Result<Value> number() {
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto read = std::from_chars(begin, text_.data() + text_.size(), value);
    if (read.ec != std::errc() || read.ptr == begin) {
      return unexpected();
    }
    at_ += static_cast<std::size_t>(read.ptr - begin);
    return Value(value);
  }

  Result<Value> named(std::string_view name, std::size_t begin, bool live) {
    if (name == "true" || name == "false") {
      return Value(name == "true");
    }
    const bool known = name == "success" || name == "failure" || name == "len";
    if (!take("(")) {
      return known ? Value(Function()) : Value();
    }
    std::optional<Value> argument;
    if (!take(")")) {
      TARN_TRY(argument, ternary(live));
      if (!take(")")) {
        return unexpected();
      }
    }
    if (!known && live) {
      return error_at(begin, fmt::format("unknown function `{}`", name));
    }
    if (name != "len") {
      if (argument && live) {
        return error_at(begin, fmt::format("`{}` takes no argument", name));
      }
      return Value((name == "failure") == failed_);
    }
    const std::string* text = argument ? std::get_if<std::string>(&*argument) : nullptr;
    if (text == nullptr && live) {
      return error_at(begin, "`len` takes a string");
    }
    return Value(text == nullptr ? 0.0 : static_cast<double>(text->size()));
  }

  const std::string_view text_;
  const bool failed_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<bool> evaluate_condition(std::string_view text, bool failed_so_far) {
  if (text.empty()) {
    return !failed_so_far;
  }
  if (text.size() > kSizeMax) {
    return Error::with_message(
        kConditionFailed, fmt::format("hook 'if' expression: longer than {} characters", kSizeMax));
  }
  TARN_TRY(const Value value, Evaluator(text, failed_so_far).evaluate());
  const bool* flag = std::get_if<bool>(&value);
  if (flag == nullptr) {
    return Error(kConditionFailed);
  }
  return *flag;
}

}  // namespace tarn::actions
