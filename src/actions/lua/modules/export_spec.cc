#include "actions/lua/modules/export_spec.h"

#include <fmt/format.h>

namespace tarn::actions::lua {

std::string ExportSpec::base() const {
  const bool with_path = keep_table_path && layout.partitioned();
  return fmt::format("{}{}{}/{}", uri, uri.ends_with('/') ? "" : "/", table,
                     with_path ? layout.prefix() : "");
}

std::string ExportSpec::tree() const {
  return fmt::format("{}{}{}", uri, uri.ends_with('/') ? "" : "/", table);
}

ExportSpec read_spec(Call& call, int n) {
  const Json given = call.json(n);
  std::vector<std::string> columns;
  std::string uri = call.unwrap(given.get_string("uri"));
  for (const Json& column : call.unwrap(given.at("partition_columns"))->items()) {
    columns.push_back(column.as_string() == nullptr ? std::string() : *column.as_string());
  }
  tables::PartitionLayout layout(call.unwrap(given.get_string("path")), columns);
  return {.repository = call.unwrap(given.get_string("repository")),
          .commit = call.unwrap(given.get_string("commit")),
          .uri = std::move(uri),
          .table = call.unwrap(given.get_string("table")),
          .columns = std::move(columns),
          .layout = std::move(layout),
          .keep_table_path = given.bool_or("keep_table_path", false),
          .debug = given.bool_or("debug", false)};
}

}  // namespace tarn::actions::lua
