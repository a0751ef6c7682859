#include "tables/delta_translate.h"

#include "base/encoding.h"
#include "runtime/parallel.h"
#include "tables/compute.h"
#include "tables/export_location.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kRequestsMax = 16;
/// Of files that are read together; a larger one is read alone.
constexpr std::size_t kBatchBytesMax = 8 * kMiB;
constexpr std::size_t kKeptBytesMax = 32 * kMiB;
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

}  // namespace

/// An action, and where its files lie.
struct DeltaTranslator::Line {
  std::string_view text;
  std::vector<DeltaFile> files = {};
  std::vector<DeltaPlaces> places = {};
  /// Of a metaData action.
  std::optional<std::string> schema = {};
};

DeltaTranslator::DeltaTranslator(Context ctx, ObjectReader& reader, DeltaLog log,
                                 BlockingPool* pool)
    : ctx_(std::move(ctx)), reader_(reader), log_(std::move(log)), pool_(pool) {}

Result<DeltaTranslator::Lines> DeltaTranslator::parse_lines(std::string_view text) const {
  Lines lines;
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
    const auto read = [&]() -> Result<Line> {
      Line made{.text = line};
      TARN_TRY(made.files, find_delta_files(line));
      for (const DeltaFile& file : made.files) {
        TARN_TRY(DeltaPlaces places, locate_delta_file(file, log_.prefix));
        made.places.push_back(std::move(places));
      }
      TARN_TRY(made.schema, find_schema(line));
      return made;
    };
    Result<Line> made = read();
    if (!made) {
      return std::move(made).error().wrap(fmt::format("action {}", number));
    }
    lines.push_back(*std::move(made));
  }
  return lines;
}

Task<Result<DeltaTranslator::Lines>> DeltaTranslator::parse(std::uint64_t version,
                                                            const Bytes& text) {
  const auto job = [this, &text] { return parse_lines(text); };
  Result<Lines> lines = co_await compute(pool_, job);
  if (!lines) {
    co_return std::move(lines).error().wrap(log_.path_of(version));
  }
  co_return lines;
}

Task<Result<void>> DeltaTranslator::get(std::uint64_t version, Bytes& to) {
  const std::string path = log_.path_of(version);
  Result<Bytes> text = co_await reader_.get(ctx_, path);
  if (!text) {
    co_return std::move(text).error().wrap(path);
  }
  to = *std::move(text);
  co_return Result<void>();
}

Task<Result<void>> DeltaTranslator::look_up_one(std::string path, std::string& to) {
  Result<std::optional<TableObject>> found = co_await reader_.find(ctx_, path);
  if (!found) {
    co_return std::move(found).error().wrap(path);
  }
  if (*found) {
    TARN_CO_TRY(to, to_uri((*found)->physical_address));
  }
  co_return Result<void>();
}

Task<Result<void>> DeltaTranslator::look_up(std::vector<std::string> paths) {
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

void DeltaTranslator::note_missing(const Lines& lines) {
  std::map<std::string, std::string> added;
  for (const Line& line : lines) {
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
  // Within a version the order of actions says nothing.
  missing_.merge(added);
}

Result<void> DeltaTranslator::require_all() const {
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

Task<Result<void>> DeltaTranslator::read_batch(std::uint64_t first, std::size_t count) {
  std::vector<Bytes> texts(count);
  std::function<Task<Result<void>>(std::size_t)> work = [this, first, &texts](std::size_t at) {
    return get(first + at, texts[at]);
  };
  TARN_CO_CHECK_OK(co_await parallel_for(count, kRequestsMax, work));
  std::vector<Lines> versions;
  std::set<std::string> wanted;
  for (std::size_t at = 0; at < count; ++at) {
    TARN_CO_TRY(Lines lines, co_await parse(first + at, texts[at]));
    for (const Line& line : lines) {
      for (const DeltaPlaces& places : line.places) {
        for (const std::optional<std::string>* path : {&places.object, &places.vector}) {
          if (*path && !known_.contains(**path)) {
            wanted.insert(**path);
          }
        }
      }
      if (line.schema) {
        schema_ = line.schema;
      }
    }
    versions.push_back(std::move(lines));
  }
  TARN_CO_CHECK_OK(co_await look_up(std::vector<std::string>(wanted.begin(), wanted.end())));
  for (const Lines& lines : versions) {
    note_missing(lines);
  }
  for (std::size_t at = 0; at < count && kept_bytes_ + texts[at].size() <= kKeptBytesMax; ++at) {
    kept_bytes_ += texts[at].size();
    kept_.emplace(first + at, std::move(texts[at]));
  }
  co_return Result<void>();
}

Task<Result<void>> DeltaTranslator::read(std::uint64_t first) {
  while (first < log_.sizes.size()) {
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    do {
      bytes += log_.sizes[first + count++];
    } while (first + count < log_.sizes.size() && count < kRequestsMax &&
             bytes + log_.sizes[first + count] <= kBatchBytesMax);
    TARN_CO_CHECK_OK(co_await read_batch(first, count));
    first += count;
  }
  co_return require_all();
}

Bytes DeltaTranslator::rewrite(const Lines& lines) const {
  Bytes out;
  for (const Line& line : lines) {
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

Task<Result<Bytes>> DeltaTranslator::translate(std::uint64_t version) {
  Bytes text;
  if (const auto kept = kept_.find(version); kept != kept_.end()) {
    text = kept->second;
  } else {
    TARN_CO_CHECK_OK(co_await get(version, text));
  }
  TARN_CO_TRY(const Lines lines, co_await parse(version, text));
  const auto job = [this, &lines] { return Result<Bytes>(rewrite(lines)); };
  co_return co_await compute(pool_, job);
}

}  // namespace tarn::tables
