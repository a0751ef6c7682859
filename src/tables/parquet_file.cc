#include "tables/parquet_file.h"

#include "tables/parquet_schema.h"
#include "tables/thrift_compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// Structures and field ids are those of
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

namespace tarn::tables {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::size_t kElementsMax = 20'000;
constexpr std::size_t kRowGroupsMax = 10'000;
/// Columns times groups of rows.
constexpr std::size_t kChunksMax = 1'000'000;
constexpr unsigned kDepthMax = 16;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}

/// A SchemaElement; its column's name is not that of the whole path yet.
struct Element {
  ParquetColumn column;
  std::int64_t repetition = 0;
  std::int64_t children = 0;
};

/// A ColumnChunk with its ColumnMetaData.
struct RawChunk {
  std::int64_t codec = 0;
  std::int64_t values = -1;
  std::int64_t compressed_bytes = -1;
  std::int64_t data_offset = -1;
  std::int64_t dictionary_offset = 0;
  bool elsewhere = false;
  bool encrypted = false;
};
struct RawGroup {
  std::int64_t rows = -1;
  std::vector<RawChunk> chunks;
};

bool take_integer(CompactReader& in, std::int64_t& to) {
  const std::optional<std::int64_t> value = in.integer();
  to = value.value_or(0);
  return value.has_value();
}

bool is_integer(const CompactReader::Field& field) {
  return field.type == Wire::kI32 || field.type == Wire::kI64;
}

/// A list of structures, of at most so many.
template <class Item, class Read>
bool take_list(CompactReader& in, std::size_t count_max, std::vector<Item>& to, Read read) {
  const std::optional<CompactReader::List> list = in.list();
  if (!list || list->size > count_max || (list->size > 0 && list->type != Wire::kStruct)) {
    return false;
  }
  for (std::uint64_t i = 0; i < list->size; ++i) {
    to.emplace_back();
    if (!read(in, to.back())) {
      return false;
    }
  }
  return true;
}

bool read_element(CompactReader& in, Element& to) {
  return read_struct(in, [&](const CompactReader::Field& field) {
    if (field.id == 4 && field.type == Wire::kBinary) {
      const std::optional<ByteView> name = in.binary();
      to.column.name = name.value_or(ByteView());
      return name.has_value();
    }
    if (!is_integer(field)) {
      return in.skip(field.type);
    }
    std::int64_t number = 0;
    if (!take_integer(in, number)) {
      return false;
    }
    switch (field.id) {
      case 1:
        to.column.type = static_cast<ParquetType>(number);
        break;
      case 3:
        to.repetition = number;
        break;
      case 5:
        to.children = number;
        break;
      case 9:
        to.column.field_id = number;
        break;
      default:
        break;
    }
    return true;
  });
}

bool read_chunk_metadata(CompactReader& in, RawChunk& to) {
  return read_struct(in, [&](const CompactReader::Field& field) {
    if (!is_integer(field)) {
      return in.skip(field.type);
    }
    switch (field.id) {
      case 4:
        return take_integer(in, to.codec);
      case 5:
        return take_integer(in, to.values);
      case 7:
        return take_integer(in, to.compressed_bytes);
      case 9:
        return take_integer(in, to.data_offset);
      case 11:
        return take_integer(in, to.dictionary_offset);
      default:
        return in.skip(field.type);
    }
  });
}

bool read_chunk(CompactReader& in, RawChunk& to) {
  return read_struct(in, [&](const CompactReader::Field& field) {
    to.elsewhere = to.elsewhere || field.id == 1;
    to.encrypted = to.encrypted || field.id == 8 || field.id == 9;
    return field.id == 3 && field.type == Wire::kStruct ? read_chunk_metadata(in, to)
                                                        : in.skip(field.type);
  });
}

bool read_group(CompactReader& in, std::size_t columns, RawGroup& to) {
  return read_struct(in, [&](const CompactReader::Field& field) {
    if (field.id == 1 && field.type == Wire::kList) {
      return take_list(in, columns, to.chunks, read_chunk);
    }
    return field.id == 3 && is_integer(field) ? take_integer(in, to.rows) : in.skip(field.type);
  });
}

/// Reads one list of FileMetaData, and passes the rest.
template <class Item, class Read>
bool read_metadata_list(ByteView metadata, std::int64_t id, std::size_t count_max,
                        std::vector<Item>& to, Read read) {
  CompactReader in(metadata);
  return read_struct(in, [&](const CompactReader::Field& field) {
    return field.id == id && field.type == Wire::kList ? take_list(in, count_max, to, read)
                                                       : in.skip(field.type);
  });
}

/// Makes a tree of elements, which come from the root on, each before its children.
class SchemaBuilder {
 public:
  SchemaBuilder(std::vector<Element> elements, ParquetFile& to)
      : elements_(std::move(elements)), to_(to) {}

  Result<void> build() {
    if (elements_.empty() || elements_.front().children <= 0) {
      return bad("its schema is no list of columns");
    }
    TARN_CHECK_OK(add_children(to_.schema, elements_[next_++].children, "", 1));
    return next_ == elements_.size() ? Result<void>() : bad("its schema has parts too many");
  }

