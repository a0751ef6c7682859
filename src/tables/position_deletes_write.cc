#include "base/varint.h"
#include "tables/parquet_codec.h"
#include "tables/position_deletes.h"
#include "tables/thrift_compact_writer.h"

#include <algorithm>
#include <bit>
#include <span>
#include <string_view>
#include <utility>

// Groups of rows with, for each column, one chunk: paths as a dictionary and one page of runs,
// positions as they are in pages. All is compressed by zstd. Structures and numbers are those of
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

namespace tarn::tables {
namespace {

constexpr std::size_t kGroupRowsMax = 250'000;
constexpr std::size_t kGroupDictionaryBytesMax = 4 * kMiB;
constexpr std::size_t kPageRowsMax = 128 * 1024;

// Encodings, and pages.
constexpr std::int64_t kPlain = 0;
constexpr std::int64_t kRle = 3;
constexpr std::int64_t kRleDictionary = 8;
constexpr std::int64_t kDataPage = 0;
constexpr std::int64_t kDictionaryPage = 2;

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kCreatedBy = "tarn version 1";

void append_little_endian(std::uint64_t value, std::size_t size_bytes, Bytes& out) {
  for (std::size_t i = 0; i < size_bytes; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i) & 0xffU));
  }
}

Bytes encoded_long(std::int64_t value) {
  Bytes out;
  append_little_endian(static_cast<std::uint64_t>(value), sizeof(value), out);
  return out;
}

struct Chunk {
  std::int64_t offset = 0;
  /// Of the first page of values, where a dictionary is before it.
  std::int64_t data_offset = 0;
  std::int64_t stored_bytes = 0;
  std::int64_t size_bytes = 0;
  Bytes least;
  Bytes greatest;
};
struct Group {
  std::int64_t rows = 0;
  Chunk path;
  Chunk position;
};
/// Positions of one file, all or some.
struct Part {
  std::string_view path;
  std::span<const std::int64_t> positions;
};

class Writer {
 public:
  PositionDeletesFile write(const PositionDeletes& deletes);

 private:
  void flush();
  Chunk write_paths();
  Chunk write_positions();
  void write_page(Chunk& chunk, std::int64_t type, std::size_t values, std::int64_t encoding,
                  const Bytes& content);
  void finish();

  PositionDeletesFile file_;
  std::vector<Group> groups_;
  /// Of the group that is being filled.
  std::vector<Part> parts_;
  std::size_t rows_ = 0;
  std::size_t dictionary_bytes_ = 0;
};

void Writer::write_page(Chunk& chunk, std::int64_t type, std::size_t values, std::int64_t encoding,
                        const Bytes& content) {
  const Bytes stored = parquet_compress(content);
  CompactWriter header;
  header.i32(1, type);
  header.i32(2, static_cast<std::int64_t>(content.size()));
  header.i32(3, static_cast<std::int64_t>(stored.size()));
  header.begin_struct(type == kDictionaryPage ? 7 : 5);
  header.i32(1, static_cast<std::int64_t>(values));
  header.i32(2, encoding);
  if (type == kDataPage) {
    header.i32(3, kRle);
    header.i32(4, kRle);
  }
  header.end_struct();
  const Bytes head = header.finish();
  if (chunk.offset == 0) {
    chunk.offset = static_cast<std::int64_t>(file_.content.size());
  }
  if (type == kDataPage && chunk.data_offset == 0) {
    chunk.data_offset = static_cast<std::int64_t>(file_.content.size());
  }
  chunk.stored_bytes += static_cast<std::int64_t>(head.size() + stored.size());
  chunk.size_bytes += static_cast<std::int64_t>(head.size() + content.size());
  file_.content.append(head).append(stored);
}

Chunk Writer::write_paths() {
  Chunk chunk;
  Bytes dictionary;
  Bytes runs;
  // Some readers take no width of 0.
  const auto width = std::max<std::size_t>(1, std::bit_width(parts_.size() - 1));
  runs.push_back(static_cast<char>(width));
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    append_little_endian(parts_[i].path.size(), 4, dictionary);
    dictionary.append(parts_[i].path);
    append_uvarint(parts_[i].positions.size() << 1U, runs);
    append_little_endian(i, (width + 7) / 8, runs);
  }
  write_page(chunk, kDictionaryPage, parts_.size(), kPlain, dictionary);
  write_page(chunk, kDataPage, rows_, kRleDictionary, runs);
  chunk.least = parts_.front().path;
  chunk.greatest = parts_.back().path;
  return chunk;
}

Chunk Writer::write_positions() {
  Chunk chunk;
  Bytes page;
  std::size_t rows = 0;
  const auto end_page = [&] {
    if (rows > 0) {
      write_page(chunk, kDataPage, rows, kPlain, page);
      page.clear();
      rows = 0;
    }
  };
  std::int64_t least = parts_.front().positions.front();
  std::int64_t greatest = least;
  for (const Part& part : parts_) {
    least = std::min(least, part.positions.front());
    greatest = std::max(greatest, part.positions.back());
    for (const std::int64_t position : part.positions) {
      append_little_endian(static_cast<std::uint64_t>(position), sizeof(position), page);
      if (++rows == kPageRowsMax) {
        end_page();
      }
    }
  }
  end_page();
  chunk.least = encoded_long(least);
  chunk.greatest = encoded_long(greatest);
  return chunk;
}

