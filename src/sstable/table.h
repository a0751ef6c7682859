#pragma once

#include "base/hash.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tarn::sstable {

/// The property that tells ranges from metaranges, and its values.
inline constexpr std::string_view kTypeProperty = "type";
inline constexpr std::string_view kTypeRanges = "ranges";
inline constexpr std::string_view kTypeMetaRanges = "metaranges";

/// Properties given by the one who writes a table; they are part of its id. Ordered bytewise by
/// name.
using Metadata = std::map<std::string, std::string>;

/// {type: ranges} and {type: metaranges}.
Metadata range_metadata();
Metadata metarange_metadata();

/// What is known of a table once it is written.
struct TableInfo {
  /// 64 hexadecimal digits over records and metadata; the same for every writer of the same
  /// records.
  std::string id;
  /// First and last key; both empty in a table without records.
  std::string min_key;
  std::string max_key;
  std::uint64_t count = 0;
  /// Roughly the stored size of the records; depends on how well this writer's blocks compress.
  std::uint64_t estimated_size_bytes = 0;
  /// Size of the whole file.
  std::uint64_t file_size_bytes = 0;
};

/// Computes a table's id while its records pass by: SHA-256 over `<key size><key>|<value
/// size><value>|` of every record with the sizes in decimal, then the identity encoding of the
/// metadata. Not thread-safe.
class TableIdHasher {
 public:
  /// `value` is the whole stored value. Cost: about a nanosecond a byte.
  void add(std::string_view key, std::string_view value);
  /// 64 hexadecimal digits; the hasher is spent afterwards.
  std::string finish(const Metadata& metadata);

 private:
  void flush_if_large();

  Hasher hasher_{Hasher::Algorithm::kSha256};
  // A call into the hash costs more than hashing a short piece, so small pieces are gathered.
  std::string pending_;
};

/// When to end a range and begin the next one.
struct SplitOptions {
  std::uint64_t min_range_size_bytes = 0;
  std::uint64_t max_range_size_bytes = 20 * 1024 * 1024;
  /// One key in this many ends a range by its hash, so that equal runs of keys split alike on every
  /// branch. Not zero.
  std::uint64_t raggedness_entries = 50000;
  /// For those who put a tree together from records and ranges of another one: new records beside a
  /// range become one with it up to this size, so that many small changes do not leave as many
  /// small ranges. 0: a range stays as it is.
  std::uint64_t join_size_bytes = 0;
};

/// Half of ends_range: whether the key, by its hash alone, ends a range that is large enough.
bool key_may_end_range(const SplitOptions& options, std::string_view key);

/// True if the range that `key` was just added to ends with it. `estimated_size_bytes` is Writer's,
/// after the key.
bool ends_range(const SplitOptions& options, std::string_view key,
                std::uint64_t estimated_size_bytes);

}  // namespace tarn::sstable
