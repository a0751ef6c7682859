#pragma once

#include "base/json.h"
#include "tables/descriptor.h"
#include "tables/export_journal.h"
#include "tables/export_location.h"
#include "tables/manifest.h"
#include "tables/object_reader.h"
#include "tables/table_catalog.h"

#include <functional>
#include <string>
#include <vector>

namespace tarn::tables {

/// A table of one commit, in the form in which scripts export it.
struct CommitExport {
  TableDescriptor descriptor;
  /// Of the descriptor, for messages.
  std::string file;
  ExportSource source;
  /// Its name in the catalog; glue_table_name() makes that of scripts.
  std::string table;
  /// What the user says about formats; make_table_input().
  Json table_input;
  /// Makes a plan and changes nothing.
  bool dry_run = false;
  /// Called before the table is put into the catalog, to make its database. May be empty.
  std::function<Task<Result<void>>()> before_table = {};
};

struct CommitExportReport {
  ExportCounts counts;
  TableCatalog::Registered registered;
  /// What was done, or would be in a dry run, one line each; of many manifests the first.
  std::vector<std::string> steps;
};

/// Writes the manifests of one commit, and then creates or updates its table and partitions. While
/// manifests are missing `journal` (may be null) says so. The table's parameter `tarn.repository`
/// tells whose it is. Errors: those of make_table_input(), of the reader, the writer and the
/// catalog; kForeignTable when the table is no export.
Task<Result<CommitExportReport>> export_commit(Context ctx, ObjectReader& reader,
                                               ManifestWriter& writer, TableCatalog& catalog,
                                               ExportJournal* journal, CommitExport spec);

}  // namespace tarn::tables
