#pragma once

#include "base/bytes.h"

#include <cstdint>

namespace tarn::tables::detail {

/// Numbers of `width` bits (at most 32) as runs: each begins with a varint, whose lowest bit tells
/// whether a number repeats (`count << 1`) or groups of eight lie packed (`groups << 1 | 1`).
class RunReader {
 public:
  RunReader(ByteView bytes, unsigned width) : rest_(bytes), width_(width) {}
  /// False for bytes that hold no further number.
  bool next(std::uint32_t& number) {
    if (left_ == 0 && !begin_run()) {
      return false;
    }
    --left_;
    number = packed_.empty() ? repeated_ : take_packed();
    return true;
  }

 private:
  bool begin_run();
  std::uint32_t take_packed();

  ByteView rest_;
  unsigned width_;
  std::uint64_t left_ = 0;
  std::uint32_t repeated_ = 0;
  ByteView packed_;
  std::size_t bit_ = 0;
};

/// DELTA_BINARY_PACKED:
///
/// | Part | Bytes |
/// | --- | --- |
/// | header | block size, miniblocks in a block, count of values as varints; first value zigzag |
/// | block, many | least difference zigzag; a byte of width for each miniblock; miniblocks |
/// | miniblock | differences above the least, packed; those behind the last value are not there |
class DeltaReader {
 public:
  /// False for bytes that are none, or of another count.
  bool begin(ByteView bytes, std::uint64_t count);
  /// At most so often as there are values.
  bool next(std::int64_t& number);
  /// Reads to the end, and gives what is behind it.
  bool skip_all(ByteView& behind);

 private:
  bool begin_block();
  bool begin_miniblock();

  ByteView rest_;
  std::uint64_t left_ = 0;
  bool first_ = true;
  std::uint64_t value_ = 0;
  std::uint64_t miniblocks_ = 0;
  std::uint64_t miniblock_values_ = 0;
  std::uint64_t least_ = 0;
  ByteView widths_;
  ByteView packed_;
  unsigned width_ = 0;
  std::size_t bit_ = 0;
  std::uint64_t in_miniblock_ = 0;
};

}  // namespace tarn::tables::detail
