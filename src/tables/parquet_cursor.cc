#include "tables/parquet_cursor.h"

#include "tables/parquet_values.h"

#include <fmt/format.h>

#include <bit>
#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

/// DELTA_BYTE_ARRAY of parquet.thrift: texts grow from the one before.
constexpr std::int64_t kDeltaByteArray = 7;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}

std::optional<detail::RunReader> levels(ByteView runs, unsigned level_max) {
  return level_max == 0 ? std::nullopt
                        : std::optional(detail::RunReader(
                              runs, static_cast<unsigned>(std::bit_width(level_max))));
}

/// Level 0 where there are none.
bool take_level(std::optional<detail::RunReader>& from, unsigned level_max, unsigned& to) {
  std::uint32_t level = 0;
  if (from && (!from->next(level) || level > level_max)) {
    return false;
  }
  to = level;
  return true;
}

}  // namespace

Result<void> ParquetCursor::charge(std::uint64_t bytes) {
  if (bytes > budget_bytes_) {
    return bad("its values become more than is read");
  }
  budget_bytes_ -= bytes;
  return {};
}

Result<void> ParquetCursor::take_dictionary() {
  if (begun_) {
    return bad("a dictionary behind other pages");
  }
  dictionary_page_ = std::move(page_);
  if (column_.type == ParquetType::kBytes) {
    return read_texts(dictionary_page_, {}, [this](ByteView text) -> Result<void> {
      TARN_CHECK_OK(charge(sizeof(ByteView)));
      dictionary_texts_.push_back(text);
      return {};
    });
  }
  const auto sink = [this](std::int64_t number) -> Result<void> {
    TARN_CHECK_OK(charge(sizeof(number)));
    dictionary_numbers_.push_back(number);
    return {};
  };
  return column_.type == ParquetType::kInt32 ? read_ints(dictionary_page_, {}, sink)
                                             : read_longs(dictionary_page_, {}, sink);
}

/// Values that are absent are in no page.
Result<void> ParquetCursor::count_present() {
  std::optional<detail::RunReader> scan = definitions_;
  if (!scan) {
    return {};
  }
  TARN_CHECK_OK(charge(page_.values));
  page_.present = 0;
  for (std::uint64_t i = 0; i < page_.values; ++i) {
    unsigned level = 0;
    if (!take_level(scan, column_.definition_max, level)) {
      return bad("the levels of a page are damaged or cut off");
    }
    page_.present += level == column_.definition_max ? 1 : 0;
  }
  return {};
}

Result<void> ParquetCursor::take_texts() {
  const bool made = page_.encoding == kDeltaByteArray;
  TARN_CHECK_OK(read_texts(page_, dictionary_texts_, [&](ByteView text) -> Result<void> {
    // A text of a dictionary counts each time: it is written each time.
    TARN_CHECK_OK(charge(sizeof(ByteView) + text.size() + (made ? sizeof(Bytes) : 0)));
    if (made) {
      made_texts_.emplace_back(text);
    } else {
      texts_.push_back(text);
    }
    return {};
  }));
  texts_.insert(texts_.end(), made_texts_.begin(), made_texts_.end());
  return {};
}

Result<void> ParquetCursor::take_values() {
  numbers_.clear();
  texts_.clear();
  made_texts_.clear();
  const auto sink = [this](std::int64_t number) -> Result<void> {
    TARN_CHECK_OK(charge(sizeof(number)));
    numbers_.push_back(number);
    return {};
  };
  switch (column_.type) {
    case ParquetType::kBoolean:
      return read_flags(page_, sink);
    case ParquetType::kInt32:
      return read_ints(page_, dictionary_numbers_, sink);
    case ParquetType::kInt64:
      return read_longs(page_, dictionary_numbers_, sink);
    case ParquetType::kBytes:
      return take_texts();
  }
  return bad("its type is not read");
}

Result<bool> ParquetCursor::next_page() {
  while (left_ == 0) {
    TARN_TRY(const bool more, pages_.next(page_));
    if (!more) {
      return false;
    }
    if (page_.dictionary) {
      TARN_CHECK_OK(take_dictionary());
      begun_ = true;
      continue;
    }
    begun_ = true;
    repetitions_ = levels(page_.part(page_.repetition), column_.repetition_max);
    definitions_ = levels(page_.part(page_.definition), column_.definition_max);
    TARN_CHECK_OK(count_present());
    TARN_CHECK_OK(take_values());
    left_ = page_.values;
    next_value_ = 0;
  }
  return true;
}

Result<bool> ParquetCursor::step() {
  TARN_TRY(const bool more, next_page());
  if (!more) {
    ended_ = true;
    repetition_ = 0;
    definition_ = 0;
    return false;
  }
  --left_;
  if (!take_level(repetitions_, column_.repetition_max, repetition_) ||
      !take_level(definitions_, column_.definition_max, definition_)) {
    return bad("the levels of a page are damaged or cut off");
  }
  if (definition_ == column_.definition_max) {
    value_ = next_value_++;
  }
  return true;
}

Result<bool> ParquetCursor::advance() {
  Result<bool> more = step();
  if (!more) {
    return std::move(more).error().wrap(fmt::format("column `{}`", column_.name));
  }
  return more;
}

}  // namespace tarn::tables
