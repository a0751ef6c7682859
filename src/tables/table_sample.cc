#include "tables/table_sample.h"

#include "tables/avro_columns.h"
#include "tables/orc_columns.h"
#include "tables/parquet_schema.h"
#include "tables/schema_sample.h"

#include <algorithm>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kSampleBytesMax = 256 * kKiB;
constexpr std::size_t kPageObjects = 1000;
// Of Parquet: read at once, and at most of longer metadata, which begins with the schema.
constexpr std::size_t kTailBytes = 64 * kKiB;
constexpr std::size_t kMetadataBytesMax = 4 * kMiB;

Task<Result<std::optional<TableObject>>> first_file(Context ctx, ObjectReader& reader,
                                                    PartitionLayout layout) {
  std::string after;
  while (true) {
    TARN_CO_TRY(const ObjectPage page,
                co_await reader.list(ctx, layout.prefix(), after, kPageObjects));
    for (const TableObject& object : page.objects) {
      if (object.size_bytes > 0 &&
          layout.place(object.path, object.size_bytes).kind == PartitionLayout::Kind::kData) {
        co_return std::optional<TableObject>(object);
      }
    }
    if (!page.has_more) {
      co_return std::optional<TableObject>();
    }
    if (page.next_after <= after) {
      co_return Error(kInternal, "a listing does not advance");
    }
    after = page.next_after;
  }
}

bool is_compressed(std::string_view path) {
  constexpr std::string_view kEndings[] = {".gz", ".bz2", ".zst", ".snappy", ".lz4", ".xz"};
  return std::ranges::any_of(kEndings,
                             [path](std::string_view ending) { return path.ends_with(ending); });
}

/// The last bytes of a file, or all of it.
Task<Result<Bytes>> read_tail(Context ctx, ObjectReader& reader, TableObject file,
                              std::size_t size_bytes) {
  const std::uint64_t size = std::min<std::uint64_t>(size_bytes, file.size_bytes);
  Result<Bytes> tail = co_await reader.get_range(std::move(ctx), file.path, file.size_bytes - size,
                                                 static_cast<std::size_t>(size));
  co_return tail;
}

/// Columns of a Parquet file, which stand at its end.
Task<Result<std::vector<TableField>>> parquet_file_columns(Context ctx, ObjectReader& reader,
                                                           TableObject file) {
  TARN_CO_TRY(const Bytes tail, co_await read_tail(ctx, reader, file, kTailBytes));
  TARN_CO_TRY(const std::size_t bytes, parquet_metadata_bytes(tail));
  if (bytes + kParquetTailBytes > file.size_bytes || bytes == 0) {
    co_return Error::with_message(kInvalid, "it is no Parquet file");
  }
  if (bytes + kParquetTailBytes <= tail.size()) {
    co_return parquet_columns(
        ByteView(tail).substr(tail.size() - kParquetTailBytes - bytes, bytes));
  }
  TARN_CO_TRY(const Bytes metadata,
              co_await reader.get_range(std::move(ctx), file.path,
                                        file.size_bytes - kParquetTailBytes - bytes,
                                        std::min(bytes, kMetadataBytesMax)));
  co_return parquet_columns(metadata);
}

/// Columns of an ORC file, which stand at its end, too.
Task<Result<std::vector<TableField>>> orc_file_columns(Context ctx, ObjectReader& reader,
                                                       TableObject file) {
  TARN_CO_TRY(Bytes tail, co_await read_tail(ctx, reader, file, kTailBytes));
  TARN_CO_TRY(const std::size_t bytes, orc_footer_bytes(tail));
  if (bytes > tail.size() && bytes <= file.size_bytes) {
    TARN_CO_TRY(tail, co_await read_tail(std::move(ctx), reader, file, bytes));
  }
  co_return orc_columns(tail);
}

Task<Result<std::vector<TableField>>> text_file_columns(Context ctx, ObjectReader& reader,
                                                        TableObject file, std::string format) {
  TARN_CO_TRY(const Bytes text,
              co_await reader.get_range(std::move(ctx), file.path, 0, kSampleBytesMax));
  const bool whole = file.size_bytes <= text.size();
  co_return format == "json" ? json_columns(text, whole)
                             : csv_columns(text, format == "tsv" ? '\t' : ',', whole);
}

}  // namespace

bool can_be_sampled(std::string_view format) {
  constexpr std::string_view kFormats[] = {"csv", "tsv", "json", "parquet", "orc", "avro"};
  return std::ranges::find(kFormats, format) != std::end(kFormats);
}

Task<Result<std::optional<TableSample>>> sample_table(Context ctx, ObjectReader& reader,
                                                      PartitionLayout layout, std::string format) {
  TARN_CO_TRY(const std::optional<TableObject> file,
              co_await first_file(ctx, reader, std::move(layout)));
  if (!file) {
    co_return std::optional<TableSample>();
  }
  if (is_compressed(file->path)) {
    co_return Error::with_message(kInvalid,
                                  file->path + ": columns of compressed files are not seen");
  }
  TableSample sample;
  sample.path = file->path;
  sample.by_position = format == "csv" || format == "tsv";
  Result<std::vector<TableField>> fields{std::vector<TableField>()};
  if (format == "parquet") {
    fields = co_await parquet_file_columns(std::move(ctx), reader, *file);
  } else if (format == "orc") {
    fields = co_await orc_file_columns(std::move(ctx), reader, *file);
  } else if (format == "avro") {
    TARN_CO_TRY(const Bytes header,
                co_await reader.get_range(std::move(ctx), file->path, 0, kSampleBytesMax));
    Result<AvroColumns> columns = avro_columns(header);
    if (!columns) {
      co_return std::move(columns).error().wrap(file->path);
    }
    sample.avro_schema = std::move(columns->schema);
    fields = std::move(columns->fields);
  } else {
    fields = co_await text_file_columns(std::move(ctx), reader, *file, format);
  }
  if (!fields) {
    co_return std::move(fields).error().wrap(file->path);
  }
  sample.fields = *std::move(fields);
  co_return std::optional<TableSample>(std::move(sample));
}

void adopt_sample(TableDescriptor& descriptor, const TableSample& sample) {
  descriptor.avro_schema = sample.avro_schema;
  for (const std::string& column : descriptor.partition_columns) {
    TableField made;
    made.name = column;
    made.type = "string";
    descriptor.fields.push_back(std::move(made));
  }
  for (const TableField& field : sample.fields) {
    // A file may repeat what its folder says; a table cannot.
    if (descriptor.find_field(field.name) == nullptr) {
      descriptor.fields.push_back(field);
    }
  }
}

}  // namespace tarn::tables
