#include "tables/delta_addresses.h"

#include "base/encoding.h"
#include "runtime/parallel.h"
#include "tables/export_location.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kRequestsMax = 16;
constexpr std::size_t kNamedMissingMax = 20;

/// As a Delta log has it: a URI whose path is percent-encoded.
Result<std::string> to_uri(std::string_view physical_address) {
  TARN_TRY(const StorageUri place, parse_storage_uri(physical_address));
  return fmt::format("{}://{}/{}", place.protocol, place.bucket, percent_encode(place.key, "/"));
}

TextEdit text_edit(TextSpan at, std::string_view text) {
  TextEdit edit{.at = at, .text = {}};
  append_json_string(edit.text, text);
  return edit;
}

/// What a file is to the table: one with another deletion vector is another.
std::string identity(const DeltaFile& file, const std::string& object) {
  return fmt::format("{}\n{}", object,
                     file.vector ? file.vector->storage_type + file.vector->path_or_inline : "");
}

Result<std::optional<std::string>> find_schema(std::string_view line) {
  if (line.find("\"metaData\"") == std::string_view::npos) {
    return std::optional<std::string>();
  }
  TARN_TRY(const Json action, parse_json(line));
  const Json* schema = action.find_path({"metaData", "schemaString"});
  return schema != nullptr && schema->is_string() ? std::optional(*schema->as_string())
                                                  : std::nullopt;
}

Result<DeltaLine> read_line(std::string_view line, std::string_view prefix) {
  DeltaLine made{.text = line};
  TARN_TRY(made.files, find_delta_files(line));
  for (const DeltaFile& file : made.files) {
    TARN_TRY(DeltaPlaces places, locate_delta_file(file, prefix));
    made.places.push_back(std::move(places));
  }
  TARN_TRY(made.schema, find_schema(line));
  return made;
}

}  // namespace

Result<std::vector<DeltaLine>> read_delta_lines(std::string_view text, std::string_view prefix) {
  std::vector<DeltaLine> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.find_first_not_of(" \t") == std::string_view::npos) {
      continue;
    }
    Result<DeltaLine> made = read_line(line, prefix);
    if (!made) {
      return std::move(made).error().wrap(fmt::format("action {}", number));
    }
    lines.push_back(*std::move(made));
  }
  return lines;
}

Task<Result<void>> DeltaAddresses::look_up_one(std::string path, std::string& to) {
  Result<std::optional<TableObject>> found = co_await reader_.find(ctx_, path);
  if (!found) {
    co_return std::move(found).error().wrap(path);
  }
  if (*found) {
    TARN_CO_TRY(to, to_uri((*found)->physical_address));
  }
  co_return Result<void>();
}

Task<Result<void>> DeltaAddresses::look_up(std::vector<const Lines*> versions) {
  std::set<std::string> wanted;
  for (const Lines* lines : versions) {
    for (const DeltaLine& line : *lines) {
      for (const DeltaPlaces& places : line.places) {
        for (const std::optional<std::string>* path : {&places.object, &places.vector}) {
          if (*path && !known_.contains(**path)) {
            wanted.insert(**path);
          }
        }
      }
    }
  }
  std::vector<std::string> paths(wanted.begin(), wanted.end());
  std::vector<std::string> uris(paths.size());
  std::function<Task<Result<void>>(std::size_t)> work = [this, &paths, &uris](std::size_t at) {
    return look_up_one(paths[at], uris[at]);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(paths.size(), kRequestsMax, work));
  for (std::size_t at = 0; at < paths.size(); ++at) {
    known_.emplace(std::move(paths[at]), std::move(uris[at]));
  }
  co_return Result<void>();
}

void DeltaAddresses::note(const Lines& lines) {
  std::map<std::string, std::string> added;
  for (const DeltaLine& line : lines) {
    for (std::size_t at = 0; at < line.files.size(); ++at) {
      const DeltaFile& file = line.files[at];
      const DeltaPlaces& places = line.places[at];
      const auto is_missing = [this](const std::optional<std::string>& path) {
        return path && known_.at(*path).empty();
      };
      const std::string id = identity(file, places.object.value_or(file.path));
      if (file.kind == "remove") {
        missing_.erase(id);
      } else if (file.kind == "add" && is_missing(places.object)) {
        added[id] = *places.object;
      } else if (file.kind == "add" && is_missing(places.vector)) {
        added[id] = *places.vector;
      }
    }
  }
  missing_.merge(added);
}

Result<void> DeltaAddresses::require_all() const {
  if (missing_.empty()) {
    return {};
  }
  std::vector<std::string_view> named;
  for (const auto& [id, path] : missing_) {
    if (named.size() < kNamedMissingMax) {
      named.push_back(path);
    }
  }
  const std::size_t more = missing_.size() - named.size();
  return Error::with_message(
      kBadDelta,
      fmt::format("files that are part of the table are missing: {}{}", fmt::join(named, ", "),
                  more > 0 ? fmt::format(" and {} more", more) : std::string()));
}

Bytes DeltaAddresses::rewrite(const Lines& lines) const {
  Bytes out;
  for (const DeltaLine& line : lines) {
    std::vector<TextEdit> edits;
    const auto uri_of = [this](const std::optional<std::string>& path) -> std::string_view {
      return path ? std::string_view(known_.at(*path)) : std::string_view();
    };
    for (std::size_t at = 0; at < line.files.size(); ++at) {
      const DeltaFile& file = line.files[at];
      if (const std::string_view uri = uri_of(line.places[at].object); !uri.empty()) {
        edits.push_back(text_edit(file.path_at, uri));
      }
      if (const std::string_view uri = uri_of(line.places[at].vector); !uri.empty()) {
        edits.push_back(text_edit(file.vector->storage_type_at, "p"));
        edits.push_back(text_edit(file.vector->path_at, uri));
      }
    }
    std::ranges::sort(edits, {}, [](const TextEdit& edit) { return edit.at.begin; });
    out.append(rewrite_json(line.text, edits)).push_back('\n');
  }
  return out;
}

}  // namespace tarn::tables
