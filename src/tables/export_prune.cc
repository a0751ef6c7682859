#include "tables/export_prune.h"

#include "tables/export_location.h"
#include "tables/iceberg_references.h"
#include "tables/table_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::string_view kExported = "_lakefs/exported/";
constexpr std::size_t kDeleteMax = 1000;

std::string exports_root(std::string_view base_uri) {
  return fmt::format("{}{}{}", base_uri, base_uri.ends_with('/') ? "" : "/", kExported);
}

/// Nothing for tables that are no exports of this place.
std::optional<ExportedTable> read_table(const Json& table, std::string_view root) {
  ExportedTable found;
  found.name = table.string_or("Name", "");
  found.location = storage_location(table);
  if (!found.location.starts_with(root)) {
    return std::nullopt;
  }
  const Json* created = table.find("CreateTime");
  if (created != nullptr && created->as_double()) {
    const std::chrono::duration<double> seconds(*created->as_double());
    found.created = WallTime(std::chrono::duration_cast<WallTime::duration>(seconds));
  }
  const Json* keys = table.find("PartitionKeys");
  found.partitioned = keys != nullptr && keys->size() > 0;
  found.iceberg_metadata = iceberg_metadata_uri(table);
  found.delta = is_delta_table(table);
  const TableState state = read_state(table);
  found.repository = state.repository;
  if (!state.ref.empty()) {
    found.follows_ref = true;
    found.ref = state.ref;
    found.commit = state.commit;
    return found;
  }
  // <ref>/<six digits>/<table>; a ref may hold slashes.
  std::string_view rest = std::string_view(found.location).substr(root.size());
  while (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (const std::size_t stable = rest.find("/_tables/"); stable != std::string_view::npos) {
    // An engine wrote to it, and dropped what it said about itself.
    found.follows_ref = true;
    found.ref = rest.substr(0, stable);
    return found;
  }
  const std::size_t name = rest.rfind('/');
  const std::size_t commit = name == std::string_view::npos || name == 0
                                 ? std::string_view::npos
                                 : rest.rfind('/', name - 1);
  if (commit == std::string_view::npos) {
    return std::nullopt;
  }
  found.ref = rest.substr(0, commit);
  found.commit = rest.substr(commit + 1, name - commit - 1);
  return found;
}

/// The table's name in its folder: what tables of different commits have in common.
std::string_view folder_name(const ExportedTable& table) {
  return std::string_view(table.location).substr(table.location.rfind('/') + 1);
}

/// One pruning under way.
class Run {
 public:
  Run(Context ctx, TableCatalog& catalog, ManifestStore& store, PruneSpec spec)
      : ctx_(std::move(ctx)), catalog_(catalog), store_(store), spec_(std::move(spec)) {}

  Task<Result<PruneReport>> run();

 private:
  bool concerns(const ExportedTable& table) const {
    const bool ours =
        table.repository.empty() ? spec_.base_is_own : table.repository == spec_.repository;
    return ours && (spec_.ref.empty() || table.ref == spec_.ref);
  }
  void choose(std::vector<ExportedTable> tables);
  Task<Result<void>> keep(TableCatalog& catalog, const ExportedTable& table);
  Task<Result<void>> keep_other_databases();
  /// Removes what lies below `root` and is neither one of kept_ nor in such a folder.
  Task<Result<void>> sweep(std::string root, WallTime before);

  const Context ctx_;
  TableCatalog& catalog_;
  ManifestStore& store_;
  const PruneSpec spec_;
  PruneReport report_;
  std::vector<ExportedTable> stay_;
  std::vector<ExportedTable> go_;
  /// Folders of manifests, and files of Iceberg tables.
  std::set<std::string> kept_;
};

void Run::choose(std::vector<ExportedTable> tables) {
  std::map<std::pair<std::string, std::string>, std::vector<ExportedTable>> commits;
  for (ExportedTable& table : tables) {
    if (!concerns(table)) {
      stay_.push_back(std::move(table));
    } else if (spec_.whole_ref) {
      go_.push_back(std::move(table));
    } else if (table.follows_ref) {
      stay_.push_back(std::move(table));
    } else {
      commits[{table.ref, std::string(folder_name(table))}].push_back(std::move(table));
    }
  }
  const bool any = !spec_.keep_last && !spec_.keep_for;
  for (auto& [key, group] : commits) {
    std::ranges::sort(group, [](const ExportedTable& a, const ExportedTable& b) {
      return std::pair(b.created, b.name) < std::pair(a.created, a.name);
    });
    for (std::size_t i = 0; i < group.size(); ++i) {
      const bool newest = spec_.keep_last && i < *spec_.keep_last;
      const bool young = spec_.keep_for && group[i].created >= spec_.now - *spec_.keep_for;
      (any || newest || young ? stay_ : go_).push_back(std::move(group[i]));
    }
  }
}

Task<Result<void>> Run::sweep(std::string root, WallTime before) {
  TARN_CO_TRY(const StorageUri uri, parse_storage_uri(root));
  const std::string base = fmt::format("{}://{}/", uri.protocol, uri.bucket);
  std::string token;
  std::vector<std::string> remove;
  do {
    TARN_CO_TRY(ManifestStore::Page page,
                co_await store_.list(ctx_, uri.bucket, uri.key + "/", token));
    for (ManifestStore::Item& item : page.items) {
      const std::string file = base + item.key;
      const bool kept = kept_.contains(file.substr(0, file.rfind('/'))) || kept_.contains(file);
      if (!kept && item.last_modified < before) {
        remove.push_back(std::move(item.key));
      }
    }
    token = std::move(page.token);
    // What is deleted shows in no later page, so it can go at once.
    while (remove.size() >= kDeleteMax || (token.empty() && !remove.empty())) {
      const std::size_t count = std::min(kDeleteMax, remove.size());
      std::vector<std::string> batch(remove.end() - static_cast<std::ptrdiff_t>(count),
                                     remove.end());
      remove.resize(remove.size() - count);
      report_.manifests += count;
      if (!spec_.dry_run) {
        TARN_CO_CHECK_OK(co_await store_.remove(ctx_, uri.bucket, std::move(batch)));
      }
    }
  } while (!token.empty());
  co_return Result<void>();
}

Task<Result<void>> Run::keep(TableCatalog& catalog, const ExportedTable& table) {
  if (!table.iceberg_metadata.empty()) {
    TARN_CO_TRY(const std::vector<ReferenceSource> needed,
                co_await iceberg_sources(ctx_, store_, table.location, table.iceberg_metadata));
    for (const ReferenceSource& each : needed) {
      kept_.insert(each.uri);
    }
    co_return Result<void>();
  }
  if (table.delta) {
    kept_.insert(table.location + "/_delta_log");
    co_return Result<void>();
  }
  TARN_CO_TRY(std::vector<std::string> folders, co_await manifest_folders(ctx_, catalog, table));
  kept_.insert(std::make_move_iterator(folders.begin()), std::make_move_iterator(folders.end()));
  co_return Result<void>();
}

/// Tables of other databases may point at the same manifests.
Task<Result<void>> Run::keep_other_databases() {
  TARN_CO_TRY(const std::vector<std::string> databases, co_await catalog_.databases(ctx_));
  for (const std::string& database : databases) {
    if (database == catalog_.database()) {
      continue;
    }
    const std::unique_ptr<TableCatalog> other = catalog_.other(database);
    TARN_CO_TRY(const std::vector<ExportedTable> tables,
                co_await list_exports(ctx_, *other, spec_.base_uri));
    for (const ExportedTable& table : tables) {
      TARN_CO_CHECK_OK(co_await keep(*other, table));
    }
  }
  co_return Result<void>();
}

Task<Result<PruneReport>> Run::run() {
  if (spec_.whole_ref && spec_.ref.empty()) {
    co_return Error::with_message(kInvalid, "no ref to remove the exports of");
  }
  TARN_CO_TRY(std::vector<ExportedTable> tables,
              co_await list_exports(ctx_, catalog_, spec_.base_uri));
  choose(std::move(tables));
  // Tables first: one that is left has all its manifests.
  for (const ExportedTable& table : go_) {
    report_.tables.push_back(table.name);
    if (!spec_.dry_run) {
      TARN_CO_CHECK_OK(co_await catalog_.delete_table(ctx_, table.name));
    }
  }
  for (const ExportedTable& table : stay_) {
    TARN_CO_CHECK_OK(co_await keep(catalog_, table));
  }
  TARN_CO_CHECK_OK(co_await keep_other_databases());
  for (const ExportedTable& table : go_) {
    std::string root = table.location;
    if (table.follows_ref) {
      const std::size_t below = table.location.find("/_tables/");
      if (below != std::string::npos) {
        // All commits of a table without partitions.
        root = table.location.substr(0, table.location.find('/', below + 9));
      }
    }
    TARN_CO_CHECK_OK(co_await sweep(std::move(root), spec_.now));
  }
  for (const ExportedTable& table : stay_) {
    const std::size_t below = table.location.find("/_tables/");
    if (table.follows_ref && concerns(table) && below != std::string::npos) {
      std::string root = table.location.substr(0, table.location.find('/', below + 9));
      TARN_CO_CHECK_OK(co_await sweep(std::move(root), spec_.now - spec_.grace));
    }
  }
  co_return std::move(report_);
}

}  // namespace

