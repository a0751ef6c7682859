#include "tables/delta_action.h"

#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace tarn::tables {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

Error bad(std::string message) { return Error::with_message(kBadDeltaAction, std::move(message)); }

/// Finds the parts of a text that is known to be well-formed JSON.
class Walker {
 public:
  using Visit = std::function<Result<void>(std::string_view key, TextSpan value)>;

  explicit Walker(std::string_view text) : text_(text) {}

  std::size_t first() const { return text_.find_first_not_of(kBlanks); }

  /// Calls `visit` for each member of the object that starts at `at`.
  Result<void> members(std::size_t at, const Visit& visit) const {
    at = skip_blanks(at + 1);
    while (text_[at] != '}') {
      const std::size_t key_end = end_of_value(at);
      TARN_TRY(const std::string key, string_at({at, key_end}));
      at = skip_blanks(skip_blanks(key_end) + 1);  // the colon
      const std::size_t end = end_of_value(at);
      TARN_CHECK_OK(visit(key, TextSpan{at, end}));
      at = skip_blanks(end);
      if (text_[at] == ',') {
        at = skip_blanks(at + 1);
      }
    }
    return {};
  }

  bool is_object(TextSpan span) const { return text_[span.begin] == '{'; }
  bool is_null(TextSpan span) const { return text_[span.begin] == 'n'; }

  Result<std::string> string_at(TextSpan span) const {
    if (text_[span.begin] != '"') {
      return bad("text expected");
    }
    const std::string_view quoted = text_.substr(span.begin, span.end - span.begin);
    if (quoted.find('\\') == std::string_view::npos) {
      return std::string(quoted.substr(1, quoted.size() - 2));
    }
    TARN_TRY(const Json value, parse_json(quoted));
    return *value.as_string();
  }

 private:
  std::size_t skip_blanks(std::size_t at) const {
    return std::min(text_.find_first_not_of(kBlanks, at), text_.size());
  }

  std::size_t end_of_string(std::size_t at) const {
    for (++at; text_[at] != '"'; ++at) {
      at += text_[at] == '\\' ? 1 : 0;
    }
    return at + 1;
  }

  std::size_t end_of_value(std::size_t at) const {
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

  std::string_view text_;
};

/// A text member that occurs once.
struct Field {
  std::optional<std::string> text;
  TextSpan at;

  Result<void> take(const Walker& walker, std::string_view name, TextSpan span) {
    if (text) {
      return bad(fmt::format("`{}` is there twice", name));
    }
    Result<std::string> value = walker.string_at(span);
    if (!value) {
      return std::move(value).error().wrap(fmt::format("`{}`", name));
    }
    text = *std::move(value);
    at = span;
    return {};
  }
};

Result<std::optional<DeltaVector>> read_vector(const Walker& walker, TextSpan span) {
  if (walker.is_null(span)) {
    return std::optional<DeltaVector>();
  }
  if (!walker.is_object(span)) {
    return bad("`deletionVector` is no object");
  }
  Field type;
  Field path;
  TARN_CHECK_OK(
      walker.members(span.begin, [&](std::string_view key, TextSpan value) -> Result<void> {
        if (key == "storageType") {
          return type.take(walker, "deletionVector.storageType", value);
        }
        if (key == "pathOrInlineDv") {
          return path.take(walker, "deletionVector.pathOrInlineDv", value);
        }
        return {};
      }));
  if (!type.text || !path.text) {
    return bad("`deletionVector` lacks `storageType` or `pathOrInlineDv`");
  }
  return std::optional(DeltaVector{.storage_type = *std::move(type.text),
                                   .path_or_inline = *std::move(path.text),
                                   .storage_type_at = type.at,
                                   .path_at = path.at});
}

Result<DeltaFile> read_file(const Walker& walker, std::string_view kind, TextSpan span) {
  DeltaFile file;
  file.kind = kind;
  Field path;
  TARN_CHECK_OK(
      walker.members(span.begin, [&](std::string_view key, TextSpan value) -> Result<void> {
        if (key == "path") {
          return path.take(walker, "path", value);
        }
        if (key == "deletionVector" && kind != "cdc") {
          if (file.vector) {
            return bad("`deletionVector` is there twice");
          }
          TARN_TRY(file.vector, read_vector(walker, value));
        }
        return {};
      }));
  if (!path.text) {
    return bad("`path` is missing");
  }
  file.path = *std::move(path.text);
  file.path_at = path.at;
  return file;
}

}  // namespace

Result<std::vector<DeltaFile>> find_delta_files(std::string_view line) {
  if (const std::optional<std::size_t> wrong = find_json_error(line)) {
    return bad(*wrong >= line.size() ? "it is cut off"
                                     : fmt::format("it is no JSON from byte {} on", *wrong));
  }
  const Walker walker(line);
  const std::size_t start = walker.first();
  if (line[start] != '{') {
    return bad("it is no JSON object");
  }
  std::vector<DeltaFile> files;
  TARN_CHECK_OK(walker.members(start, [&](std::string_view key, TextSpan value) -> Result<void> {
    if ((key != "add" && key != "remove" && key != "cdc") || walker.is_null(value)) {
      return {};
    }
    if (!walker.is_object(value)) {
      return bad(fmt::format("`{}` is no object", key));
    }
    Result<DeltaFile> file = read_file(walker, key, value);
    if (!file) {
      return std::move(file).error().wrap(key);
    }
    files.push_back(*std::move(file));
    return {};
  }));
  return files;
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
