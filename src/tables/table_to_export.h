#pragma once

#include "base/json.h"
#include "runtime/task.h"
#include "tables/descriptor.h"
#include "tables/export_location.h"

#include <functional>
#include <string>

namespace tarn::tables {

/// What is to be exported, and as which table.
struct TableToExport {
  TableDescriptor descriptor;
  /// Of the descriptor, for messages.
  std::string file;
  ExportSource source;
  /// Its name in the catalog: of glue_table_name(), as scripts have it, or expand_name().
  std::string table;
  /// What the user says about formats; make_table_input().
  Json table_input;
  /// Makes a plan and changes nothing.
  bool dry_run = false;
  /// Called before the catalog is asked to make the table, to make its database. May be empty.
  std::function<Task<Result<void>>()> before_table = {};
};

}  // namespace tarn::tables
