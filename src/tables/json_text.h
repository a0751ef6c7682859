#pragma once

#include "base/error.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// Part of a text, from `begin` up to before `end`.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Finds the parts of a text that is known to be well-formed JSON, which it has to outlive: for
/// documents that are written again with little changed, and whose numbers must keep their digits.
class JsonText {
 public:
  using Visit = std::function<Result<void>(std::string_view key, TextSpan value)>;
  using VisitItem = std::function<Result<void>(TextSpan value)>;

  explicit JsonText(std::string_view text) : text_(text) {}

  /// Where the document begins.
  std::size_t first() const;
  /// Calls `visit` for each member of the object that starts at `at`, and stops at its first error.
  Result<void> members(std::size_t at, const Visit& visit) const;
  /// The same for the items of an array.
  Result<void> items(std::size_t at, const VisitItem& visit) const;

  bool is_object(TextSpan span) const { return text_[span.begin] == '{'; }
  bool is_array(TextSpan span) const { return text_[span.begin] == '['; }
  bool is_null(TextSpan span) const { return text_[span.begin] == 'n'; }
  /// Nothing when it is no string.
  std::optional<std::string> string_at(TextSpan span) const;

 private:
  std::size_t skip_blanks(std::size_t at) const;
  std::size_t end_of_string(std::size_t at) const;
  std::size_t end_of_value(std::size_t at) const;

  std::string_view text_;
};

struct TextEdit {
  TextSpan at;
  /// JSON.
  std::string text;
};

/// `json` (well-formed) with `edits` applied, which are in order and do not overlap, and without
/// the blanks between its tokens. Every other byte stays: numbers keep their digits, nulls and
/// unknown members stay, and so does the order.
std::string rewrite_json(std::string_view json, const std::vector<TextEdit>& edits);

}  // namespace tarn::tables
