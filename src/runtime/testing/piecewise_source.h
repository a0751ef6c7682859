#pragma once

#include "runtime/byte_source.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace tarn::testing {

/// Bytes in pieces of at most `piece_bytes` (> 0), of unknown length; cannot rewind. For tests and
/// fuzz targets of what reads streams.
class PiecewiseSource final : public ByteSource {
 public:
  /// With `fails` it breaks with kUnavailable instead of ending.
  PiecewiseSource(Bytes bytes, std::size_t piece_bytes, bool fails = false)
      : bytes_(std::move(bytes)), piece_bytes_(piece_bytes), fails_(fails) {}

  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    Bytes out = bytes_.substr(at_, std::min(piece_bytes_, max_bytes));
    at_ += out.size();
    if (out.empty() && fails_) {
      co_return Error(kUnavailable, "cut");
    }
    co_return out;
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  const Bytes bytes_;
  const std::size_t piece_bytes_;
  const bool fails_;
  std::size_t at_ = 0;
};

}  // namespace tarn::testing
