#pragma once

#include "actions/export_target.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/export_references.h"

#include <cstddef>
#include <string>

namespace tarn::actions {

/// A page of what the tables that were exported from a repository need of the store:
/// tables::page_references(), which says what `after` is.
struct CatalogReferences {
  std::string repository;
  std::string storage_namespace;
  std::string after;
  std::size_t amount = 0;
};
Task<Result<tables::ReferencePage>> page_catalog_references(Context ctx,
                                                            CatalogExportServices services,
                                                            ExportTargetSpec target,
                                                            CatalogReferences wanted);

}  // namespace tarn::actions
