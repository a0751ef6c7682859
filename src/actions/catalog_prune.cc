#include "actions/catalog_prune.h"

#include "actions/errors.h"
#include "actions/lua/modules/server_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::actions {
namespace {

/// Whether the API knows it; asked with the rights of the context's user.
Task<Result<bool>> exists(Context ctx, ApiCaller& api, std::string target) {
  ApiRequest request{
      .method = "GET", .target = std::move(target), .body = {}, .user = std::string(ctx.user())};
  TARN_CO_TRY(const ApiResponse answer, co_await api.call(std::move(ctx), std::move(request)));
  if (answer.status == 404) {
    co_return false;
  }
  if (answer.status != 200) {
    co_return Error::with_message(
        kHookFailed,
        fmt::format("whether the ref exists cannot be told: status {}", answer.status));
  }
  co_return true;
}

/// Every database of the target, or the one that is named.
Task<Result<std::vector<std::string>>> databases(Context ctx, ExportTarget& target,
                                                 std::string named) {
  if (!named.empty()) {
    co_return std::vector<std::string>{std::move(named)};
  }
  const std::unique_ptr<tables::TableCatalog> any = target.catalog("default");
  co_return co_await any->databases(std::move(ctx));
}

Task<Result<std::vector<ListedExport>>> list_in(Context ctx, ExportTarget& target,
                                                std::string database, std::string repository) {
  TARN_CO_TRY(const std::vector<std::string> names,
              co_await databases(ctx, target, std::move(database)));
  std::vector<ListedExport> found;
  for (const std::string& name : names) {
    const std::unique_ptr<tables::TableCatalog> catalog = target.catalog(name);
    TARN_CO_TRY(std::vector<tables::ExportedTable> tables,
                co_await tables::list_exports(ctx, *catalog, target.base_uri()));
    for (tables::ExportedTable& table : tables) {
      if (is_export_of(table, repository, target)) {
        found.push_back({.database = name, .table = std::move(table)});
      }
    }
  }
  co_return found;
}

}  // namespace

bool is_export_of(const tables::ExportedTable& table, const std::string& repository,
                  const ExportTarget& target) {
  return table.repository.empty() ? target.base_is_own() : table.repository == repository;
}

Task<Result<void>> prune_in(Context ctx, const CatalogExportServices& services,
                            ExportTarget& target, const CatalogExportRequest& request,
                            CatalogPrune prune) {
  tables::PruneSpec spec;
  spec.base_uri = target.base_uri();
  spec.repository = request.source.repository_id;
  spec.base_is_own = target.base_is_own();
  spec.ref = std::move(prune.ref);
  spec.keep_last = prune.keep_last;
  spec.keep_for = prune.keep_for;
  spec.whole_ref = prune.whole_ref;
  spec.now = services.aws.clock.now();
  spec.dry_run = prune.dry_run;
  const std::unique_ptr<tables::TableCatalog> catalog = target.catalog(prune.database);
  TARN_CO_TRY(
      const tables::PruneReport done,
      co_await tables::prune_exports(std::move(ctx), *catalog, target.store(), std::move(spec)));
  const char* verb = prune.dry_run ? "would remove" : "removed";
  for (const std::string& table : done.tables) {
    request.log(fmt::format("{} {}.{}", verb, prune.database, table));
  }
  if (done.manifests > 0) {
    request.log(fmt::format("{} {} manifests that nothing points at", verb, done.manifests));
  }
  co_return Result<void>();
}

Task<Result<void>> prune_catalog_exports(Context ctx, CatalogExportServices services,
                                         ExportTargetSpec target, CatalogPrune prune,
                                         CatalogExportRequest request) {
  std::string storage_namespace = request.source.base_uri;
  TARN_CO_TRY(const std::unique_ptr<ExportTarget> opened,
              ExportTarget::open(services, std::move(target), std::move(storage_namespace)));
  TARN_CO_TRY(const std::vector<ListedExport> exports,
              co_await list_in(ctx, *opened, prune.database, request.source.repository_id));
  std::vector<std::string> names;
  for (const ListedExport& each : exports) {
    if (names.empty() || names.back() != each.database) {
      names.push_back(each.database);
    }
  }
  for (const std::string& name : names) {
    CatalogPrune one = prune;
    one.database = name;
    TARN_CO_CHECK_OK(co_await prune_in(ctx, services, *opened, request, std::move(one)));
  }
  co_return Result<void>();
}

Task<Result<void>> remove_catalog_export(Context ctx, CatalogExportServices services,
                                         CatalogExport job, CatalogExportRequest request) {
  // A hook can come late: what it is to remove may by then be of a new ref of that name.
  for (const char* kind : {"/branches", "/tags"}) {
    lua::ApiTarget target;
    target.segment(request.source.repository_id).literal(kind).segment(request.source.ref);
    std::string text = std::move(target).str();
    TARN_CO_TRY(const bool there, co_await exists(ctx, services.api, std::move(text)));
    if (there) {
      request.log(fmt::format("`{}` exists: nothing is removed", request.source.ref));
      co_return Result<void>();
    }
  }
  std::string storage_namespace = request.source.base_uri;
  TARN_CO_TRY(const std::unique_ptr<ExportTarget> target,
              ExportTarget::open(services, job.target, std::move(storage_namespace)));
  CatalogPrune all;
  TARN_CO_TRY(all.database, tables::expand_name(job.database, "", request.source));
  all.ref = request.source.ref;
  all.whole_ref = true;
  all.dry_run = job.dry_run;
  co_return co_await prune_in(std::move(ctx), services, *target, request, std::move(all));
}

Task<Result<std::vector<ListedExport>>> list_catalog_exports(Context ctx,
                                                             CatalogExportServices services,
                                                             ExportTargetSpec target,
                                                             std::string database,
                                                             CatalogExportRequest request) {
  TARN_CO_TRY(const std::unique_ptr<ExportTarget> opened,
              ExportTarget::open(std::move(services), std::move(target),
                                 std::move(request.source.base_uri)));
  co_return co_await list_in(std::move(ctx), *opened, std::move(database),
                             std::move(request.source.repository_id));
}

}  // namespace tarn::actions
