#include "tables/iceberg_manifest.h"

#include "base/text.h"
#include "tables/avro_file.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::tables {
namespace {

// Field ids of https://iceberg.apache.org/spec/#manifests and #manifest-lists.

enum ListCell : std::size_t { kManifestPath, kManifestLength };

const std::vector<AvroPath>& list_cells() {
  static const std::vector<AvroPath> kCells = {{{500, "manifest_path"}},
                                               {{501, "manifest_length"}}};
  return kCells;
}

enum FileCell : std::size_t { kStatus, kContent, kFilePath, kFileFormat, kReferenced };

const std::vector<AvroPath>& file_cells() {
  static const std::vector<AvroPath> kCells = {{{0, "status"}},
                                               {{2, "data_file"}, {134, "content"}},
                                               {{2, "data_file"}, {100, "file_path"}},
                                               {{2, "data_file"}, {101, "file_format"}},
                                               {{2, "data_file"}, {143, "referenced_data_file"}}};
  return kCells;
}

constexpr std::int64_t kStatusDeleted = 2;
constexpr std::int64_t kPositionDeletes = 1;

Error lacks(std::string_view what) {
  return Error::with_message(kBadIceberg, fmt::format("an entry without `{}`", what));
}

std::string text_of(const AvroRow& row, std::size_t cell) {
  return row.cells[cell] ? std::string(row.cells[cell]->text) : std::string();
}
std::int64_t number_of(const AvroRow& row, std::size_t cell) {
  return row.cells[cell] ? row.cells[cell]->number : 0;
}

/// The same file with other cells, as `change` says for each row.
Result<Bytes> rewrite(
    ByteView bytes, const std::vector<AvroPath>& cells,
    const std::function<void(const AvroRow&, std::vector<std::optional<Bytes>>&)>& change) {
  TARN_TRY(const AvroFile file, AvroFile::parse(bytes));
  AvroWriter writer(file);
  std::vector<std::optional<Bytes>> values(cells.size());
  TARN_CHECK_OK(file.each_row(cells, [&](const AvroRow& row) -> Result<void> {
    values.assign(cells.size(), std::nullopt);
    change(row, values);
    writer.add(row, values);
    return {};
  }));
  return writer.finish();
}

}  // namespace

Result<std::vector<IcebergManifest>> read_manifest_list(ByteView bytes) {
  TARN_TRY(const AvroFile file, AvroFile::parse(bytes));
  std::vector<IcebergManifest> manifests;
  TARN_CHECK_OK(file.each_row(list_cells(), [&](const AvroRow& row) -> Result<void> {
    if (!row.cells[kManifestPath]) {
      return lacks("manifest_path");
    }
    manifests.push_back(
        {.address = text_of(row, kManifestPath), .size_bytes = number_of(row, kManifestLength)});
    return {};
  }));
  return manifests;
}

Result<Bytes> rewrite_manifest_list(ByteView bytes, const ManifestMap& manifests) {
  return rewrite(bytes, list_cells(), [&](const AvroRow& row, auto& values) {
    if (const std::optional<IcebergManifest> other = manifests(text_of(row, kManifestPath))) {
      values[kManifestPath] = encode_avro_text(other->address);
      values[kManifestLength] = encode_avro_long(other->size_bytes);
    }
  });
}

Result<std::vector<IcebergFile>> read_manifest(ByteView bytes) {
  TARN_TRY(const AvroFile file, AvroFile::parse(bytes));
  std::vector<IcebergFile> files;
  TARN_CHECK_OK(file.each_row(file_cells(), [&](const AvroRow& row) -> Result<void> {
    if (!row.cells[kFilePath]) {
      return lacks("data_file.file_path");
    }
    IcebergFile found;
    found.address = text_of(row, kFilePath);
    found.referenced = text_of(row, kReferenced);
    found.removed = number_of(row, kStatus) == kStatusDeleted;
    found.holds_addresses = number_of(row, kContent) == kPositionDeletes &&
                            ascii_lower(text_of(row, kFileFormat)) != "puffin";
    files.push_back(std::move(found));
    return {};
  }));
  return files;
}

Result<Bytes> rewrite_manifest(ByteView bytes, const AddressMap& addresses) {
  return rewrite(bytes, file_cells(), [&](const AvroRow& row, auto& values) {
    for (const std::size_t cell : {kFilePath, kReferenced}) {
      if (!row.cells[cell]) {
        continue;
      }
      if (const std::optional<std::string> other = addresses(text_of(row, cell))) {
        values[cell] = encode_avro_text(*other);
      }
    }
  });
}

}  // namespace tarn::tables
