#include "ctl/table.h"

#include "ctl/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace tarn::ctl {
namespace {

std::string without_tabs(std::string_view cell) {
  std::string out;
  for (const char c : cell) {
    if (c == '\t') {
      out.append(4, ' ');
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

void append_row(std::string& out, const std::vector<std::string>& cells,
                const std::vector<std::size_t>& widths, const std::set<std::size_t>& right) {
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string cell = i < cells.size() ? cells[i] : "";
    const std::string space(widths[i] - display_width(cell), ' ');
    const bool to_right = right.contains(i);
    out.append("| ").append(to_right ? space + cell : cell + space).append(" ");
  }
  out.append("|\n");
}

}  // namespace

std::string Table::render(bool interactive) const {
  std::string out;
  if (!interactive) {
    for (const std::vector<std::string>& row : rows_) {
      out.append(fmt::format("{}\n", fmt::join(row, "\t")));
    }
    return out;
  }
  std::vector<std::vector<std::string>> lines(1);
  for (const std::string_view column : columns_) {
    lines.front().push_back(upper(column));
  }
  for (const std::vector<std::string>& row : rows_) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const std::string& cell : row) {
      line.push_back(without_tabs(cell));
    }
  }
  std::vector<std::size_t> widths(columns_.size());
  for (const std::vector<std::string>& line : lines) {
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(line[i]));
    }
  }
  std::string rule;
  for (const std::size_t width : widths) {
    rule.append("+").append(width + 2, '-');
  }
  rule.append("+\n");
  out = rule;
  append_row(out, lines.front(), widths, right_);
  out.append(rule);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    append_row(out, lines[i], widths, right_);
  }
  return out.append(rule);
}

std::string more_results(const Console& console, const api::dto::Pagination& page,
                         std::int64_t amount) {
  std::string out;
  if (console.interactive() && page.has_more && amount > 0) {
    const std::string flags = fmt::format("--amount {} --after \"{}\"", amount, page.next_offset);
    out = fmt::format("for more results run with {}\n", console.paint(color::kYellow, flags));
  }
  return out + "\n";
}

void print_list(Console& console, const Table& table, const api::dto::Pagination& page,
                std::int64_t amount) {
  console.print(table.render(console.interactive()));
  console.print(more_results(console, page, amount));
}

}  // namespace tarn::ctl