 private:
  Result<void> add_children(ParquetField& parent, std::int64_t count, const std::string& path,
                            unsigned depth) {
    if (depth > kDepthMax) {
      return bad(fmt::format("its columns are nested more than {} deep", kDepthMax));
    }
    for (std::int64_t i = 0; i < count; ++i) {
      if (next_ == elements_.size()) {
        return bad("its schema lacks parts");
      }
      TARN_TRY(ParquetField field, make(elements_[next_++], parent, path, depth));
      parent.children.push_back(std::move(field));
    }
    return {};
  }

  Result<ParquetField> make(Element& element, const ParquetField& parent, const std::string& path,
                            unsigned depth) {
    ParquetField field{.name = std::move(element.column.name),
                       .repetition = static_cast<ParquetRepetition>(element.repetition),
                       .definition = parent.definition,
                       .repeats = parent.repeats};
    std::string whole = path + field.name;
    switch (field.repetition) {
      case ParquetRepetition::kRequired:
        break;
      case ParquetRepetition::kRepeated:
        ++field.repeats;
        [[fallthrough]];
      case ParquetRepetition::kOptional:
        ++field.definition;
        break;
      default:
        return bad(fmt::format("its column `{}` repeats in an unknown way", whole));
    }
    if (element.children < 0) {
      return bad("its schema is damaged");
    }
    if (element.children > 0) {
      TARN_CHECK_OK(add_children(field, element.children, whole + ".", depth + 1));
      return field;
    }
    field.column = to_.columns.size();
    ParquetColumn& column = to_.columns.emplace_back(std::move(element.column));
    column.name = std::move(whole);
    column.definition_max = field.definition;
    column.repetition_max = field.repeats;
    return field;
  }

  std::vector<Element> elements_;
  std::size_t next_ = 0;
  ParquetFile& to_;
};

/// `whole` ends before the metadata.
Result<ParquetChunk> place(const RawChunk& raw, ByteView whole) {
  if (raw.encrypted || raw.elsewhere) {
    return bad(raw.encrypted ? "a column is encrypted" : "a column lies in another file");
  }
  if (raw.values == 0) {
    return ParquetChunk();
  }
  // Some writers say 0 where there is no dictionary.
  const bool dictionary = raw.dictionary_offset > 0 && raw.dictionary_offset < raw.data_offset;
  const std::int64_t begin = dictionary ? raw.dictionary_offset : raw.data_offset;
  const auto size = static_cast<std::int64_t>(whole.size());
  if (raw.values < 0 || begin < static_cast<std::int64_t>(kMagic.size()) || begin > size ||
      raw.compressed_bytes < 0 || raw.compressed_bytes > size - begin) {
    return bad("its pages are not where its metadata says");
  }
  return ParquetChunk{.codec = raw.codec,
                      .values = static_cast<std::uint64_t>(raw.values),
                      .pages = whole.substr(static_cast<std::size_t>(begin),
                                            static_cast<std::size_t>(raw.compressed_bytes))};
}

}  // namespace

Result<ParquetFile> parse_parquet_file(ByteView bytes) {
  const Result<std::size_t> length = parquet_metadata_bytes(bytes);
  if (!length) {
    return bad(length.error().message());
  }
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kParquetTailBytes ||
      *length > bytes.size() - kMagic.size() - kParquetTailBytes) {
    return bad("it is damaged or cut off");
  }
  const ByteView whole = bytes.substr(0, bytes.size() - kParquetTailBytes - *length);
  const ByteView metadata = bytes.substr(whole.size(), *length);
  std::vector<Element> elements;
  if (!read_metadata_list(metadata, 2, kElementsMax, elements, read_element)) {
    return bad("its schema is damaged, or very large");
  }
  ParquetFile file;
  TARN_CHECK_OK(SchemaBuilder(std::move(elements), file).build());
  std::vector<RawGroup> groups;
  std::size_t chunks_left = kChunksMax;
  const auto read = [&file, &chunks_left](CompactReader& in, RawGroup& to) {
    const bool whole = read_group(in, std::min(file.columns.size(), chunks_left), to);
    chunks_left -= to.chunks.size();
    return whole;
  };
  if (!read_metadata_list(metadata, 4, kRowGroupsMax, groups, read)) {
    return bad("its list of row groups is damaged, or very long");
  }
  for (const RawGroup& raw : groups) {
    if (raw.rows < 0 || raw.chunks.size() != file.columns.size()) {
      return bad("a row group lacks columns or its number of rows");
    }
    ParquetRowGroup& group = file.row_groups.emplace_back();
    group.rows = static_cast<std::uint64_t>(raw.rows);
    for (const RawChunk& chunk : raw.chunks) {
      TARN_TRY(ParquetChunk placed, place(chunk, whole));
      group.chunks.push_back(placed);
    }
  }
  return file;
}

Result<void> require_flat(const ParquetFile& file) {
  for (const ParquetField& field : file.schema.children) {
    if (!field.children.empty() || field.repetition == ParquetRepetition::kRepeated) {
      return bad(fmt::format("its column `{}` is nested, which is not read", field.name));
    }
  }
  return {};
}

}  // namespace tarn::tables
