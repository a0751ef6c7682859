#include "action_file/path_match.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace tarn::action_file {
namespace {

/// One element of a pattern: a star, or what matches a single character.
struct Element {
  enum class Kind { kStar, kAny, kLiteral, kClass };
  Kind kind = Kind::kLiteral;
  char literal = 0;
  /// Of a class, without brackets and `^`.
  std::string_view ranges;
  bool negated = false;
  std::size_t end = 0;  // offset after the element
};

/// One bound of a range at `at`, which moves behind it; nothing where there is none.
std::optional<char> read_bound(std::string_view pattern, std::size_t& at) {
  if (at >= pattern.size() || pattern[at] == '-' || pattern[at] == ']') {
    return std::nullopt;
  }
  if (pattern[at] == '\\' && ++at >= pattern.size()) {
    return std::nullopt;
  }
  return pattern[at++];
}

struct Range {
  char low = 0;
  char high = 0;
};

std::optional<Range> read_range(std::string_view pattern, std::size_t& at) {
  const std::optional<char> low = read_bound(pattern, at);
  if (!low) {
    return std::nullopt;
  }
  Range range{*low, *low};
  if (at < pattern.size() && pattern[at] == '-') {
    ++at;
    const std::optional<char> high = read_bound(pattern, at);
    if (!high) {
      return std::nullopt;
    }
    range.high = *high;
  }
  return range;
}

/// The element at `at`, which is inside the pattern; nothing where it is malformed.
std::optional<Element> read_element(std::string_view pattern, std::size_t at) {
  Element element;
  element.end = at + 1;
  switch (pattern[at]) {
    case '*':
      element.kind = Element::Kind::kStar;
      return element;
    case '?':
      element.kind = Element::Kind::kAny;
      return element;
    case '\\':
      if (at + 1 >= pattern.size()) {
        return std::nullopt;
      }
      element.literal = pattern[at + 1];
      element.end = at + 2;
      return element;
    case '[': {
      element.kind = Element::Kind::kClass;
      ++at;
      element.negated = at < pattern.size() && pattern[at] == '^';
      at += element.negated ? 1 : 0;
      const std::size_t begin = at;
      do {
        if (!read_range(pattern, at) || at >= pattern.size()) {
          return std::nullopt;
        }
      } while (pattern[at] != ']');
      element.ranges = pattern.substr(begin, at - begin);
      element.end = at + 1;
      return element;
    }
    default:
      element.literal = pattern[at];
      return element;
  }
}

bool matches_one(const Element& element, char c) {
  switch (element.kind) {
    case Element::Kind::kStar:
      return false;
    case Element::Kind::kAny:
      return c != '/';
    case Element::Kind::kLiteral:
      return c == element.literal;
    case Element::Kind::kClass:
      break;
  }
  bool inside = false;
  for (std::size_t at = 0; at < element.ranges.size();) {
    const std::optional<Range> range = read_range(element.ranges, at);
    inside = inside || (range && range->low <= c && c <= range->high);
  }
  return inside != element.negated;
}

std::vector<std::string_view> components(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t slash = text.find('/');
    out.push_back(text.substr(0, slash));
    if (slash == std::string_view::npos) {
      return out;
    }
    text.remove_prefix(slash + 1);
  }
}

/// Those of a path glob; the empty one at its end stands for one component or more.
std::vector<std::string_view> glob_components(std::string_view pattern) {
  std::vector<std::string_view> out = components(pattern);
  if (out.size() > 1 && out.back().empty()) {
    out.back() = "*";
    out.push_back("**");
  }
  return out;
}

}  // namespace

Result<bool> path_match(std::string_view pattern, std::string_view name) {
  for (std::size_t at = 0; at < pattern.size();) {
    const std::optional<Element> element = read_element(pattern, at);
    if (!element) {
      return Error(kBadPattern);
    }
    at = element->end;
  }
  // The last star seen is the only one worth trying again: stars do not cross a slash, and the
  // slashes of pattern and name correspond one to one.
  std::size_t p = 0;
  std::size_t n = 0;
  std::optional<std::size_t> after_star;
  std::size_t star_name = 0;
  while (p < pattern.size() || n < name.size()) {
    if (p < pattern.size()) {
      const Element element = *read_element(pattern, p);
      if (element.kind == Element::Kind::kStar) {
        after_star = p = element.end;
        star_name = n;
        continue;
      }
      if (n < name.size() && matches_one(element, name[n])) {
        p = element.end;
        ++n;
        continue;
      }
    }
    if (!after_star || star_name >= name.size() || name[star_name] == '/') {
      return false;
    }
    p = *after_star;
    n = ++star_name;
  }
  return true;
}

bool is_path_glob(std::string_view pattern) {
  return !pattern.empty() &&
         std::ranges::all_of(glob_components(pattern), [](std::string_view component) {
           return path_match(component, "").has_value();
         });
}

std::string_view path_glob_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*?[\\"));
}

bool path_glob(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> globs = glob_components(pattern);
  const std::vector<std::string_view> names = components(path);
  // reached[n]: the globs so far match the first n names.
  std::vector<bool> reached(names.size() + 1, false);
  reached[0] = true;
  for (const std::string_view glob : globs) {
    std::vector<bool> next(names.size() + 1, false);
    for (std::size_t n = 0; n <= names.size(); ++n) {
      if (glob == "**") {
        next[n] = reached[n] || (n > 0 && next[n - 1]);
      } else if (n > 0 && reached[n - 1]) {
        next[n] = path_match(glob, names[n - 1]).value_or(false);
      }
    }
    reached = std::move(next);
  }
  return reached.back();
}

}  // namespace tarn::action_file
