#pragma once

#include "tables/export_journal.h"
#include "tables/manifest.h"
#include "tables/object_reader.h"
#include "tables/table_catalog.h"
#include "tables/table_to_export.h"

#include <string>
#include <vector>

namespace tarn::tables {

struct CommitExportReport {
  ExportCounts counts;
  TableCatalog::Registered registered;
  /// What was done, or would be in a dry run, one line each; of many manifests the first.
  std::vector<std::string> steps;
};

/// Writes the manifests of one commit, in the form in which scripts export it, and then creates or
/// updates its table and partitions. While manifests are missing `journal` (may be null) says so.
/// The table's parameter `tarn.repository` tells whose it is. Errors: those of make_table_input(),
/// of the reader, the writer and the catalog; kForeignTable when the table is no export.
Task<Result<CommitExportReport>> export_commit(Context ctx, ObjectReader& reader,
                                               ManifestWriter& writer, TableCatalog& catalog,
                                               ExportJournal* journal, TableToExport spec);

}  // namespace tarn::tables
