#include "tables/iceberg_manifest.h"

#include "base/text.h"
#include "tables/avro_file.h"
#include "tables/avro_pairs.h"
#include "tables/position_deletes.h"

#include <fmt/format.h>

#include <map>
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

enum FileCell : std::size_t {
  kStatus,
  kContent,
  kFilePath,
  kFileFormat,
  kReferenced,
  kFileSize,
  kColumnSizes,
  kLowerBounds,
  kUpperBounds,
  kSplitOffsets
};

const std::vector<AvroPath>& file_cells() {
  static const std::vector<AvroPath> kCells = {{{0, "status"}},
                                               {{2, "data_file"}, {134, "content"}},
                                               {{2, "data_file"}, {100, "file_path"}},
                                               {{2, "data_file"}, {101, "file_format"}},
                                               {{2, "data_file"}, {143, "referenced_data_file"}},
                                               {{2, "data_file"}, {104, "file_size_in_bytes"}},
                                               {{2, "data_file"}, {108, "column_sizes"}},
                                               {{2, "data_file"}, {125, "lower_bounds"}},
                                               {{2, "data_file"}, {128, "upper_bounds"}},
                                               {{2, "data_file"}, {132, "split_offsets"}}};
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

using Values = std::vector<std::optional<Bytes>>;

/// The same file with other cells, as `change` says for each row.
Result<Bytes> rewrite(
    ByteView bytes, const std::vector<AvroPath>& cells,
    const std::function<Result<void>(const AvroFile&, const AvroRow&, Values&)>& change) {
  TARN_TRY(const AvroFile file, AvroFile::parse(bytes));
  AvroWriter writer(file);
  Values values(cells.size());
  TARN_CHECK_OK(file.each_row(cells, [&](const AvroRow& row) -> Result<void> {
    values.assign(cells.size(), std::nullopt);
    TARN_CHECK_OK(change(file, row, values));
    writer.add(row, values);
    return {};
  }));
  return writer.finish();
}

/// What an entry says of a file of deletes that became another.
Result<void> describe_deletes(const AvroFile& file, const AvroRow& row,
                              const IcebergDeletesFile& now, Values& values) {
  // Of what is null nothing is said now either.
  const auto replace = [&](std::size_t cell,
                           const std::map<std::int64_t, Bytes>& by_field) -> Result<void> {
    if (const std::optional<AvroCell>& list = row.lists[cell]) {
      const ByteView encoded = row.bytes.substr(list->begin, list->end - list->begin);
      TARN_TRY(values[cell], replace_in_avro_pairs(file.schema(), list->node, encoded, by_field));
    }
    return {};
  };
  TARN_CHECK_OK(replace(kLowerBounds, {{kDeletesPathField, encode_avro_text(now.least)}}));
  TARN_CHECK_OK(replace(kUpperBounds, {{kDeletesPathField, encode_avro_text(now.greatest)}}));
  TARN_CHECK_OK(
      replace(kColumnSizes, {{kDeletesPathField, encode_avro_long(now.path_bytes)},
                             {kDeletesPositionField, encode_avro_long(now.position_bytes)}}));
  values[kFilePath] = encode_avro_text(now.address);
  values[kFileSize] = encode_avro_long(now.size_bytes);
  values[kSplitOffsets] = encode_avro_longs(now.split_offsets);
  return {};
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
  const auto change = [&](const AvroFile&, const AvroRow& row, Values& values) -> Result<void> {
    if (const std::optional<IcebergManifest> other = manifests(text_of(row, kManifestPath))) {
      values[kManifestPath] = encode_avro_text(other->address);
      values[kManifestLength] = encode_avro_long(other->size_bytes);
    }
    return {};
  };
  return rewrite(bytes, list_cells(), change);
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
    found.format = ascii_lower(text_of(row, kFileFormat));
    found.holds_addresses =
        number_of(row, kContent) == kPositionDeletes && found.format != "puffin";
    files.push_back(std::move(found));
    return {};
  }));
  return files;
}

Result<Bytes> rewrite_manifest(ByteView bytes, const AddressMap& addresses,
                               const IcebergDeletesMap& deletes) {
  const auto change = [&](const AvroFile& file, const AvroRow& row,
                          Values& values) -> Result<void> {
    for (const std::size_t cell : {kFilePath, kReferenced}) {
      if (!row.cells[cell]) {
        continue;
      }
      if (const std::optional<std::string> other = addresses(text_of(row, cell))) {
        values[cell] = encode_avro_text(*other);
      }
    }
    const auto now = deletes.find(text_of(row, kFilePath));
    if (now != deletes.end() && number_of(row, kStatus) != kStatusDeleted &&
        number_of(row, kContent) == kPositionDeletes) {
      return describe_deletes(file, row, now->second, values);
    }
    return {};
  };
  return rewrite(bytes, file_cells(), change);
}

}  // namespace tarn::tables
