#pragma once

#include "base/bytes.h"
#include "tables/parquet_bits.h"
#include "tables/parquet_file.h"
#include "tables/parquet_page.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tarn::tables {

/// One column of a group of rows, value by value, with the levels that say what each belongs to
/// (https://parquet.apache.org/docs/file-format/nestedencoding/). Holds a page of it, its values
/// once more, and its dictionary. Not thread-safe.
class ParquetCursor {
 public:
  /// All of them outlive it; `budget_bytes` is what is still read, and is counted down.
  ParquetCursor(const ParquetColumn& column, const ParquetChunk& chunk, std::uint64_t& budget_bytes)
      : column_(column), pages_(chunk, column, budget_bytes), budget_bytes_(budget_bytes) {}

  ParquetCursor(const ParquetCursor&) = delete;
  ParquetCursor& operator=(const ParquetCursor&) = delete;

  const ParquetColumn& column() const { return column_; }

  /// To the next value; the first one at the first call. False behind the last one. Errors:
  /// kBadParquet, with the column's name.
  Result<bool> advance();

  // Of the value that it is at; behind the last one all is 0.
  unsigned repetition() const { return repetition_; }
  unsigned definition() const { return definition_; }
  bool at_end() const { return ended_; }

  /// Whether there is a value. If so, a number or a text, as its column's type has it.
  bool present() const { return !ended_ && definition_ == column_.definition_max; }
  std::int64_t number() const { return numbers_[value_]; }
  ByteView text() const { return texts_[value_]; }

 private:
  Result<bool> step();
  Result<bool> next_page();
  Result<void> take_dictionary();
  Result<void> count_present();
  Result<void> take_values();
  Result<void> take_texts();
  Result<void> charge(std::uint64_t bytes);

  const ParquetColumn& column_;
  ParquetPages pages_;
  std::uint64_t& budget_bytes_;

  ParquetPage page_;
  ParquetPage dictionary_page_;
  std::vector<std::int64_t> dictionary_numbers_;
  std::vector<ByteView> dictionary_texts_;
  std::optional<detail::RunReader> repetitions_;
  std::optional<detail::RunReader> definitions_;
  std::vector<std::int64_t> numbers_;
  std::vector<ByteView> texts_;
  /// Of texts that are in no page as they are.
  std::vector<Bytes> made_texts_;

  bool begun_ = false;
  bool ended_ = false;
  /// Of the page.
  std::uint64_t left_ = 0;
  std::size_t next_value_ = 0;
  std::size_t value_ = 0;
  unsigned repetition_ = 0;
  unsigned definition_ = 0;
};

}  // namespace tarn::tables
