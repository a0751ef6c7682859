#pragma once

#include "block/s3/limits.h"
#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace tarn::block::s3 {

/// Cuts a body into the parts of an upload. Not thread-safe.
class PartReader {
 public:
  /// `size_bytes` absent = unknown.
  PartReader(std::unique_ptr<ByteSource> source, std::optional<std::uint64_t> size_bytes,
             const Limits& limits)
      : source_(std::move(source)), size_bytes_(size_bytes), limits_(limits) {}

  /// The next part, in memory; empty at the end.
  Task<Result<Bytes>> next(Context ctx);
  /// No byte is left.
  bool ended() const { return ended_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  std::uint64_t part_bytes() const;

  std::unique_ptr<ByteSource> source_;
  std::optional<std::uint64_t> size_bytes_;
  const Limits& limits_;
  std::uint64_t parts_ = 0;
  std::uint64_t bytes_read_ = 0;
  bool ended_ = false;
};

}  // namespace tarn::block::s3
