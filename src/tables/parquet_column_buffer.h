#pragma once

#include "base/bytes.h"
#include "tables/parquet_file.h"
#include "tables/thrift_compact_writer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tarn::tables {

/// A column of a group of rows that is being written: values and the levels that say what they
/// belong to.
class ParquetColumnBuffer {
 public:
  /// `path` is its own name and those of the groups it is in.
  ParquetColumnBuffer(std::vector<std::string> path, ParquetType type, unsigned definition_max,
                      unsigned repetition_max)
      : path_(std::move(path)),
        type_(type),
        definition_max_(definition_max),
        repetition_max_(repetition_max) {}

  void add_absent(unsigned repetition, unsigned definition) {
    repetitions_.push_back(static_cast<char>(repetition));
    definitions_.push_back(static_cast<char>(definition));
  }
  // Each is there, so that its definition is the greatest.
  void add_number(unsigned repetition, std::int64_t number);
  void add_text(unsigned repetition, ByteView text);

  std::size_t size_bytes() const { return values_.size() + 2 * definitions_.size(); }

  /// What the metadata says of a chunk.
  struct Chunk {
    std::int64_t offset = 0;
    std::int64_t values = 0;
    std::int64_t size_bytes = 0;
    std::int64_t stored_bytes = 0;
  };
  /// Appends a page to `file`, and begins again.
  Chunk flush(Bytes& file);
  /// A ColumnChunk of parquet.thrift.
  void describe(CompactWriter& out, const Chunk& chunk) const;

 private:
  Bytes content() const;

  const std::vector<std::string> path_;
  const ParquetType type_;
  const unsigned definition_max_;
  const unsigned repetition_max_;
  Bytes repetitions_;
  Bytes definitions_;
  /// As PLAIN has them, but for flags, which are a byte each.
  Bytes values_;
};

/// The `size_bytes` lowest bytes of a number, the least first.
void append_little_endian(std::uint64_t value, std::size_t size_bytes, Bytes& out);

}  // namespace tarn::tables
