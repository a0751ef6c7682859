#pragma once

#include "runtime/blocking_pool.h"
#include "tables/export_prune.h"
#include "tables/table_catalog.h"
#include "tables/table_to_export.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

struct DeltaExport : TableToExport {
  /// As those of TableExport.
  bool full = false;
  bool only_forward = false;
  std::size_t page_objects = 1000;
  /// Parses the log; null = that happens on the loop.
  BlockingPool* pool = nullptr;
};

struct DeltaExportReport {
  bool up_to_date = false;
  /// It shows a later commit.
  bool overtaken = false;
  bool table_created = false;
  /// Why it was exported as a whole; empty = what was new went behind the log that was there.
  std::string reason;
  /// The version that the table is at now, and how many were written.
  std::uint64_t version = 0;
  std::uint64_t written = 0;
  /// The version of the checkpoint that was written, where the log begins with one.
  std::optional<std::uint64_t> checkpoint;
  /// Files of the table that were looked up.
  std::uint64_t objects = 0;
  /// As those of TableExportReport.
  std::vector<std::string> steps;
};

/// What became of the table `name`, in lines.
std::vector<std::string> describe(const DeltaExportReport& report, std::string_view name);

/// Glue's TableInput of a Delta table, as Athena, Spark and Trino know it: TableType, formats,
/// columns, `table_type` and `spark.sql.sources.provider` go over what the user says. Errors
/// kBadTableInput.
Result<Json> make_delta_input(Json columns, std::string name, std::string location,
                              Json user_input);

/// Errors kBadDelta: what is wrong with the table's log, before it is exported.
Task<Result<void>> check_delta(Context ctx, ObjectReader& reader, TableDescriptor descriptor);

/// Brings the Delta table of a ref to a commit. As long as the table's log in the repository only
/// grows, but for versions before a checkpoint that are cleaned up, its new versions are written
/// behind those that were exported, in order, so that engines see one version of the table after
/// the other; else the whole log goes to a new folder, and then the catalog's table is pointed at
/// it. The table says which commit it shows, as that of export_table() does. Nothing is written
/// when a file of the table is missing. Errors: those of list_delta_log(), DeltaTranslator, the
/// store and the catalog; kForeignTable.
Task<Result<DeltaExportReport>> export_delta(Context ctx, ObjectReader& reader,
                                             ChangeReader& changes, ManifestStore& store,
                                             TableCatalog& catalog, DeltaExport spec);

/// A table of one commit, with its log in the commit's folder. Version 0, or the checkpoint that
/// the log begins with, is written last: without it nobody takes a folder for a table.
Task<Result<DeltaExportReport>> export_delta_commit(Context ctx, ObjectReader& reader,
                                                    ManifestWriter& writer, TableCatalog& catalog,
                                                    DeltaExport spec);

}  // namespace tarn::tables
