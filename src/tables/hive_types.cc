#include "tables/hive_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tarn::tables {
namespace {

struct Name {
  std::string_view written;
  std::string_view hive;
};

constexpr std::array kNames = std::to_array<Name>({
    {"tinyint", "tinyint"},
    {"byte", "tinyint"},
    {"smallint", "smallint"},
    {"short", "smallint"},
    {"int", "int"},
    {"integer", "int"},
    {"bigint", "bigint"},
    {"long", "bigint"},
    {"boolean", "boolean"},
    {"float", "float"},
    {"double", "double"},
    {"double precision", "double"},
    {"string", "string"},
    {"binary", "binary"},
    {"date", "date"},
    {"timestamp", "timestamp"},
    {"timestamp with local time zone", "timestamp with local time zone"},
    {"decimal", "decimal"},
    {"numeric", "decimal"},
});

/// Types that take numbers: `varchar(10)`.
struct Sized {
  std::string_view written;
  std::string_view hive;
  std::size_t numbers_min;
  std::size_t numbers_max;
  int first_max;
};

constexpr std::array kSized = std::to_array<Sized>({
    {"decimal", "decimal", 1, 2, 38},
    {"numeric", "decimal", 1, 2, 38},
    {"varchar", "varchar", 1, 1, 65535},
    {"char", "char", 1, 1, 255},
});

constexpr int kDepthMax = 64;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::string> run() {
    if (text_.size() > kHiveTypeBytesMax) {
      return Error::with_message(kInvalid,
                                 fmt::format("type is longer than {} bytes", kHiveTypeBytesMax));
    }
    TARN_TRY(std::string mapped, type(0));
    if (at_ < text_.size()) {
      return fail(fmt::format("`{}` after the end", text_.substr(at_)));
    }
    return mapped;
  }

 private:
  Error fail(std::string_view what) const {
    return Error::with_message(kInvalid, fmt::format("type `{}`: {}", text_.substr(0, 200), what));
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
      ++at_;
    }
  }

  bool take(char c) {
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      skip_blanks();
      return true;
    }
    return false;
  }

  Result<void> expect(char c) {
    if (!take(c)) {
      return fail(fmt::format("`{}` expected at byte {}", c, at_));
    }
    return {};
  }

  /// Words up to a bracket, comma or the end, in lower case with one blank between them.
  std::string words() {
    skip_blanks();
    std::string name;
    while (at_ < text_.size() && std::string_view("<>(),:").find(text_[at_]) == std::string::npos) {
      const char c = text_[at_++];
      if (c == ' ' || c == '\t' || c == '\n') {
        if (!name.ends_with(' ')) {
          name.push_back(' ');
        }
      } else {
        name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
      }
    }
    while (name.ends_with(' ')) {
      name.pop_back();
    }
    return name;
  }

  Result<std::string> type(int depth) {
    if (depth > kDepthMax) {
      return fail(fmt::format("nested deeper than {} levels", kDepthMax));
    }
    const std::string name = words();
    if (at_ < text_.size() && text_[at_] == '<') {
      return nested(name, depth);
    }
    if (at_ < text_.size() && text_[at_] == '(') {
      return sized(name);
    }
    const auto found = std::ranges::find(kNames, std::string_view(name), &Name::written);
    if (found == kNames.end()) {
      return fail(fmt::format("`{}` is no type of Hive", name));
    }
    return std::string(found->hive);
  }

  Result<std::string> sized(const std::string& name) {
    const auto found = std::ranges::find(kSized, std::string_view(name), &Sized::written);
    if (found == kSized.end()) {
      return fail(fmt::format("`{}` is no type of Hive that takes numbers", name));
    }
    TARN_CHECK_OK(expect('('));
    std::array<int, 2> numbers{};
    std::size_t count = 0;
    do {
      if (count == found->numbers_max) {
        return fail(fmt::format("too many numbers for {}", name));
      }
      TARN_TRY(numbers[count], number());
      ++count;
    } while (take(','));
    TARN_CHECK_OK(expect(')'));
    if (numbers[0] < 1 || numbers[0] > found->first_max) {
      return fail(fmt::format("{} takes 1 to {}", name, found->first_max));
    }
    if (count == 2 && numbers[1] > numbers[0]) {
      return fail("the scale is greater than the precision");
    }
    return count == 2 ? fmt::format("{}({},{})", found->hive, numbers[0], numbers[1])
                      : fmt::format("{}({})", found->hive, numbers[0]);
  }

  Result<int> number() {
    skip_blanks();
    int value = 0;
    const char* begin = text_.data() + at_;
    const auto read = std::from_chars(begin, text_.data() + text_.size(), value);
    if (read.ec != std::errc() || value < 0) {
      return fail(fmt::format("a number expected at byte {}", at_));
    }
    at_ += static_cast<std::size_t>(read.ptr - begin);
    return value;
  }

  Result<std::string> nested(const std::string& name, int depth) {
    const bool is_struct = name == "struct";
    const std::size_t parts_min = name == "map" ? 2 : 1;
    const std::size_t parts_max = name == "array" ? 1 : name == "map" ? 2 : 10'000;
    if (name != "array" && name != "map" && name != "uniontype" && !is_struct) {
      return fail(fmt::format("`{}` is no type of Hive that has parts", name));
    }
    TARN_CHECK_OK(expect('<'));
    std::string out = name + "<";
    std::size_t parts = 0;
    do {
      if (parts != 0) {
        out.push_back(',');
      }
      if (is_struct) {
        TARN_TRY(std::string member, member_name());
        out.append(member).append(":");
      }
      TARN_TRY(std::string part, type(depth + 1));
      if (name == "map" && parts == 0 && part.find('<') != std::string::npos) {
        return fail("the key of a map has no parts");
      }
      out.append(part);
      ++parts;
    } while (take(','));
    TARN_CHECK_OK(expect('>'));
    if (parts < parts_min || parts > parts_max) {
      return fail(fmt::format("{} parts for {}", parts, name));
    }
    return out.append(">");
  }

  /// As written: engines compare them without case, Glue keeps them.
  Result<std::string> member_name() {
    skip_blanks();
    const std::size_t colon = text_.find_first_of(":<>(),", at_);
    if (colon == std::string_view::npos || text_[colon] != ':') {
      return fail(fmt::format("`name:type` expected at byte {}", at_));
    }
    std::string_view name = text_.substr(at_, colon - at_);
    while (name.ends_with(' ')) {
      name.remove_suffix(1);
    }
    if (name.empty()) {
      return fail(fmt::format("a name expected at byte {}", at_));
    }
    at_ = colon + 1;
    return std::string(name);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::string> map_hive_type(std::string_view type) { return Parser(type).run(); }

}  // namespace tarn::tables
