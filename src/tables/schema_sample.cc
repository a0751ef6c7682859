#include "tables/schema_sample.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"
#include "tables/hive_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kRowsMax = 10'000;
constexpr std::size_t kColumnsMax = 10'000;
constexpr int kDepthMax = 16;

TableField field(std::string name, std::string type) {
  TableField made;
  made.name = std::move(name);
  made.type = std::move(type);
  return made;
}

Error wrong(std::string what) { return Error::with_message(kInvalid, std::move(what)); }

/// Rows of CSV one after the other; quotes are doubled inside of quotes, and may hold line breaks.
class CsvRows {
 public:
  CsvRows(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  /// Nothing at the end; a row that is not ended by a line break sets `cut`.
  std::optional<std::vector<std::string>> next() {
    if (rest_.empty()) {
      return std::nullopt;
    }
    std::vector<std::string> row(1);
    bool quoted = false;
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (quoted) {
        const bool doubled = c == '"' && at + 1 < rest_.size() && rest_[at + 1] == '"';
        if (c == '"' && !doubled) {
          quoted = false;
          continue;
        }
        at += doubled ? 1 : 0;
        row.back().push_back(c);
      } else if (c == '"' && row.back().empty()) {
        quoted = true;
      } else if (c == separator_) {
        row.emplace_back();
      } else if (c == '\n') {
        rest_.remove_prefix(at + 1);
        return without_return(std::move(row));
      } else {
        row.back().push_back(c);
      }
    }
    rest_ = {};
    cut_ = true;
    return without_return(std::move(row));
  }
  bool cut() const { return cut_; }

 private:
  static std::vector<std::string> without_return(std::vector<std::string> row) {
    if (row.back().ends_with('\r')) {
      row.back().pop_back();
    }
    return row;
  }

  std::string_view rest_;
  const char separator_;
  bool cut_ = false;
};

bool is_whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size();
}

bool is_number(std::string_view text) {
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() && std::isfinite(number);
}

/// What all values of a column of text have in common.
struct CsvColumn {
  bool whole_numbers = true;
  bool numbers = true;
  bool booleans = true;
  bool any = false;

  void see(std::string_view value) {
    any = true;
    const std::string word = ascii_lower(value);
    whole_numbers = whole_numbers && is_whole_number(value);
    numbers = numbers && is_number(value);
    booleans = booleans && (word == "true" || word == "false");
  }
  const char* type() const {
    if (!any) {
      return "string";
    }
    return whole_numbers ? "bigint" : numbers ? "double" : booleans ? "boolean" : "string";
  }
};

std::string json_type(const Json& value, int depth);

/// What values of both types can be read as; `string` if nothing else.
std::string common_type(const std::string& a, const std::string& b) {
  if (a == b || b.empty()) {
    return a;
  }
  if (a.empty()) {
    return b;
  }
  const auto number = [](const std::string& type) { return type == "bigint" || type == "double"; };
  return number(a) && number(b) ? "double" : "string";
}

/// A name of a struct's member that Hive's types can spell.
bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string struct_type(const Json& value, int depth) {
  std::string out;
  for (const Json::Member& member : value.members()) {
    const std::string type = json_type(member.value, depth + 1);
    if (!is_plain_name(member.key)) {
      return "string";
    }
    out.append(out.empty() ? "struct<" : ",");
    out.append(ascii_lower(member.key)).append(":").append(type.empty() ? "string" : type);
  }
  return out.empty() ? "string" : out + ">";
}

/// Empty for null.
std::string json_type(const Json& value, int depth) {
  if (depth > kDepthMax) {
    return "string";
  }
  switch (value.type()) {
    case Json::Type::kNull:
      return "";
    case Json::Type::kBool:
      return "boolean";
    case Json::Type::kInt:
      return "bigint";
    case Json::Type::kDouble:
      return "double";
    case Json::Type::kString:
      return "string";
    case Json::Type::kArray: {
      std::string items;
      for (const Json& item : value.items()) {
        items = common_type(items, json_type(item, depth + 1));
      }
      return fmt::format("array<{}>", items.empty() ? "string" : items);
    }
    case Json::Type::kObject:
      return struct_type(value, depth);
  }
  return "string";
}

bool same_type(std::string_view a, std::string_view b) {
  const Result<std::string> left = map_hive_type(a);
  const Result<std::string> right = map_hive_type(b);
  if (!left || !right) {
    return false;
  }
  // Text is what any value can be read as; numbers are read as wider or narrower ones.
  const auto kind = [](const std::string& type) -> std::string_view {
    if (type == "tinyint" || type == "smallint" || type == "int" || type == "bigint") {
      return "whole";
    }
    if (type == "float" || type == "double" || type.starts_with("decimal")) {
      return "number";
    }
    if (type == "string" || type.starts_with("varchar") || type.starts_with("char") ||
        type == "date" || type == "timestamp" || type == "binary") {
      return "text";
    }
    return std::string_view(type).substr(0, type.find('<'));
  };
  const std::string_view said = kind(*left);
  const std::string_view seen = kind(*right);
  return said == "text" || said == seen || (said == "number" && seen == "whole");
}

}  // namespace

