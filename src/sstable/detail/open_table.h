#pragma once

#include "base/error.h"
#include "sstable/detail/block_cursor.h"
#include "sstable/detail/format.h"
#include "sstable/reader.h"

#include <memory>
#include <string>
#include <string_view>

namespace tarn::sstable::detail {

/// "table" for a table without a name.
std::string_view display_name(std::string_view name);

/// An open table: what Reader keeps. Immutable; thread-safe.
struct OpenTable {
  std::string name;
  std::shared_ptr<const RandomAccess> source;
  std::shared_ptr<BlockCache> cache;
  std::uint64_t file_id = 0;
  ChecksumType checksum = ChecksumType::kCrc32c;
  /// Offset of the footer: no block reaches beyond it.
  std::uint64_t blocks_end = 0;
  IndexType index_type = IndexType::kBinarySearch;
  BlockHandle index_handle;
  /// The only or the top index block.
  BlockCache::Block index;
  Properties properties;

  /// Errors: as Reader::open.
  static Result<OpenTable> open(std::shared_ptr<const RandomAccess> source, ReaderOptions options);

  /// The verified, uncompressed block, from the cache if there is one. Errors: kCorruption,
  /// kUnsupported, the source's.
  Result<BlockCache::Block> block(const BlockHandle& handle) const;

  /// `<name>: block at <offset>: <what>`.
  Error damage(const BlockHandle& handle, std::string_view what) const;
  Error damage(const BlockHandle& handle, const BlockCursor& cursor) const;

 private:
  Result<std::string> read_block(const BlockHandle& handle) const;
  Result<void> read_properties(const BlockHandle& metaindex);
  Result<void> check_properties();
};

}  // namespace tarn::sstable::detail
