#pragma once

#include "base/error.h"
#include "sstable/reader.h"
#include "sstable/table.h"

#include <cstddef>
#include <functional>
#include <string_view>

namespace tarn::sstable {

/// Reads a whole table in pieces and compares it with what it says about itself; `verify` does so
/// in one. Not thread-safe; blocks where the source does.
class Verifier {
 public:
  explicit Verifier(const Reader& reader);

  /// What is done with each record; its error ends the reading.
  using Visit = std::function<Result<void>(std::string_view key, std::string_view value)>;

  /// Reads up to `records` more; false at the end of the table. After an error only destruction.
  /// Errors: as Reader::open, those of `visit`.
  Result<bool> read(std::size_t records, const Visit& visit);

  /// What was found, with the id computed anew. Once, after read() gave false. Errors: kCorruption
  /// where number of records, first or last key are not what the table says.
  Result<TableInfo> finish();

 private:
  const Reader& reader_;
  Iterator at_;
  bool started_ = false;
  TableIdHasher id_;
  TableInfo info_;
};

}  // namespace tarn::sstable
