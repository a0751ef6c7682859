#include "tables/partition.h"

#include <algorithm>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::string_view kFolderSuffix = "_$folder$";

bool has_hidden_name(std::string_view below) {
  while (true) {
    if (below.starts_with('_') || below.starts_with('.')) {
      return true;
    }
    const std::size_t slash = below.find('/');
    if (slash == std::string_view::npos) {
      return false;
    }
    below.remove_prefix(slash + 1);
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// As Hive reads folder names: what is no escape of two digits stands for itself.
std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      const int high = hex_digit(text[at + 1]);
      const int low = hex_digit(text[at + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        at += 2;
        continue;
      }
    }
    out.push_back(text[at]);
  }
  return out;
}

}  // namespace

std::string_view trim_table_path(std::string_view path) {
  while (path.starts_with('/')) {
    path.remove_prefix(1);
  }
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path;
}

PartitionLayout::PartitionLayout(std::string_view table_path, std::vector<std::string> columns)
    : prefix_(trim_table_path(table_path)), columns_(std::move(columns)) {
  if (!prefix_.empty()) {
    prefix_.push_back('/');
  }
  for (std::string& column : columns_) {
    column.push_back('=');
  }
}

bool PartitionLayout::is_marker(std::string_view below) const {
  if (below.empty() || below.ends_with('/') || below.ends_with(kFolderSuffix)) {
    return true;
  }
  const std::string_view name = below.substr(below.rfind('/') + 1);
  return std::ranges::any_of(
      columns_, [name](const std::string& column) { return name.starts_with(column); });
}

std::size_t PartitionLayout::partition_length(std::string_view below,
                                              std::vector<std::string_view>* values) const {
  std::size_t at = 0;  // where a name starts
  for (const std::string& column : columns_) {
    while (!below.substr(at).starts_with(column)) {
      const std::size_t slash = below.find('/', at);
      if (slash == std::string_view::npos) {
        return std::string_view::npos;
      }
      at = slash + 1;
    }
    const std::size_t value = at + column.size();
    const std::size_t slash = below.find('/', value);
    if (slash == std::string_view::npos || slash == value) {
      return std::string_view::npos;
    }
    if (values != nullptr) {
      values->push_back(below.substr(value, slash - value));
    }
    at = slash + 1;
  }
  return at;
}

std::vector<std::string> PartitionLayout::values(std::string_view partition) const {
  std::vector<std::string_view> written;
  (void)partition_length(partition, &written);
  std::vector<std::string> values;
  for (const std::string_view value : written) {
    values.push_back(unescape(value));
  }
  return values;
}

PartitionLayout::Place PartitionLayout::place(std::string_view path,
                                              std::uint64_t size_bytes) const {
  if (!path.starts_with(prefix_)) {
    return {.kind = Kind::kStray};
  }
  const std::string_view below = path.substr(prefix_.size());
  if (has_hidden_name(below)) {
    return {.kind = Kind::kHidden};
  }
  if (size_bytes == 0 && is_marker(below)) {
    return {.kind = Kind::kMarker};
  }
  const std::size_t length = partition_length(below, nullptr);
  if (length == std::string_view::npos) {
    return {.kind = Kind::kStray};
  }
  return {.kind = Kind::kData, .partition = below.substr(0, length)};
}

}  // namespace tarn::tables
