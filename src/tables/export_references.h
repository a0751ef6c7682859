#pragma once

#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/export_prune.h"
#include "tables/reference_source.h"
#include "tables/table_catalog.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// Hears what exports need. Called on the loop, one call at a time; what is passed is valid during
/// the call.
struct ReferenceSink {
  /// Reference::Kind says what these are; an object that several manifests list comes several
  /// times.
  std::function<void(std::string_view)> on_manifest;
  std::function<void(std::string_view)> on_object;
  std::function<void(std::string_view)> on_missing;
};

/// Tells `sink` which manifests and objects the exported tables below `base_uri` reference, in
/// every database of the catalog: what is to stay when garbage is collected. Holds the names of the
/// manifests, and some of them at a time. Errors: those of the catalog and the store.
Task<Result<void>> list_references(Context ctx, TableCatalog& catalog, ManifestStore& store,
                                   std::string base_uri, ReferenceSink sink);

struct ReferenceQuery {
  std::string base_uri;
  /// Whether a table counts.
  std::function<bool(const ExportedTable&)> counts;
  /// ReferencePage::next of the page before; empty = the first.
  std::string after;
  /// At least 1.
  std::size_t amount = 100;
};
struct ReferencePage {
  std::vector<Reference> references;
  /// Empty at the end.
  std::string next;
};
/// The same in pages, by manifest. Looks at the catalog for each page, and reads what is on it;
/// what changes between pages may be on none of them. Errors: as above, kInvalid for an `after`
/// that no page gave.
Task<Result<ReferencePage>> page_references(Context ctx, TableCatalog& catalog,
                                            ManifestStore& store, ReferenceQuery query);

}  // namespace tarn::tables
