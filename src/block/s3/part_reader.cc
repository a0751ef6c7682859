#include "block/s3/part_reader.h"

#include <algorithm>

namespace tarn::block::s3 {

std::uint64_t PartReader::part_bytes() const {
  if (size_bytes_) {
    const std::uint64_t least = (*size_bytes_ + limits_.parts_max - 1) / limits_.parts_max;
    return std::max(limits_.part_bytes, least);
  }
  const std::uint64_t doublings = std::min<std::uint64_t>(parts_ / limits_.parts_per_size, 32);
  return std::min(limits_.part_bytes << doublings,
                  std::max(limits_.part_bytes, limits_.part_bytes_max));
}

Task<Result<Bytes>> PartReader::next(Context ctx) {
  const std::size_t wanted = part_bytes();
  Bytes part;
  while (!ended_ && part.size() < wanted) {
    const std::size_t room = std::min(wanted - part.size(), kStreamChunkBytes);
    TARN_CO_TRY(Bytes chunk, co_await source_->read(ctx, room));
    ended_ = chunk.empty();
    if (part.empty()) {
      part = std::move(chunk);
    } else {
      if (part.capacity() < part.size() + chunk.size()) {
        // Most bodies that are longer than a chunk fill the part.
        part.reserve(wanted);
      }
      part.append(chunk);
    }
  }
  bytes_read_ += part.size();
  parts_ += part.empty() ? 0 : 1;
  co_return part;
}

}  // namespace tarn::block::s3
