#include "tables/delta_action.h"

#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace tarn::tables {
namespace {

Error bad(std::string message) { return Error::with_message(kBadDeltaAction, std::move(message)); }

/// A text member that occurs once.
struct Field {
  std::optional<std::string> text;
  TextSpan at;

  Result<void> take(const JsonText& walker, std::string_view name, TextSpan span) {
    if (text) {
      return bad(fmt::format("`{}` is there twice", name));
    }
    text = walker.string_at(span);
    if (!text) {
      return bad(fmt::format("`{}`: text expected", name));
    }
    at = span;
    return {};
  }
};

Result<std::optional<DeltaVector>> read_vector(const JsonText& walker, TextSpan span) {
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

Result<DeltaFile> read_file(const JsonText& walker, std::string_view kind, TextSpan span) {
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
  const JsonText walker(line);
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

}  // namespace tarn::tables
