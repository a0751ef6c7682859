#include "tables/export_references.h"

#include "runtime/parallel.h"
#include "tables/delta_log.h"
#include "tables/exported_delta_log.h"
#include "tables/iceberg_references.h"
#include "tables/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

namespace tarn::tables {
namespace {

constexpr std::size_t kRequestsMax = 16;

using Kind = ReferenceSource::Kind;
/// By URI.
using Sources = std::map<std::string, Kind>;

/// Adds those of one table. A partitioned table's own folder holds no manifest.
Task<Result<void>> add_table(Context ctx, TableCatalog& catalog, ManifestStore& store,
                             ExportedTable table, Sources& sources) {
  if (!table.iceberg_metadata.empty()) {
    TARN_CO_TRY(
        std::vector<ReferenceSource> found,
        co_await iceberg_sources(std::move(ctx), store, table.location, table.iceberg_metadata));
    for (ReferenceSource& each : found) {
      sources.emplace(std::move(each.uri), each.kind);
    }
    co_return Result<void>();
  }
  if (table.delta) {
    TARN_CO_TRY(const ExportedDeltaLog log,
                co_await exported_delta_log(std::move(ctx), store, table.location));
    for (const std::uint64_t version : log.versions) {
      sources.emplace(log.folder + delta_file_name(version), Kind::kDeltaLog);
    }
    for (const std::uint64_t version : log.checkpoints) {
      sources.emplace(log.folder + delta_checkpoint_name(version), Kind::kDeltaCheckpoint);
    }
    if (log.hint) {
      sources.emplace(log.folder + std::string(kDeltaLastCheckpoint), Kind::kManifest);
    }
    co_return Result<void>();
  }
  TARN_CO_TRY(const std::vector<std::string> folders,
              co_await manifest_folders(std::move(ctx), catalog, table));
  for (std::size_t at = table.partitioned ? 1 : 0; at < folders.size(); ++at) {
    sources.emplace(fmt::format("{}/{}", folders[at], kManifestName), Kind::kSymlinks);
  }
  co_return Result<void>();
}

Task<Result<Sources>> find_sources(Context ctx, TableCatalog& catalog, ManifestStore& store,
                                   std::string base_uri,
                                   std::function<bool(const ExportedTable&)> counts) {
  Sources sources;
  TARN_CO_TRY(const std::vector<std::string> databases, co_await catalog.databases(ctx));
  for (const std::string& database : databases) {
    const std::unique_ptr<TableCatalog> each = catalog.other(database);
    TARN_CO_TRY(const std::vector<ExportedTable> tables,
                co_await list_exports(ctx, *each, base_uri));
    for (const ExportedTable& table : tables) {
      if (!counts || counts(table)) {
        TARN_CO_CHECK_OK(co_await add_table(ctx, *each, store, table, sources));
      }
    }
  }
  co_return sources;
}

Task<Result<void>> tell_source(Context ctx, ManifestStore& store, ReferenceSource source,
                               const ReferenceSink& sink) {
  TARN_CO_TRY(const std::vector<Reference> found,
              co_await read_source(std::move(ctx), store, std::move(source)));
  for (const Reference& each : found) {
    switch (each.kind) {
      case Reference::Kind::kManifest:
        sink.on_manifest(each.address);
        break;
      case Reference::Kind::kObject:
        sink.on_object(each.address);
        break;
      case Reference::Kind::kMissing:
        sink.on_missing(each.address);
        break;
    }
  }
  co_return Result<void>();
}

/// Where a page ends: so many references of that source were on it or before it.
struct Cursor {
  std::size_t told = 0;
  std::string uri;
};

std::string to_text(const Cursor& cursor) { return fmt::format("{}:{}", cursor.told, cursor.uri); }

Result<Cursor> parse_cursor(std::string_view text) {
  Cursor cursor;
  if (text.empty()) {
    return cursor;
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const char* const end = text.data() + colon;
  const auto [stopped, failure] = std::from_chars(text.data(), end, cursor.told);
  if (failure != std::errc() || stopped != end || colon == text.size()) {
    return Error::with_message(kInvalid, fmt::format("after: `{}` is that of no page", text));
  }
  cursor.uri = text.substr(colon + 1);
  return cursor;
}

}  // namespace

Task<Result<void>> list_references(Context ctx, TableCatalog& catalog, ManifestStore& store,
                                   std::string base_uri, ReferenceSink sink) {
  std::function<bool(const ExportedTable&)> all;
  TARN_CO_TRY(const Sources found,
              co_await find_sources(ctx, catalog, store, std::move(base_uri), std::move(all)));
  std::vector<ReferenceSource> sources;
  for (const auto& [uri, kind] : found) {
    sources.push_back({.kind = kind, .uri = uri});
  }
  std::function<Task<Result<void>>(std::size_t)> work = [&](std::size_t index) {
    return tell_source(ctx, store, sources[index], sink);
  };
  co_return co_await parallel_for(sources.size(), kRequestsMax, work);
}

Task<Result<ReferencePage>> page_references(Context ctx, TableCatalog& catalog,
                                            ManifestStore& store, ReferenceQuery query) {
  TARN_CO_TRY(const Cursor from, parse_cursor(query.after));
  TARN_CO_TRY(const Sources sources,
              co_await find_sources(ctx, catalog, store, std::move(query.base_uri),
                                    std::move(query.counts)));
  ReferencePage page;
  for (auto at = sources.lower_bound(from.uri); at != sources.end(); ++at) {
    ReferenceSource source{.kind = at->second, .uri = at->first};
    TARN_CO_TRY(std::vector<Reference> found, co_await read_source(ctx, store, std::move(source)));
    std::size_t next = at->first == from.uri ? from.told : 0;
    for (; next < found.size() && page.references.size() < query.amount; ++next) {
      page.references.push_back(std::move(found[next]));
    }
    if (next < found.size()) {
      page.next = to_text({.told = next, .uri = at->first});
      break;
    }
    if (page.references.size() == query.amount) {
      const auto other = std::next(at);
      page.next = other == sources.end() ? "" : to_text({.told = 0, .uri = other->first});
      break;
    }
  }
  co_return page;
}

}  // namespace tarn::tables
