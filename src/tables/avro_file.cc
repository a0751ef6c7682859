#include "tables/avro_file.h"

#include "base/deflate.h"
#include "base/varint.h"
#include "tables/avro_walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::tables {
namespace {

constexpr std::string_view kMagic("Obj\x01", 4);
constexpr std::size_t kMarkerBytes = 16;
constexpr std::size_t kBlockBytesMax = 256 * kMiB;
/// Of a block that is written, before compression; Avro's libraries do about the same.
constexpr std::size_t kBlockBytes = 64 * kKiB;

Error bad(std::string_view what) {
  return Error::with_message(kBadAvro, fmt::format("{}: {}", kBadAvro.text, what));
}

void append_long(std::int64_t number, Bytes& out) {
  const auto raw = static_cast<std::uint64_t>(number);
  append_uvarint((raw << 1) ^ (number < 0 ? ~std::uint64_t{0} : 0), out);
}

}  // namespace

Bytes encode_avro_text(std::string_view text) {
  Bytes out;
  append_long(static_cast<std::int64_t>(text.size()), out);
  out.append(text);
  return out;
}

Bytes encode_avro_long(std::int64_t number) {
  Bytes out;
  append_long(number, out);
  return out;
}

const std::string* AvroFile::metadata(std::string_view key) const {
  const auto found = std::ranges::find(metadata_, key, &std::pair<std::string, std::string>::first);
  return found == metadata_.end() ? nullptr : &found->second;
}

Result<void> AvroFile::read_header(ByteView& rest) {
  const ByteView all = rest;
  if (!rest.starts_with(kMagic)) {
    return bad("it does not begin with `Obj` 1");
  }
  rest.remove_prefix(kMagic.size());
  while (true) {
    std::int64_t count = 0;
    std::int64_t size = 0;
    if (!detail::take_avro_long(rest, count) ||
        (count < 0 && !detail::take_avro_long(rest, size))) {
      return bad("its header is cut off");
    }
    if (count == 0) {
      break;
    }
    // Of a negative count nobody wants the absolute value of the smallest number.
    for (; count != 0; count += count < 0 ? 1 : -1) {
      ByteView key;
      ByteView value;
      if (!detail::take_avro_bytes(rest, key) || !detail::take_avro_bytes(rest, value)) {
        return bad("its header is cut off");
      }
      metadata_.emplace_back(key, value);
    }
  }
  if (rest.size() < kMarkerBytes) {
    return bad("its header is cut off");
  }
  marker_ = rest.substr(0, kMarkerBytes);
  rest.remove_prefix(kMarkerBytes);
  header_ = all.substr(0, all.size() - rest.size());
  return {};
}

Result<AvroFile> AvroFile::parse_header(ByteView bytes) {
  AvroFile file;
  TARN_CHECK_OK(file.read_header(bytes));
  const std::string* schema = file.metadata("avro.schema");
  if (schema == nullptr) {
    return bad("it has no schema");
  }
  TARN_TRY(file.schema_, parse_avro_schema(*schema));
  if (file.schema_.nodes[file.schema_.root].type != AvroSchema::Type::kRecord) {
    return bad("its rows are no records");
  }
  return file;
}

Result<AvroFile> AvroFile::parse(ByteView bytes) {
  TARN_TRY(AvroFile file, parse_header(bytes));
  ByteView rest = bytes.substr(file.header_.size());
  if (const std::string* codec = file.metadata("avro.codec");
      codec != nullptr && *codec != "null") {
    if (*codec != "deflate") {
      return bad(fmt::format("codec `{}` is neither `null` nor `deflate`", *codec));
    }
    file.deflated_ = true;
  }
  while (!rest.empty()) {
    std::int64_t rows = 0;
    ByteView content;
    if (!detail::take_avro_long(rest, rows) || rows < 0 ||
        !detail::take_avro_bytes(rest, content) || rest.size() < kMarkerBytes) {
      return bad(fmt::format("its block {} is damaged or cut off", file.blocks_.size()));
    }
    if (rest.substr(0, kMarkerBytes) != file.marker_) {
      return bad(fmt::format("its block {} does not end in the marker", file.blocks_.size()));
    }
    rest.remove_prefix(kMarkerBytes);
    file.blocks_.push_back({.rows = static_cast<std::uint64_t>(rows), .bytes = content});
  }
  return file;
}

Result<void> AvroFile::each_row(const std::vector<AvroPath>& wanted,
                                const std::function<Result<void>(const AvroRow&)>& visit) const {
  detail::AvroWalker walker(schema_, wanted);
  AvroRow row;
  for (std::size_t index = 0; index < blocks_.size(); ++index) {
    const Block& block = blocks_[index];
    Bytes unpacked;
    ByteView rest = block.bytes;
    if (deflated_) {
      Result<Bytes> content = inflate(block.bytes, DeflateForm::kRaw, kBlockBytesMax);
      if (!content) {
        return bad(fmt::format("block {}: {}", index, content.error().message()));
      }
      unpacked = *std::move(content);
      rest = unpacked;
    }
    for (std::uint64_t at = 0; at < block.rows; ++at) {
      if (!walker.take_row(rest, row)) {
        return bad(fmt::format("row {} of block {} is not as the schema says", at, index));
      }
      TARN_CHECK_OK(visit(row));
    }
    if (!rest.empty()) {
      return bad(fmt::format("block {} holds more than its rows", index));
    }
  }
  return {};
}

AvroWriter::AvroWriter(const AvroFile& like) : like_(like), out_(like.header_) {}

void AvroWriter::add(const AvroRow& row, const std::vector<std::optional<Bytes>>& values) {
  std::vector<std::pair<const AvroCell*, const Bytes*>> edits;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::optional<AvroCell>& cell = row.cells[i] ? row.cells[i] : row.lists[i];
    if (values[i] && cell) {
      edits.emplace_back(&*cell, &*values[i]);
    }
  }
  std::ranges::sort(edits, {}, [](const auto& edit) { return edit.first->begin; });
  std::size_t done = 0;
  for (const auto& [cell, value] : edits) {
    block_.append(row.bytes.substr(done, cell->begin - done)).append(*value);
    done = cell->end;
  }
  block_.append(row.bytes.substr(done));
  ++rows_;
  if (block_.size() >= kBlockBytes) {
    flush();
  }
}

void AvroWriter::flush() {
  if (rows_ == 0) {
    return;
  }
  const Bytes content = like_.deflated_ ? deflate(block_, DeflateForm::kRaw) : std::move(block_);
  append_long(rows_, out_);
  append_long(static_cast<std::int64_t>(content.size()), out_);
  out_.append(content).append(like_.marker_);
  block_.clear();
  rows_ = 0;
}

Bytes AvroWriter::finish() {
  flush();
  return std::move(out_);
}

}  // namespace tarn::tables