void Writer::flush() {
  if (rows_ == 0) {
    return;
  }
  Group group;
  group.rows = static_cast<std::int64_t>(rows_);
  group.path = write_paths();
  group.position = write_positions();
  file_.split_offsets.push_back(group.path.offset);
  file_.path_bytes += group.path.stored_bytes;
  file_.position_bytes += group.position.stored_bytes;
  groups_.push_back(std::move(group));
  parts_.clear();
  rows_ = 0;
  dictionary_bytes_ = 0;
}

void write_column(CompactWriter& out, std::string_view name, ParquetType type, std::int64_t id) {
  out.begin_struct();
  out.i32(1, static_cast<std::int64_t>(type));
  out.i32(3, 0);  // required
  out.text(4, name);
  if (type == ParquetType::kBytes) {
    out.i32(6, 0);  // UTF8
  }
  out.i32(9, id);
  if (type == ParquetType::kBytes) {
    out.begin_struct(10);  // the same as LogicalType: STRING
    out.begin_struct(1);
    out.end_struct();
    out.end_struct();
  }
  out.end_struct();
}

void write_chunk(CompactWriter& out, const Chunk& chunk, std::int64_t rows, std::string_view name,
                 ParquetType type) {
  const bool dictionary = chunk.data_offset != chunk.offset;
  out.begin_struct();
  out.i64(2, 0);  // where metadata lies beside the chunk, which it does not
  out.begin_struct(3);
  out.i32(1, static_cast<std::int64_t>(type));
  out.begin_list(2, Wire::kI32, dictionary ? 3 : 2);
  out.i32(kPlain);
  out.i32(kRle);
  if (dictionary) {
    out.i32(kRleDictionary);
  }
  out.begin_list(3, Wire::kBinary, 1);
  out.text(name);
  out.i32(4, static_cast<std::int64_t>(ParquetCodec::kZstd));
  out.i64(5, rows);
  out.i64(6, chunk.size_bytes);
  out.i64(7, chunk.stored_bytes);
  out.i64(9, chunk.data_offset);
  if (dictionary) {
    out.i64(11, chunk.offset);
  }
  out.begin_struct(12);  // statistics
  out.i64(3, 0);         // nulls
  out.text(5, chunk.greatest);
  out.text(6, chunk.least);
  out.end_struct();
  out.end_struct();
  out.end_struct();
}

void Writer::finish() {
  std::int64_t rows = 0;
  for (const Group& group : groups_) {
    rows += group.rows;
  }
  CompactWriter out;
  out.i32(1, 1);
  out.begin_list(2, Wire::kStruct, 3);
  out.begin_struct();
  out.text(4, "table");
  out.i32(5, 2);
  out.end_struct();
  write_column(out, "file_path", ParquetType::kBytes, kDeletesPathField);
  write_column(out, "pos", ParquetType::kInt64, kDeletesPositionField);
  out.i64(3, rows);
  out.begin_list(4, Wire::kStruct, groups_.size());
  for (const Group& group : groups_) {
    out.begin_struct();
    out.begin_list(1, Wire::kStruct, 2);
    write_chunk(out, group.path, group.rows, "file_path", ParquetType::kBytes);
    write_chunk(out, group.position, group.rows, "pos", ParquetType::kInt64);
    out.i64(2, group.path.size_bytes + group.position.size_bytes);
    out.i64(3, group.rows);
    out.i64(5, group.path.offset);
    out.i64(6, group.path.stored_bytes + group.position.stored_bytes);
    out.end_struct();
  }
  out.text(6, kCreatedBy);
  out.begin_list(7, Wire::kStruct, 2);  // how least and greatest compare: by the type
  for (int column = 0; column < 2; ++column) {
    out.begin_struct();
    out.begin_struct(1);
    out.end_struct();
    out.end_struct();
  }
  const Bytes metadata = out.finish();
  file_.content.append(metadata);
  append_little_endian(metadata.size(), 4, file_.content);
  file_.content.append(kMagic);
}

PositionDeletesFile Writer::write(const PositionDeletes& deletes) {
  file_.content = kMagic;
  for (const auto& [path, positions] : deletes) {
    std::span<const std::int64_t> rest(positions);
    while (!rest.empty()) {
      const std::size_t count = std::min(rest.size(), kGroupRowsMax - rows_);
      parts_.push_back({.path = path, .positions = rest.first(count)});
      rest = rest.subspan(count);
      rows_ += count;
      dictionary_bytes_ += path.size();
      if (rows_ == kGroupRowsMax || dictionary_bytes_ >= kGroupDictionaryBytesMax) {
        flush();
      }
    }
  }
  flush();
  finish();
  return std::move(file_);
}

}  // namespace

PositionDeletesFile write_position_deletes(PositionDeletes deletes) {
  for (auto& [path, positions] : deletes) {
    std::ranges::sort(positions);
  }
  return Writer().write(deletes);
}

}  // namespace tarn::tables
