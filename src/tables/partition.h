#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// `path` without slashes at its ends: where a table lies.
std::string_view trim_table_path(std::string_view path);

/// Where the objects of a Hive-style table belong: `<path>/<column>=<value>/…/<file>`. Values are
/// taken as they are written, whatever they hold; other folders may lie between those of the
/// columns and below them. All objects of one partition are neighbours in a listing by path.
class PartitionLayout {
 public:
  /// The path may have slashes around it or be empty.
  PartitionLayout(std::string_view table_path, std::vector<std::string> columns);

  /// Prefix of every object of the table: empty, or the table's path and a slash, so that
  /// `tables/animals2/` is no part of `tables/animals`.
  const std::string& prefix() const { return prefix_; }
  bool partitioned() const { return !columns_.empty(); }

  enum class Kind : std::uint8_t {
    kData,
    /// A name below the table's path starts with `_` or `.`.
    kHidden,
    /// Stands for a folder: an empty object named `…/`, `…_$folder$`, or like a partition's folder.
    kMarker,
    /// Lies in no partition, or outside of the table.
    kStray,
  };
  struct Place {
    Kind kind = Kind::kStray;
    /// For data, the partition: the part of the path behind prefix() up to and with the slash after
    /// the last column's value; empty without columns. Views the path.
    std::string_view partition{};
  };
  Place place(std::string_view path, std::uint64_t size_bytes) const;

  /// The values of Place::partition in the order of the columns, for a catalog: as Hive means them,
  /// which writes what no folder's name may hold as `%3A`. Anything else stays as it is.
  std::vector<std::string> values(std::string_view partition) const;

 private:
  bool is_marker(std::string_view below) const;
  /// Length of the partition at the front of `below`, or npos. Adds its values as they are written
  /// to `values` unless that is null.
  std::size_t partition_length(std::string_view below, std::vector<std::string_view>* values) const;

  std::string prefix_;
  /// Each with its `=`.
  std::vector<std::string> columns_;
};

}  // namespace tarn::tables
