#include "tables/parquet_page.h"
#include "tables/parquet_values.h"
#include "tables/position_deletes.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::uint64_t kRowsMax = 10'000'000;
constexpr std::size_t kFilesMax = 100'000;
constexpr std::size_t kAddressBytesMax = 4 * kKiB;
/// What the pages of a file may become, and addresses that differ from the one before them.
constexpr std::uint64_t kBudgetBytes = 1 * kGiB;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}

Error too_many_files() { return bad(fmt::format("it names more than {} files", kFilesMax)); }

/// One reading under way.
class Reader {
 public:
  Result<PositionDeletes> read(ByteView parquet);

 private:
  Result<void> find_columns();
  Result<void> read_group(const ParquetRowGroup& group);
  /// Calls `on_page(page, dictionary)` for each page of values, `on_dictionary(page)` before them.
  template <class OnPage, class OnDictionary>
  Result<void> each_page(const ParquetRowGroup& group, std::size_t column, OnPage on_page,
                         OnDictionary on_dictionary);
  Result<void> read_positions(const ParquetRowGroup& group);
  Result<void> read_paths(const ParquetRowGroup& group);
  Result<void> add_row(ByteView path, std::size_t row);

  ParquetFile file_;
  std::size_t path_column_ = 0;
  std::size_t position_column_ = 0;
  std::uint64_t budget_bytes_ = kBudgetBytes;
  /// Of the group.
  std::vector<std::int64_t> positions_;
  PositionDeletes deletes_;
  /// Where the row before went.
  PositionDeletes::iterator last_ = deletes_.end();
};

Result<void> Reader::find_columns() {
  std::optional<std::size_t> path;
  std::optional<std::size_t> position;
  for (std::size_t i = 0; i < file_.columns.size(); ++i) {
    const ParquetColumn& column = file_.columns[i];
    const auto is = [&column](std::int64_t id, std::string_view name) {
      return column.field_id ? *column.field_id == id : column.name == name;
    };
    if (is(kDeletesPathField, "file_path") && !path && column.type == ParquetType::kBytes) {
      path = i;
    } else if (is(kDeletesPositionField, "pos") && !position &&
               column.type == ParquetType::kInt64) {
      position = i;
    } else {
      return bad(
          fmt::format("its column `{}` is not read: deletes by position have `file_path` "
                      "(a string) and `pos` (a long)",
                      column.name));
    }
  }
  if (!path || !position) {
    return bad("deletes by position have columns `file_path` and `pos`");
  }
  path_column_ = *path;
  position_column_ = *position;
  return {};
}

template <class OnPage, class OnDictionary>
Result<void> Reader::each_page(const ParquetRowGroup& group, std::size_t column, OnPage on_page,
                               OnDictionary on_dictionary) {
  const ParquetColumn& read = file_.columns[column];
  ParquetPages pages(group.chunks[column], read, budget_bytes_);
  std::uint64_t values = 0;
  bool begun = false;
  ParquetPage page;
  ParquetPage dictionary;
  while (true) {
    TARN_TRY(const bool more, pages.next(page));
    if (!more) {
      break;
    }
    if (!page.dictionary) {
      if (read.definition_max > 0 && !all_present(page.part(page.definition), page.values)) {
        return bad("it has rows without a path or a position");
      }
      values += page.values;
      TARN_CHECK_OK(on_page(page));
    } else if (begun) {
      return bad("a dictionary behind other pages");
    } else {
      dictionary = std::move(page);
      TARN_CHECK_OK(on_dictionary(dictionary));
    }
    begun = true;
  }
  return values == group.rows ? Result<void>() : bad("a column lacks values");
}

Result<void> Reader::read_positions(const ParquetRowGroup& group) {
  positions_.clear();
  positions_.reserve(group.rows);
  std::vector<std::int64_t> dictionary;
  const auto into = [](std::vector<std::int64_t>& to) {
    return [&to](std::int64_t value) {
      to.push_back(value);
      return Result<void>();
    };
  };
  return each_page(
      group, position_column_,
      [&](const ParquetPage& page) { return read_longs(page, dictionary, into(positions_)); },
      [&](const ParquetPage& page) { return read_longs(page, {}, into(dictionary)); });
}

Result<void> Reader::add_row(ByteView path, std::size_t row) {
  if (last_ == deletes_.end() || last_->first != path) {
    if (path.size() > kAddressBytesMax || path.size() > budget_bytes_) {
      return bad("its addresses are longer, or change more often, than is read");
    }
    budget_bytes_ -= path.size();
    last_ = deletes_.find(path);
    if (last_ == deletes_.end()) {
      if (deletes_.size() == kFilesMax) {
        return too_many_files();
      }
      last_ = deletes_.emplace(path, std::vector<std::int64_t>()).first;
    }
  }
  last_->second.push_back(positions_[row]);
  return {};
}

Result<void> Reader::read_paths(const ParquetRowGroup& group) {
  std::vector<ByteView> dictionary;
  std::size_t row = 0;
  return each_page(
      group, path_column_,
      [&](const ParquetPage& page) {
        return read_texts(page, dictionary, [&](ByteView path) { return add_row(path, row++); });
      },
      [&](const ParquetPage& page) {
        return read_texts(page, {}, [&](ByteView path) {
          dictionary.push_back(path);
          return dictionary.size() <= kFilesMax ? Result<void>() : too_many_files();
        });
      });
}

Result<void> Reader::read_group(const ParquetRowGroup& group) {
  for (const ParquetChunk& chunk : group.chunks) {
    if (chunk.values != group.rows) {
      return bad("a column has not as many values as there are rows");
    }
  }
  TARN_CHECK_OK(read_positions(group));
  return read_paths(group);
}

Result<PositionDeletes> Reader::read(ByteView parquet) {
  TARN_TRY(file_, parse_parquet_file(parquet));
  TARN_CHECK_OK(require_flat(file_));
  TARN_CHECK_OK(find_columns());
  std::uint64_t rows = 0;
  for (const ParquetRowGroup& group : file_.row_groups) {
    if (group.rows > kRowsMax - rows) {
      return bad(fmt::format("it has more than {} rows", kRowsMax));
    }
    rows += group.rows;
    TARN_CHECK_OK(read_group(group));
  }
  return std::move(deletes_);
}

}  // namespace

Result<PositionDeletes> read_position_deletes(ByteView parquet) { return Reader().read(parquet); }

}  // namespace tarn::tables
