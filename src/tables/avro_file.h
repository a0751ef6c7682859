#pragma once

#include "base/bytes.h"
#include "tables/avro_schema.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::tables {

/// A field of a row that is looked at: its Iceberg ids and names along the records that it lies in.
/// In files whose fields have ids these count, else the names.
using AvroPath = std::vector<std::pair<std::int64_t, std::string_view>>;

/// The value of such a field.
struct AvroCell {
  /// Where its encoding lies in the row, behind the index of a union's branch.
  std::size_t begin = 0;
  std::size_t end = 0;
  /// Of a string or bytes; of an int or long.
  std::string_view text = {};
  std::int64_t number = 0;
  /// Its type.
  std::size_t node = 0;
};

struct AvroRow {
  ByteView bytes;
  /// One for each AvroPath; nothing where the field is not in the file, null, or of another type.
  std::vector<std::optional<AvroCell>> cells;
  /// The same for fields that are arrays, which have no cell.
  std::vector<std::optional<AvroCell>> lists;
};

/// An object container file of rows that are records. Reads foreign bytes, so everything is checked
/// against what is there: a block may become 256 MiB, types may nest 64 deep.
///
/// | Part | Bytes |
/// | --- | --- |
/// | header | `Obj` 1; a map of `avro.schema`, `avro.codec` and others; 16 bytes of marker |
/// | block, many | count of rows and size in bytes as zigzag varints; rows (compressed); marker |
class AvroFile {
 public:
  /// `bytes` outlive it. Errors: kBadAvro, also for a codec other than `null` and `deflate`.
  static Result<AvroFile> parse(ByteView bytes);
  /// Its header only; `bytes` may be the beginning of the file. It has a schema, and no rows.
  /// Errors: kBadAvro.
  static Result<AvroFile> parse_header(ByteView bytes);

  /// Of the header; null without such a key.
  const std::string* metadata(std::string_view key) const;
  const AvroSchema& schema() const { return schema_; }

  /// Calls `visit` for each row, which is valid during the call, and stops at its first error.
  /// Errors kBadAvro.
  Result<void> each_row(const std::vector<AvroPath>& wanted,
                        const std::function<Result<void>(const AvroRow&)>& visit) const;

 private:
  friend class AvroWriter;
  struct Block {
    std::uint64_t rows = 0;
    ByteView bytes;
  };
  Result<void> read_header(ByteView& rest);

  ByteView header_;
  ByteView marker_;
  bool deflated_ = false;
  AvroSchema schema_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<Block> blocks_;
};

/// Writes a file with the header of another: its schema to the letter, its metadata and codec.
class AvroWriter {
 public:
  /// `like` and its bytes outlive it.
  explicit AvroWriter(const AvroFile& like);
  /// With other values for those of its cells and lists that have one in `values`, which are
  /// encoded.
  void add(const AvroRow& row, const std::vector<std::optional<Bytes>>& values);
  Bytes finish();

 private:
  void flush();

  const AvroFile& like_;
  Bytes out_;
  Bytes block_;
  std::int64_t rows_ = 0;
};

Bytes encode_avro_text(std::string_view text);
Bytes encode_avro_long(std::int64_t number);

}  // namespace tarn::tables
