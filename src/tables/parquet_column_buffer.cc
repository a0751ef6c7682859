#include "tables/parquet_column_buffer.h"

#include "base/varint.h"
#include "tables/parquet_codec.h"

#include <algorithm>

namespace tarn::tables {
namespace {

// Encodings, and a page, of parquet.thrift.
constexpr std::int64_t kPlain = 0;
constexpr std::int64_t kRle = 3;
constexpr std::int64_t kDataPage = 0;

constexpr std::size_t kLengthBytes = 4;
constexpr unsigned kByteBits = 8;

/// Levels as runs that repeat, with their length before them.
void append_levels(ByteView levels, Bytes& out) {
  Bytes runs;
  while (!levels.empty()) {
    const std::size_t end = std::min(levels.find_first_not_of(levels.front()), levels.size());
    append_uvarint(end << 1U, runs);
    runs.push_back(levels.front());
    levels.remove_prefix(end);
  }
  append_little_endian(runs.size(), kLengthBytes, out);
  out.append(runs);
}

}  // namespace

void append_little_endian(std::uint64_t value, std::size_t size_bytes, Bytes& out) {
  for (std::size_t i = 0; i < size_bytes; ++i) {
    out.push_back(static_cast<char>(value >> (kByteBits * i) & 0xffU));
  }
}

void ParquetColumnBuffer::add_number(unsigned repetition, std::int64_t number) {
  add_absent(repetition, definition_max_);
  const std::size_t size_bytes = type_ == ParquetType::kBoolean ? 1
                                 : type_ == ParquetType::kInt32 ? sizeof(std::int32_t)
                                                                : sizeof(number);
  append_little_endian(static_cast<std::uint64_t>(number), size_bytes, values_);
}

void ParquetColumnBuffer::add_text(unsigned repetition, ByteView text) {
  add_absent(repetition, definition_max_);
  append_little_endian(text.size(), kLengthBytes, values_);
  values_.append(text);
}

Bytes ParquetColumnBuffer::content() const {
  Bytes out;
  if (repetition_max_ > 0) {
    append_levels(repetitions_, out);
  }
  if (definition_max_ > 0) {
    append_levels(definitions_, out);
  }
  if (type_ != ParquetType::kBoolean) {
    return out.append(values_);
  }
  for (std::size_t at = 0; at < values_.size(); at += kByteBits) {
    unsigned packed = 0;
    for (unsigned bit = 0; bit < kByteBits && at + bit < values_.size(); ++bit) {
      packed |= (values_[at + bit] != 0 ? 1U : 0U) << bit;
    }
    out.push_back(static_cast<char>(packed));
  }
  return out;
}

ParquetColumnBuffer::Chunk ParquetColumnBuffer::flush(Bytes& file) {
  const Bytes page = content();
  const Bytes stored = parquet_compress(page);
  CompactWriter header;
  header.i32(1, kDataPage);
  header.i32(2, static_cast<std::int64_t>(page.size()));
  header.i32(3, static_cast<std::int64_t>(stored.size()));
  header.begin_struct(5);
  header.i32(1, static_cast<std::int64_t>(definitions_.size()));
  header.i32(2, kPlain);
  header.i32(3, kRle);
  header.i32(4, kRle);
  header.end_struct();
  const Bytes head = header.finish();
  const Chunk chunk{.offset = static_cast<std::int64_t>(file.size()),
                    .values = static_cast<std::int64_t>(definitions_.size()),
                    .size_bytes = static_cast<std::int64_t>(head.size() + page.size()),
                    .stored_bytes = static_cast<std::int64_t>(head.size() + stored.size())};
  file.append(head).append(stored);
  repetitions_.clear();
  definitions_.clear();
  values_.clear();
  return chunk;
}

void ParquetColumnBuffer::describe(CompactWriter& out, const Chunk& chunk) const {
  out.begin_struct();
  out.i64(2, 0);  // where metadata lies beside the chunk, which it does not
  out.begin_struct(3);
  out.i32(1, static_cast<std::int64_t>(type_));
  out.begin_list(2, Wire::kI32, 2);
  out.i32(kPlain);
  out.i32(kRle);
  out.begin_list(3, Wire::kBinary, path_.size());
  for (const std::string& name : path_) {
    out.text(name);
  }
  out.i32(4, static_cast<std::int64_t>(ParquetCodec::kZstd));
  out.i64(5, chunk.values);
  out.i64(6, chunk.size_bytes);
  out.i64(7, chunk.stored_bytes);
  out.i64(9, chunk.offset);
  out.end_struct();
  out.end_struct();
}

}  // namespace tarn::tables
