#pragma once

#include "api/models.h"
#include "ctl/console.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ctl {

/// Rows of text under named columns. Drawn as a grid with upper-case headers when interactive, else
/// one row a line with tabs between the cells and no header.
class Table {
 public:
  explicit Table(std::vector<std::string_view> columns) : columns_(std::move(columns)) {}

  /// Columns of numbers, by index, are drawn aligned to the right.
  void align_right(std::size_t column) { right_.insert(column); }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string render(bool interactive) const;

 private:
  std::vector<std::string_view> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::set<std::size_t> right_;
};

/// What follows a page of a list: how to get the next one (interactive only), and an empty line.
std::string more_results(const Console& console, const api::dto::Pagination& page,
                         std::int64_t amount);
/// The table and more_results.
void print_list(Console& console, const Table& table, const api::dto::Pagination& page,
                std::int64_t amount);

}  // namespace tarn::ctl