Result<std::vector<TableField>> csv_columns(ByteView text, char separator, bool whole) {
  if (text.starts_with("\xef\xbb\xbf")) {
    text.remove_prefix(3);
  }
  if (!whole) {
    text = text.substr(0, text.rfind('\n') == ByteView::npos ? 0 : text.rfind('\n') + 1);
  }
  CsvRows rows(text, separator);
  const std::optional<std::vector<std::string>> header = rows.next();
  if (!header || header->size() > kColumnsMax) {
    return wrong(header ? "its header has too many columns" : "it has no whole header line");
  }
  std::vector<std::string> seen;
  for (const std::string& name : *header) {
    if (name.empty() || !is_valid_utf8(name)) {
      return wrong("its header has a column without a name, or of no UTF-8");
    }
    if (std::ranges::find(seen, ascii_lower(name)) != seen.end()) {
      return wrong(fmt::format("its header names column `{}` twice", name));
    }
    seen.push_back(ascii_lower(name));
  }
  std::vector<CsvColumn> columns(header->size());
  for (std::size_t count = 0; count < kRowsMax; ++count) {
    const std::optional<std::vector<std::string>> row = rows.next();
    // Quotes can reach over the end of what there is.
    if (!row || (rows.cut() && !whole)) {
      break;
    }
    if (row->size() == 1 && row->front().empty()) {
      continue;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].see(i < row->size() ? std::string_view((*row)[i]) : std::string_view());
    }
  }
  std::vector<TableField> fields;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    fields.push_back(field(ascii_lower((*header)[i]), columns[i].type()));
  }
  return fields;
}

Result<std::vector<TableField>> json_columns(ByteView text, bool whole) {
  std::vector<TableField> fields;
  std::size_t line = 0;
  while (!text.empty() && line < kRowsMax) {
    const std::size_t end = text.find('\n');
    if (end == ByteView::npos && !whole) {
      break;
    }
    const ByteView row = text.substr(0, end);
    text.remove_prefix(end == ByteView::npos ? text.size() : end + 1);
    ++line;
    if (row.find_first_not_of(" \t\r") == ByteView::npos) {
      continue;
    }
    const Result<Json> object = parse_json(row);
    if (!object || !object->is_object()) {
      return wrong(fmt::format("its line {} is no JSON object", line));
    }
    for (const Json::Member& member : object->members()) {
      const std::string name = ascii_lower(member.key);
      auto known = std::ranges::find(fields, name, &TableField::name);
      if (known == fields.end()) {
        if (fields.size() == kColumnsMax) {
          return wrong("it has too many columns");
        }
        fields.push_back(field(name, ""));
        known = fields.end() - 1;
      }
      known->type = common_type(known->type, json_type(member.value, 0));
    }
  }
  if (fields.empty()) {
    return wrong("it has no whole line with a JSON object");
  }
  for (TableField& each : fields) {
    each.type = each.type.empty() ? "string" : each.type;
  }
  return fields;
}

std::vector<std::string> find_drift(const TableDescriptor& descriptor,
                                    const std::vector<TableField>& data, bool by_position) {
  std::vector<std::string> drift;
  std::size_t position = 0;
  for (const TableField& said : descriptor.fields) {
    if (std::ranges::find(descriptor.partition_columns, said.name) !=
        descriptor.partition_columns.end()) {
      continue;
    }
    const auto found = std::ranges::find_if(data, [&said](const TableField& each) {
      return ascii_lower(each.name) == ascii_lower(said.name);
    });
    const std::size_t at = position++;
    if (found == data.end()) {
      drift.push_back(fmt::format("column `{}` is not in the data", said.name));
      continue;
    }
    if (by_position && static_cast<std::size_t>(found - data.begin()) != at) {
      drift.push_back(fmt::format("column `{}` is number {} of the descriptor and {} of the data",
                                  said.name, at + 1, found - data.begin() + 1));
    }
    if (!same_type(said.type, found->type)) {
      drift.push_back(fmt::format("column `{}` is `{}` in the descriptor and `{}` in the data",
                                  said.name, said.type, found->type));
    }
  }
  if (by_position && drift.empty() && data.size() > position) {
    drift.push_back(
        fmt::format("the data has {} columns, the descriptor {}", data.size(), position));
  }
  return drift;
}

}  // namespace tarn::tables
