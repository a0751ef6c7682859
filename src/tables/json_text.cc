#include "tables/json_text.h"

#include "base/json.h"

#include <algorithm>

namespace tarn::tables {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

}  // namespace

std::size_t JsonText::first() const { return text_.find_first_not_of(kBlanks); }

Result<void> JsonText::members(std::size_t at, const Visit& visit) const {
  at = skip_blanks(at + 1);
  while (text_[at] != '}') {
    const std::size_t key_end = end_of_value(at);
    const std::optional<std::string> key = string_at({at, key_end});
    at = skip_blanks(skip_blanks(key_end) + 1);  // the colon
    const std::size_t end = end_of_value(at);
    TARN_CHECK_OK(visit(key.value_or(""), TextSpan{at, end}));
    at = skip_blanks(end);
    if (text_[at] == ',') {
      at = skip_blanks(at + 1);
    }
  }
  return {};
}

Result<void> JsonText::items(std::size_t at, const VisitItem& visit) const {
  at = skip_blanks(at + 1);
  while (text_[at] != ']') {
    const std::size_t end = end_of_value(at);
    TARN_CHECK_OK(visit(TextSpan{at, end}));
    at = skip_blanks(end);
    if (text_[at] == ',') {
      at = skip_blanks(at + 1);
    }
  }
  return {};
}

std::optional<std::string> JsonText::string_at(TextSpan span) const {
  if (text_[span.begin] != '"') {
    return std::nullopt;
  }
  const std::string_view quoted = text_.substr(span.begin, span.end - span.begin);
  if (quoted.find('\\') == std::string_view::npos) {
    return std::string(quoted.substr(1, quoted.size() - 2));
  }
  const Result<Json> value = parse_json(quoted);
  return value && value->is_string() ? std::optional(*value->as_string()) : std::nullopt;
}

std::size_t JsonText::skip_blanks(std::size_t at) const {
  return std::min(text_.find_first_not_of(kBlanks, at), text_.size());
}

std::size_t JsonText::end_of_string(std::size_t at) const {
  for (++at; text_[at] != '"'; ++at) {
    at += text_[at] == '\\' ? 1 : 0;
  }
  return at + 1;
}

std::size_t JsonText::end_of_value(std::size_t at) const {
  if (text_[at] == '"') {
    return end_of_string(at);
  }
  if (text_[at] != '{' && text_[at] != '[') {
    return std::min(text_.find_first_of(",]} \t\r\n", at), text_.size());
  }
  std::size_t depth = 0;
  while (true) {
    const char c = text_[at];
    if (c == '"') {
      at = end_of_string(at);
      continue;
    }
    depth += c == '{' || c == '[' ? 1 : 0;
    depth -= c == '}' || c == ']' ? 1 : 0;
    ++at;
    if (depth == 0) {
      return at;
    }
  }
}

std::string rewrite_json(std::string_view json, const std::vector<TextEdit>& edits) {
  std::string out;
  out.reserve(json.size());
  auto next = edits.begin();
  bool in_string = false;
  for (std::size_t at = 0; at < json.size();) {
    if (next != edits.end() && at == next->at.begin) {
      out.append(next->text);
      at = next->at.end;
      ++next;
      continue;
    }
    const char c = json[at++];
    if (in_string) {
      out.push_back(c);
      if (c == '\\') {
        out.push_back(json[at++]);
      }
      in_string = c != '"';
    } else if (kBlanks.find(c) == std::string_view::npos) {
      out.push_back(c);
      in_string = c == '"';
    }
  }
  return out;
}

}  // namespace tarn::tables
