#include "actions/lua/modules/modules.h"
#include "actions/lua/utf8.h"
#include "actions/lua/value.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <limits>
#include <memory>
#include <vector>

namespace tarn::actions::lua {
namespace {

/// Of one compiled expression, its caches included; a greater expression does not compile.
constexpr std::size_t kExpressionBytesMax = std::size_t{512} << 10;
/// What the four functions of one compiled expression are charged for together.
constexpr std::size_t kExternalBytes = std::size_t{1} << 20;

using Expression = std::shared_ptr<const RE2>;

std::string_view describe(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

Expression compile(Call& call, std::string_view pattern) {
  // Compiling repeats parts of the pattern, up to the memory limit of the expression.
  call.charge_bytes(kExpressionBytesMax / 16 + 16 * pattern.size());
  if (pattern.size() > kExpressionBytesMax) {
    call.fail("error parsing regexp: expression too large");
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kExpressionBytesMax);
  auto expression =
      std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!expression->ok()) {
    call.fail(fmt::format("error parsing regexp: {}: `{}`", describe(expression->error_code()),
                          expression->error_arg()));
  }
  return expression;
}

/// One search after another through a text. RE2 cannot be interrupted, so before each search its
/// worst case must fit the budget; charged is what it is likely to have read.
class Search {
 public:
  Search(Call& call, const RE2& expression, std::string_view text)
      : call_(call),
        expression_(expression),
        text_(text),
        program_size_(static_cast<std::uint64_t>(expression.ProgramSize())),
        groups_(1 + static_cast<std::size_t>(expression.NumberOfCapturingGroups())) {}

  /// Finds the first match at or after `from`.
  bool find(std::size_t from, std::size_t groups) {
    const std::uint64_t left = text_.size() - from;
    if (left * program_size_ / 2 > call_.engine().limits().pattern_steps) {
      call_.engine().raise(LimitKind::kPatternSteps);
    }
    call_.engine().charge_pattern(left * program_size_ / 64 + program_size_);
    const bool found =
        expression_.Match(re2::StringPiece(text_.data(), text_.size()), from, text_.size(),
                          RE2::UNANCHORED, groups_.data(), static_cast<int>(groups));
    const std::size_t read = found && groups > 0 ? end() - from : left;
    call_.engine().charge_pattern(read * program_size_ / 2);
    return found;
  }
  std::size_t begin() const { return static_cast<std::size_t>(groups_[0].data() - text_.data()); }
  std::size_t end() const { return begin() + groups_[0].size(); }
  std::string_view whole() const { return {groups_[0].data(), groups_[0].size()}; }

  /// Calls `use` for at most `count` matches (all when negative) that do not overlap; an empty
  /// match right after another match does not count.
  template <class Use>
  void each(std::int64_t count, std::size_t groups, Use use) {
    if (count < 0) {
      count = std::numeric_limits<std::int64_t>::max();
    }
    std::size_t from = 0;
    std::size_t previous_end = std::string_view::npos;
    while (count != 0 && from <= text_.size() && find(from, groups)) {
      const bool accepted = begin() != end() || begin() != previous_end;
      previous_end = end();
      if (end() == from) {
        from += from < text_.size() ? decode_utf8(text_.substr(from)).size : 1;
      } else {
        from = end();
      }
      if (accepted) {
        use();
        --count;
      }
    }
  }

  /// The whole match and its groups; groups without a match are empty.
  std::vector<std::string_view> texts() const {
    std::vector<std::string_view> texts;
    texts.reserve(groups_.size());
    for (const re2::StringPiece& group : groups_) {
      texts.emplace_back(group.data() == nullptr ? "" : group.data(), group.size());
    }
    return texts;
  }
  std::size_t group_count() const { return groups_.size(); }

 private:
  Call& call_;
  const RE2& expression_;
  const std::string_view text_;
  const std::uint64_t program_size_;
  std::vector<re2::StringPiece> groups_;
};

int find(Call& call, const RE2& expression) {
  Search search(call, expression, call.string(1));
  call.push(search.find(0, 1) ? search.whole() : std::string_view());
  return 1;
}

int find_all(Call& call, const RE2& expression) {
  Search search(call, expression, call.string(1));
  const std::int64_t count = call.integer(2);
  lua_State* L = call.lua();
  push_array_table(L, 0);
  int at = 0;
  search.each(count, 1, [&] {
    call.push(search.whole());
    lua_rawseti(L, -2, ++at);
  });
  return 1;
}

int find_submatch(Call& call, const RE2& expression) {
  Search search(call, expression, call.string(1));
  call.push_strings(search.find(0, search.group_count()) ? search.texts()
                                                         : std::vector<std::string_view>());
  return 1;
}

int find_all_submatch(Call& call, const RE2& expression) {
  Search search(call, expression, call.string(1));
  const std::int64_t count = call.integer(2);
  lua_State* L = call.lua();
  push_array_table(L, 0);
  int at = 0;
  search.each(count, search.group_count(), [&] {
    call.push_strings(search.texts());
    lua_rawseti(L, -2, ++at);
  });
  return 1;
}

int regexp_match(Call& call) {
  const Expression expression = compile(call, call.string(1));
  Search search(call, *expression, call.string(2));
  call.push(search.find(0, 0));
  return 1;
}

int regexp_quote_meta(Call& call) {
  Buffer out(call.engine());
  call.charge_bytes(call.string(1).size());
  for (const char c : call.string(1)) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  call.push(out.text());
  return 1;
}

int regexp_compile(Call& call) {
  const Expression expression = compile(call, call.string(1));
  call.push_table(0, 4);
  const auto add = [&](const char* name, int (*function)(Call&, const RE2&)) {
    call.push_function([expression, function](Call& inner) { return function(inner, *expression); },
                       kExternalBytes / 4);
    call.set_field(name);
  };
  add("find", find);
  add("find_all", find_all);
  add("find_submatch", find_submatch);
  add("find_all_submatch", find_all_submatch);
  return 1;
}

}  // namespace

const Module& regexp_module() {
  static const Module kModule = {
      "regexp",
      {{"match", regexp_match}, {"quote_meta", regexp_quote_meta}, {"compile", regexp_compile}}};
  return kModule;
}

}  // namespace tarn::actions::lua
