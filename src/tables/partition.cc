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

std::size_t PartitionLayout::partition_length(std::string_view below) const {
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
    at = slash + 1;
  }
  return at;
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
  const std::size_t length = partition_length(below);
  if (length == std::string_view::npos) {
    return {.kind = Kind::kStray};
  }
  return {.kind = Kind::kData, .partition = below.substr(0, length)};
}

}  // namespace tarn::tables
