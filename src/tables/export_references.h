#pragma once

#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/export_prune.h"
#include "tables/table_catalog.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tarn::tables {

/// Hears what exports need. Called on the loop, one call at a time; what is passed is valid during
/// the call.
struct ReferenceSink {
  /// URI of a manifest that a table, or one of its partitions, points at.
  std::function<void(std::string_view)> on_manifest;
  /// Address of an object that a manifest lists, as it is written there; an object that several
  /// manifests list comes several times.
  std::function<void(std::string_view)> on_object;
  /// A manifest that should be there and is not.
  std::function<void(std::string_view)> on_missing;
};

/// Tells `sink` which manifests and objects the exported tables below `base_uri` reference, in
/// every database of the catalog: what is to stay when garbage is collected. Holds the names of the
/// manifests, and some of them at a time. Errors: those of the catalog and the store.
Task<Result<void>> list_references(Context ctx, TableCatalog& catalog, ManifestStore& store,
                                   std::string base_uri, ReferenceSink sink);

}  // namespace tarn::tables
