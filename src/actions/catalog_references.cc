#include "actions/catalog_references.h"

#include "actions/catalog_prune.h"

#include <utility>

namespace tarn::actions {

Task<Result<tables::ReferencePage>> page_catalog_references(Context ctx,
                                                            CatalogExportServices services,
                                                            ExportTargetSpec target,
                                                            CatalogReferences wanted) {
  TARN_CO_TRY(const std::unique_ptr<ExportTarget> opened,
              ExportTarget::open(std::move(services), std::move(target),
                                 std::move(wanted.storage_namespace)));
  tables::ReferenceQuery query;
  query.base_uri = opened->base_uri();
  query.counts = [&opened, &wanted](const tables::ExportedTable& table) {
    return is_export_of(table, wanted.repository, *opened);
  };
  query.after = std::move(wanted.after);
  query.amount = wanted.amount;
  const std::unique_ptr<tables::TableCatalog> any = opened->catalog("default");
  co_return co_await tables::page_references(std::move(ctx), *any, opened->store(),
                                             std::move(query));
}

}  // namespace tarn::actions
