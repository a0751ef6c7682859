#include "tables/table_catalog.h"

#include "tables/table_state.h"

#include <fmt/format.h>

namespace tarn::tables {

bool is_export_location(std::string_view location) {
  return location.find("/_lakefs/exported/") != std::string_view::npos;
}

Result<void> require_export(const Json& table, std::string_view database) {
  const std::string location = storage_location(table);
  if (is_export_location(location)) {
    return {};
  }
  return Error::with_message(
      kForeignTable,
      fmt::format("table `{}` of database `{}` exists and is no export (its location is `{}`)",
                  table.string_or("Name", ""), database, location));
}

}  // namespace tarn::tables
