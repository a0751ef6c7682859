#pragma once

#include "base/error.h"
#include "sstable/sink.h"
#include "sstable/table.h"
#include "sstable/value.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tarn::sstable {

/// Writes one table (range or metarange) in the RocksDB v2 format that lakeFS reads;
/// docs/formats/sstable.md. Streams: keeps the current block and the index, never the whole file.
/// Byte for byte what lakeFS writes, except where Snappy libraries compress differently. Not
/// thread-safe.
class Writer {
 public:
  /// `sink` must outlive the writer.
  Writer(Sink& sink, Metadata metadata);
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  /// Appends a record; `value` is a stored value (value.h) and may be empty. After an error other
  /// than kKeysOutOfOrder and kRecordTooLarge, which leave the table as it was, the table is lost.
  /// Errors: those two and the sink's.
  Result<void> add(std::string_view key, std::string_view value);
  /// The same with a value still in parts.
  Result<void> add(std::string_view key, const Value& value);

  /// What the file will take so far, roughly; feeds ends_range.
  std::uint64_t estimated_size_bytes() const;
  std::uint64_t count() const;

  /// Writes what is left and closes the table; a table without records is a table too. Nothing else
  /// may be called afterwards. Errors: the sink's.
  Result<TableInfo> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarn::sstable
