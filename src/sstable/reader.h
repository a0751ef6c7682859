#pragma once

#include "base/error.h"
#include "sstable/block_cache.h"
#include "sstable/random_access.h"
#include "sstable/table.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tarn::sstable {

class Iterator;
class Reader;

struct ReaderOptions {
  /// Names the table in errors: its id, or a path.
  std::string name;
  /// Optional. Without it every read of a block is a read of the source.
  std::shared_ptr<BlockCache> cache;
};

/// What a table says about itself.
struct Properties {
  /// `ranges` or `metaranges`; empty if the table does not say (RocksDB's do not).
  std::string type;
  /// Absent where the table was not written by lakeFS or us.
  std::optional<std::string> min_key;
  std::optional<std::string> max_key;
  std::optional<std::uint64_t> estimated_size_bytes;
  /// Number of records.
  std::uint64_t count = 0;
  std::uint64_t file_size_bytes = 0;
  /// Every property as stored, by its full name.
  std::map<std::string, std::string> all;
};

/// A value found, and what keeps it in memory.
class PinnedValue {
 public:
  PinnedValue(std::shared_ptr<const std::string> owner, std::string_view value)
      : owner_(std::move(owner)), value_(value) {}
  std::string_view view() const { return value_; }

 private:
  std::shared_ptr<const std::string> owner_;
  std::string_view value_;
};

/// An open table: ours, lakeFS's, or RocksDB's of format version 2 with plain puts,
/// uncompressed or Snappy. Immutable and thread-safe. Memory: footer, properties and the (top)
/// index. Foreign bytes are checked before they are believed: every block's checksum (CRC32C or
/// xxHash64), every length, and that keys ascend.
class Reader : public std::enable_shared_from_this<Reader> {
 public:
  /// Errors: kCorruption (what is wrong and where), kUnsupported (another kind of table), the
  /// source's.
  static Result<std::shared_ptr<const Reader>> open(std::shared_ptr<const RandomAccess> source,
                                                    ReaderOptions options = {});
  ~Reader();

  /// The stored value (value.h) of exactly this key, or nothing. Errors: as open.
  Result<std::optional<PinnedValue>> get(std::string_view key) const;

  /// Starts unpositioned. Keeps the reader alive.
  Iterator iterator() const;

  const Properties& properties() const;
  /// As in the options.
  const std::string& name() const;

 private:
  friend class Iterator;
  struct Parts;
  Reader();

  std::unique_ptr<const Parts> parts_;
};

/// Walks a table in ascending order of keys. Not thread-safe; several may walk one reader. `seek…`
/// and `next` return an error or leave the iterator on a record or at the end:
///
///     TARN_CHECK_OK(it.seek_first());
///     while (it.valid()) { use(it.key(), it.value()); TARN_CHECK_OK(it.next()); }
///
/// After an error the iterator is not valid until the next seek. No allocation for each record.
class Iterator {
 public:
  ~Iterator();
  Iterator(Iterator&&) noexcept;
  Iterator& operator=(Iterator&&) noexcept;

  Result<void> seek_first();
  /// To the first record whose key is at or after `key`.
  Result<void> seek_ge(std::string_view key);
  /// Needs valid().
  Result<void> next();

  bool valid() const;
  // Both need valid(); the views live until the iterator moves.
  std::string_view key() const;
  std::string_view value() const;

 private:
  friend class Reader;
  struct Impl;
  explicit Iterator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Reads the whole table and compares it with what it says about itself: number of records, first
/// and last key. Returns what it found, with the id computed anew (equal to the name it is stored
/// under, if nobody changed it). Errors: as Reader::open.
Result<TableInfo> verify(const Reader& reader);

}  // namespace tarn::sstable
