#pragma once

#include "base/json.h"
#include "tables/iceberg_translate.h"
#include "tables/reference_source.h"

#include <string>
#include <vector>

namespace tarn::tables {

/// The address of an Iceberg table's metadata; empty for tables of other kinds.
std::string iceberg_metadata_uri(const Json& table);

/// What an exported Iceberg table needs: its metadata, lists, manifests (of which those are read
/// that name deletes in the folder), these deletes and statistics, each once. What lies outside of
/// `root`, the table's folder, is named and not read. Errors: those of the store, kBadAvro,
/// kBadIceberg.
Task<Result<std::vector<ReferenceSource>>> iceberg_sources(Context ctx, ManifestStore& store,
                                                           std::string root,
                                                           std::string metadata_uri);

}  // namespace tarn::tables
