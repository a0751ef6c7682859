#pragma once

#include "actions/catalog_export.h"
#include "actions/export_target.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/export_prune.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tarn::actions {

/// What of a repository's exports is to go; tables::PruneSpec says it in full.
struct CatalogPrune {
  /// Empty = every one that holds exports of the repository.
  std::string database;
  /// Empty = any.
  std::string ref;
  std::optional<std::size_t> keep_last;
  std::optional<std::chrono::seconds> keep_for;
  bool whole_ref = false;
  bool dry_run = false;
};

/// Prunes what was exported from the request's repository; its ref and commit do not matter.
Task<Result<void>> prune_catalog_exports(Context ctx, CatalogExportServices services,
                                         ExportTargetSpec target, CatalogPrune prune,
                                         CatalogExportRequest request);
/// The same in one database of an open target.
Task<Result<void>> prune_in(Context ctx, const CatalogExportServices& services,
                            ExportTarget& target, const CatalogExportRequest& request,
                            CatalogPrune prune);

/// Removes every table and manifest that was exported from the request's ref to the database that
/// `job` names; nothing if the ref exists.
Task<Result<void>> remove_catalog_export(Context ctx, CatalogExportServices services,
                                         CatalogExport job, CatalogExportRequest request);

/// Whether a table below the target's exports is that of the repository.
bool is_export_of(const tables::ExportedTable& table, const std::string& repository,
                  const ExportTarget& target);

struct ListedExport {
  std::string database;
  tables::ExportedTable table;
};
/// Tables that were exported from the request's repository, by database and name; `database` empty
/// = in every one.
Task<Result<std::vector<ListedExport>>> list_catalog_exports(Context ctx,
                                                             CatalogExportServices services,
                                                             ExportTargetSpec target,
                                                             std::string database,
                                                             CatalogExportRequest request);

}  // namespace tarn::actions
