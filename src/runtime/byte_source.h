#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn {

/// A stretch of an open file, for drivers and servers that can hand it to the kernel.
struct FileRegion {
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
};

/// Object bytes flowing in one direction, in bounded chunks. One reader; not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The next at most `max_bytes` (> 0) bytes; empty only at the end. After an error or the end do
  /// not call again.
  virtual Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) = 0;
  /// Bytes still to come, when known.
  virtual std::optional<std::uint64_t> remaining() const = 0;
  /// Starts over from the first byte; false when the source cannot (a network stream).
  virtual bool rewind() { return false; }
  /// The rest as a file region, when it lies in one; the descriptor stays owned by the source.
  virtual std::optional<FileRegion> file_region() const { return std::nullopt; }
};

/// Bytes in memory; can rewind.
std::unique_ptr<ByteSource> memory_source(Bytes bytes);
/// At most `max_bytes` in one string; errors kInvalid ("larger than …") beyond it.
Task<Result<Bytes>> read_all(Context ctx, ByteSource& source, std::size_t max_bytes);

/// Chunk size used where nothing else decides it.
inline constexpr std::size_t kStreamChunkBytes = 128 * kKiB;

}  // namespace tarn
