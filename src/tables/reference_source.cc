#include "tables/reference_source.h"

#include "tables/delta_action.h"
#include "tables/delta_checkpoint.h"
#include "tables/iceberg_manifest.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

using Kind = Reference::Kind;
using SourceKind = ReferenceSource::Kind;

void add_lines(std::string_view text, std::vector<Reference>& to) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) {
      to.push_back({.kind = Kind::kObject, .address = std::string(text.substr(0, end))});
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Those of files that were added; paths that are none in a store are of objects that are gone.
Result<void> add_delta_files(std::string_view text, std::vector<Reference>& to) {
  const auto add = [&to](const std::string& address) {
    if (address.find("://") != std::string::npos || address.starts_with("file:/")) {
      to.push_back({.kind = Kind::kObject, .address = address});
    }
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      continue;
    }
    TARN_TRY(const std::vector<DeltaFile> files, find_delta_files(line));
    for (const DeltaFile& file : files) {
      if (file.kind == "remove") {
        continue;
      }
      add(file.path);
      if (file.vector && file.vector->storage_type == "p") {
        add(file.vector->path_or_inline);
      }
    }
  }
  return {};
}

Result<void> add_checkpoint_files(Bytes parquet, std::vector<Reference>& to) {
  constexpr std::size_t kPartBytes = 4 * kMiB;
  TARN_TRY(DeltaCheckpointReader reader, DeltaCheckpointReader::open(std::move(parquet)));
  while (true) {
    Bytes lines;
    TARN_TRY(const bool more, reader.next(lines, kPartBytes));
    if (!more) {
      return {};
    }
    TARN_CHECK_OK(add_delta_files(lines, to));
  }
}

}  // namespace

Task<Result<std::vector<Reference>>> read_source(Context ctx, ManifestStore& store,
                                                 ReferenceSource source) {
  std::vector<Reference> found;
  if (source.kind != SourceKind::kSymlinks && source.kind != SourceKind::kIcebergManifest &&
      source.kind != SourceKind::kDeltaLog && source.kind != SourceKind::kDeltaCheckpoint) {
    const Kind kind = source.kind == SourceKind::kObject    ? Kind::kObject
                      : source.kind == SourceKind::kMissing ? Kind::kMissing
                                                            : Kind::kManifest;
    found.push_back({.kind = kind, .address = std::move(source.uri)});
    co_return found;
  }
  Result<Bytes> content = co_await get_file(std::move(ctx), store, source.uri);
  if (!content && content.error().kind() == ErrorKind::kNotFound) {
    found.push_back({.kind = Kind::kMissing, .address = std::move(source.uri)});
    co_return found;
  }
  if (!content) {
    co_return content.error();
  }
  found.push_back({.kind = Kind::kManifest, .address = source.uri});
  if (source.kind == SourceKind::kSymlinks) {
    add_lines(*content, found);
    co_return found;
  }
  if (source.kind == SourceKind::kDeltaLog) {
    if (Result<void> read = add_delta_files(*content, found); !read) {
      co_return std::move(read).error().wrap(source.uri);
    }
    co_return found;
  }
  if (source.kind == SourceKind::kDeltaCheckpoint) {
    if (Result<void> read = add_checkpoint_files(*std::move(content), found); !read) {
      co_return std::move(read).error().wrap(source.uri);
    }
    co_return found;
  }
  Result<std::vector<IcebergFile>> files = read_manifest(*content);
  if (!files) {
    co_return std::move(files).error().wrap(source.uri);
  }
  const std::string_view folder = std::string_view(source.uri).substr(0, source.uri.rfind('/') + 1);
  for (IcebergFile& file : *files) {
    // Deletes that were exported are sources of their own.
    if (!file.removed && !file.address.starts_with(folder)) {
      found.push_back({.kind = Kind::kObject, .address = std::move(file.address)});
    }
  }
  co_return found;
}

}  // namespace tarn::tables
