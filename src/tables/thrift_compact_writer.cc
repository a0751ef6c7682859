#include "tables/thrift_compact_writer.h"

#include "base/assert.h"
#include "base/varint.h"

namespace tarn::tables {
namespace {

constexpr std::int64_t kShortDeltaMax = 15;
constexpr std::size_t kShortListMax = 14;

}  // namespace

void CompactWriter::field(std::int64_t id, Wire type) {
  const std::int64_t delta = id - last_.back();
  TARN_ASSERT(delta > 0 && delta <= kShortDeltaMax, "fields come by growing id");
  out_.push_back(
      static_cast<char>(static_cast<std::uint8_t>(delta << 4) | static_cast<std::uint8_t>(type)));
  last_.back() = id;
}

void CompactWriter::i32(std::int64_t value) {
  const auto raw = static_cast<std::uint64_t>(value);
  append_uvarint((raw << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0), out_);
}

void CompactWriter::text(ByteView value) {
  append_uvarint(value.size(), out_);
  out_.append(value);
}

void CompactWriter::begin_list(std::int64_t id, Wire type, std::size_t size) {
  field(id, Wire::kList);
  const std::size_t head = size <= kShortListMax ? size : kShortListMax + 1;
  out_.push_back(
      static_cast<char>(static_cast<std::uint8_t>(head << 4U) | static_cast<std::uint8_t>(type)));
  if (size > kShortListMax) {
    append_uvarint(size, out_);
  }
}

}  // namespace tarn::tables
