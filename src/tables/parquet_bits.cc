#include "tables/parquet_bits.h"

#include "base/varint.h"

namespace tarn::tables::detail {
namespace {

constexpr unsigned kByteBits = 8;
constexpr unsigned kRunWidthMax = 32;
constexpr unsigned kDeltaWidthMax = 64;
/// Of a block of differences; writers take 128 to 1024.
constexpr std::uint64_t kBlockValuesMax = 1U << 20U;

/// `width` bits (at most 64) from `bit`, lowest first. They are there.
std::uint64_t take_bits(ByteView bytes, std::size_t bit, unsigned width) {
  std::uint64_t number = 0;
  unsigned done = 0;
  while (done < width) {
    const std::size_t at = bit + done;
    const auto from = static_cast<unsigned>(at % kByteBits);
    const std::uint64_t part = static_cast<std::uint8_t>(bytes[at / kByteBits]) >> from;
    number |= part << done;
    done += kByteBits - from;
  }
  return width == kDeltaWidthMax ? number : number & ((std::uint64_t{1} << width) - 1);
}

bool take_zigzag(ByteView& in, std::uint64_t& out) {
  std::uint64_t raw = 0;
  if (!take_uvarint(in, raw)) {
    return false;
  }
  out = (raw >> 1U) ^ (0 - (raw & 1U));
  return true;
}

}  // namespace

bool RunReader::begin_run() {
  std::uint64_t head = 0;
  if (width_ > kRunWidthMax || !take_uvarint(rest_, head) || head >> 1U == 0) {
    return false;
  }
  packed_ = ByteView();
  if ((head & 1U) == 0) {
    const std::size_t size_bytes = (width_ + kByteBits - 1) / kByteBits;
    if (rest_.size() < size_bytes) {
      return false;
    }
    repeated_ = static_cast<std::uint32_t>(
        take_bits(rest_, 0, static_cast<unsigned>(size_bytes * kByteBits)));
    rest_.remove_prefix(size_bytes);
    left_ = head >> 1U;
    return true;
  }
  const std::uint64_t groups = head >> 1U;
  if (width_ == 0) {
    repeated_ = 0;
    left_ = groups > UINT64_MAX / kByteBits ? UINT64_MAX : groups * kByteBits;
    return true;
  }
  // The last group of a page may be cut off behind its last value.
  const std::uint64_t groups_there = (rest_.size() + width_ - 1) / width_;
  const std::uint64_t bytes = (groups < groups_there ? groups : groups_there) * width_;
  packed_ = rest_.substr(0, bytes);
  rest_.remove_prefix(packed_.size());
  left_ = packed_.size() * kByteBits / width_;
  bit_ = 0;
  return left_ > 0;
}

std::uint32_t RunReader::take_packed() {
  const std::uint64_t number = take_bits(packed_, bit_, width_);
  bit_ += width_;
  return static_cast<std::uint32_t>(number);
}

bool DeltaReader::begin(ByteView bytes, std::uint64_t count) {
  rest_ = bytes;
  std::uint64_t block_values = 0;
  const bool read = take_uvarint(rest_, block_values) && take_uvarint(rest_, miniblocks_) &&
                    take_uvarint(rest_, left_) && take_zigzag(rest_, value_);
  if (!read || left_ != count || miniblocks_ == 0 || block_values > kBlockValuesMax ||
      block_values % miniblocks_ != 0) {
    return false;
  }
  miniblock_values_ = block_values / miniblocks_;
  return miniblock_values_ > 0 && miniblock_values_ % kByteBits == 0;
}

bool DeltaReader::begin_block() {
  if (!take_zigzag(rest_, least_) || rest_.size() < miniblocks_) {
    return false;
  }
  widths_ = rest_.substr(0, miniblocks_);
  rest_.remove_prefix(miniblocks_);
  return true;
}

bool DeltaReader::begin_miniblock() {
  if (widths_.empty() && !begin_block()) {
    return false;
  }
  width_ = static_cast<std::uint8_t>(widths_.front());
  widths_.remove_prefix(1);
  const std::uint64_t bytes = miniblock_values_ / kByteBits * width_;
  if (width_ > kDeltaWidthMax || bytes > rest_.size()) {
    return false;
  }
  packed_ = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  bit_ = 0;
  in_miniblock_ = miniblock_values_;
  return true;
}

bool DeltaReader::next(std::int64_t& number) {
  if (left_ == 0) {
    return false;
  }
  if (first_) {
    first_ = false;
  } else {
    if (in_miniblock_ == 0 && !begin_miniblock()) {
      return false;
    }
    value_ += least_ + take_bits(packed_, bit_, width_);
    bit_ += width_;
    --in_miniblock_;
  }
  --left_;
  number = static_cast<std::int64_t>(value_);
  return true;
}

bool DeltaReader::skip_all(ByteView& behind) {
  std::int64_t number = 0;
  while (left_ > 0) {
    if (!next(number)) {
      return false;
    }
  }
  behind = rest_;
  return true;
}

}  // namespace tarn::tables::detail
