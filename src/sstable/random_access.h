#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tarn::sstable {

/// Bytes that can be read at any place and do not change while somebody holds the object. Reading
/// blocks the caller. Thread-safe.
class RandomAccess {
 public:
  virtual ~RandomAccess() = default;

  virtual std::uint64_t size() const = 0;

  /// Exactly `size` bytes from `offset`. The view points into `scratch`, which may be overwritten,
  /// or into memory that lives as long as this object. Errors: kCorruption where the range is not
  /// within the size, kUnavailable where the system cannot read.
  virtual Result<std::string_view> read(std::uint64_t offset, std::size_t size,
                                        std::string& scratch) const = 0;
};

/// Bytes held in memory.
std::shared_ptr<const RandomAccess> memory_source(std::string bytes);
/// Bytes held in memory by somebody else, who must keep them alive and unchanged.
std::shared_ptr<const RandomAccess> borrowed_source(std::string_view bytes);

/// A local file, read with pread: a disk error is a Result and not a signal, which is why it is not
/// mapped. The size is that at opening; the file may be unlinked afterwards. Errors: kNotFound-kind
/// kFileNotFound, kUnavailable.
Result<std::shared_ptr<const RandomAccess>> open_file_source(const std::string& path);

inline constexpr ErrorId kFileNotFound{ErrorKind::kNotFound, "file not found"};

}  // namespace tarn::sstable
