#pragma once

#include "base/error.h"
#include "sstable/detail/numbers.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// The outer frame of a table file (RocksDB block-based format, footer version 2;
// docs/formats/sstable.md):
//
//   | part         | content                                                                      |
//   |--------------|------------------------------------------------------------------------------|
//   | data blocks  | records in order of keys                                                     |
//   | index        | one block, or blocks ("partitions") followed by a block that points at them  |
//   | properties   | names and values, uncompressed                                               |
//   | metaindex    | `rocksdb.properties` -> handle of the properties                             |
//   | footer       | 53 bytes                                                                     |
//
// Every block is followed by a trailer: u8 compression, u32 checksum over block and compression
// byte. Numbers of fixed width are little-endian.
namespace tarn::sstable::detail {

/// Stored in every block's trailer.
enum class Compression : std::uint8_t { kNone = 0, kSnappy = 1 };

/// Stored in the footer's first byte.
enum class ChecksumType : std::uint8_t { kCrc32c = 1, kXxHash64 = 3 };

/// Value of the property kIndexTypeProperty, stored as u32.
enum class IndexType : std::uint32_t { kBinarySearch = 0, kTwoLevel = 2 };

inline constexpr std::size_t kBlockTrailerSize = 5;
inline constexpr std::size_t kFooterSize = 53;
inline constexpr std::size_t kFooterHandlesEnd = 41;
inline constexpr std::uint32_t kFooterVersion = 2;
inline constexpr std::string_view kMagic{"\xf7\xcf\xf4\x85\xb7\x41\xe2\x88", 8};

/// A user key is followed by `sequence << 8 | kind` as u64.
inline constexpr std::size_t kKeyTrailerSize = 8;
inline constexpr std::uint8_t kKindSet = 1;
inline constexpr std::string_view kSetTrailer{"\x01\0\0\0\0\0\0\0", 8};
/// Of a shortened key in an index: the highest sequence number and the kind "separator".
inline constexpr std::string_view kSeparatorTrailer{"\x11\xff\xff\xff\xff\xff\xff\xff", 8};
/// Of the index key of a table without records: sequence 0 and the kind "invalid".
inline constexpr std::string_view kNoKeyTrailer{"\xff\0\0\0\0\0\0\0", 8};

inline constexpr std::string_view kPropertiesBlockName = "rocksdb.properties";
inline constexpr std::string_view kComparatorName = "leveldb.BytewiseComparator";

// Properties that the reader looks at too.
inline constexpr std::string_view kIndexTypeProperty = "rocksdb.block.based.table.index.type";
inline constexpr std::string_view kComparatorProperty = "rocksdb.comparator";
inline constexpr std::string_view kIndexKeyIsUserKeyProperty = "rocksdb.index.key.is.user.key";
inline constexpr std::string_view kIndexValueIsDeltaProperty =
    "rocksdb.index.value.is.delta.encoded";
inline constexpr std::string_view kNumEntriesProperty = "rocksdb.num.entries";
inline constexpr std::string_view kCountProperty = "count";
inline constexpr std::string_view kEstimatedSizeProperty = "estimated_size_bytes";
inline constexpr std::string_view kMinKeyProperty = "min_key";
inline constexpr std::string_view kMaxKeyProperty = "max_key";

/// Where a block lies; `size` is without its trailer. Stored as two uvarints.
struct BlockHandle {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

inline void append_handle(const BlockHandle& handle, std::string& out) {
  append_uvarint(handle.offset, out);
  append_uvarint(handle.size, out);
}
inline bool take_handle(std::string_view& bytes, BlockHandle& out) {
  return take_uvarint(bytes, out.offset) && take_uvarint(bytes, out.size);
}

/// The checksum as stored, over `block_and_type`: a block with its compression byte.
std::uint32_t block_checksum(ChecksumType type, std::string_view block_and_type);

/// | offset | size | field                                       |
/// |--------|------|---------------------------------------------|
/// | 0      | 1    | checksum type                               |
/// | 1      | 40   | handles of metaindex and index, zero padded |
/// | 41     | 4    | u32 version, 2                              |
/// | 45     | 8    | magic                                       |
struct Footer {
  ChecksumType checksum = ChecksumType::kCrc32c;
  BlockHandle metaindex;
  BlockHandle index;
};

std::string encode_footer(const Footer& footer);
/// `bytes` are the last kFooterSize of the file. Errors: kCorruption, kUnsupported.
Result<Footer> decode_footer(std::string_view bytes);

/// Shortest text that is at or above `a` and below `b` (bytewise, a < b), or `a`.
std::string_view shortest_separator(std::string_view a, std::string_view b, std::string& scratch);
/// Shortest text above `a`, or `a` if it is all 0xff.
std::string_view short_successor(std::string_view a, std::string& scratch);

}  // namespace tarn::sstable::detail
