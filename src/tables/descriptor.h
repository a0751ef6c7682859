#pragma once

#include "base/yaml.h"
#include "tables/errors.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::tables {

/// Folder of a repository where descriptors lie, `<name>.yaml` each.
inline constexpr std::string_view kDescriptorFolder = "_lakefs_tables/";

struct TableField {
  std::string name;
  /// As written; hive_types.h maps it.
  std::string type;
  /// `comment`, else `metadata.comment`.
  std::optional<std::string> comment;
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// What a file of `_lakefs_tables/` says about a table.
struct TableDescriptor {
  std::string name;
  /// `hive`, `delta` or `iceberg`.
  std::string type;
  /// As written; empty for a table at the root. partition.h reads it with or without slashes around
  /// it.
  std::string path;
  /// In the order of the folders.
  std::vector<std::string> partition_columns;
  /// Empty without a schema.
  std::vector<TableField> fields;
  std::optional<std::string> catalog;
  /// Of Avro data, when its files said what the fields are (adopt_sample()); in no descriptor.
  std::optional<std::string> avro_schema;

  const TableField* find_field(std::string_view field) const;
};

/// Reads a descriptor; `file` is its path, for messages. Unknown fields are ignored. Errors:
/// kBadDescriptor, `<file>: <field> …`; for other types the words that scripts know, `table <type>
/// in path <file> not supported`.
Result<TableDescriptor> parse_descriptor(std::string_view text, std::string_view file);
/// The same from a parsed document.
Result<TableDescriptor> read_descriptor(const YamlNode& document, std::string_view file);

/// Errors kBadDescriptor, `table <type> in path <file> not supported`, for other types.
Result<void> require_type(const TableDescriptor& descriptor, std::string_view type,
                          std::string_view file);

}  // namespace tarn::tables