Task<Result<Bytes>> get_file(Context ctx, ManifestStore& store, std::string uri) {
  TARN_CO_TRY(StorageUri place, parse_storage_uri(uri));
  co_return co_await store.get(std::move(ctx), std::move(place.bucket), std::move(place.key));
}

Task<Result<std::vector<ExportedTable>>> list_exports(Context ctx, TableCatalog& catalog,
                                                      std::string base_uri) {
  const std::string root = exports_root(base_uri);
  TARN_CO_TRY(const std::vector<Json> tables, co_await catalog.tables(std::move(ctx)));
  std::vector<ExportedTable> found;
  for (const Json& table : tables) {
    if (std::optional<ExportedTable> exported = read_table(table, root)) {
      found.push_back(*std::move(exported));
    }
  }
  std::ranges::sort(found, {}, &ExportedTable::name);
  co_return found;
}

Task<Result<std::vector<std::string>>> manifest_folders(Context ctx, TableCatalog& catalog,
                                                        ExportedTable table) {
  std::vector<std::string> folders{table.location};
  TARN_CO_TRY(std::vector<GluePartition> partitions,
              co_await catalog.partitions(std::move(ctx), table.name));
  for (GluePartition& partition : partitions) {
    folders.push_back(std::move(partition.location));
  }
  co_return folders;
}

Task<Result<PruneReport>> prune_exports(Context ctx, TableCatalog& catalog, ManifestStore& store,
                                        PruneSpec spec) {
  Run run(std::move(ctx), catalog, store, std::move(spec));
  co_return co_await run.run();
}

}  // namespace tarn::tables
