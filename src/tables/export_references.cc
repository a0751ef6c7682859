#include "tables/export_references.h"

#include "runtime/parallel.h"
#include "tables/export_location.h"
#include "tables/manifest.h"

#include <fmt/format.h>

#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace tarn::tables {
namespace {

constexpr std::size_t kRequestsMax = 16;

/// Folders that hold manifests. A partitioned table's own folder holds none.
Task<Result<std::set<std::string>>> find_folders(Context ctx, TableCatalog& catalog,
                                                 std::string base_uri) {
  std::set<std::string> folders;
  TARN_CO_TRY(const std::vector<std::string> databases, co_await catalog.databases(ctx));
  for (const std::string& database : databases) {
    const std::unique_ptr<TableCatalog> each = catalog.other(database);
    TARN_CO_TRY(const std::vector<ExportedTable> tables,
                co_await list_exports(ctx, *each, base_uri));
    for (const ExportedTable& table : tables) {
      TARN_CO_TRY(std::vector<std::string> found, co_await manifest_folders(ctx, *each, table));
      const std::size_t first = table.partitioned ? 1 : 0;
      folders.insert(std::make_move_iterator(found.begin() + static_cast<std::ptrdiff_t>(first)),
                     std::make_move_iterator(found.end()));
    }
  }
  co_return folders;
}

Task<Result<void>> read_manifest(Context ctx, ManifestStore& store, std::string folder,
                                 const ReferenceSink& sink) {
  const std::string uri = fmt::format("{}/{}", folder, kManifestName);
  TARN_CO_TRY(StorageUri place, parse_storage_uri(uri));
  const Result<Bytes> text =
      co_await store.get(std::move(ctx), std::move(place.bucket), std::move(place.key));
  if (!text && text.error().kind() == ErrorKind::kNotFound) {
    sink.on_missing(uri);
    co_return Result<void>();
  }
  if (!text) {
    co_return text.error();
  }
  sink.on_manifest(uri);
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) {
      sink.on_object(rest.substr(0, end));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> list_references(Context ctx, TableCatalog& catalog, ManifestStore& store,
                                   std::string base_uri, ReferenceSink sink) {
  TARN_CO_TRY(const std::set<std::string> found,
              co_await find_folders(ctx, catalog, std::move(base_uri)));
  const std::vector<std::string> folders(found.begin(), found.end());
  std::function<Task<Result<void>>(std::size_t)> work = [&](std::size_t index) {
    return read_manifest(ctx, store, folders[index], sink);
  };
  co_return co_await parallel_for(folders.size(), kRequestsMax, work);
}

}  // namespace tarn::tables
