#pragma once

#include "actions/export_target.h"
#include "base/json.h"
#include "base/yaml.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/export_location.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions {

/// What `type: catalog_export` says (docs/catalog-exports.md): tables, how and where to.
struct CatalogExport {
  enum class Mode : std::uint8_t {
    /// A table that follows its ref.
    kRef,
    /// A table for each commit, as the exporters of scripts make it.
    kCommit,
  };
  /// Paths of descriptors.
  std::vector<std::string> tables;
  Mode mode = Mode::kRef;
  ExportTargetSpec target;
  /// Patterns of names, tables::expand_name().
  std::string database;
  std::string table;
  /// One word, if it was said in one.
  std::string format;
  /// Fails when the data is not as the descriptor says.
  bool check_data = false;
  /// Formats and whatever else the user says of Glue's TableInput.
  Json table_input;
  /// Something was said of formats, which tables of type hive need.
  bool has_formats = false;
  /// The same without the formats of `format`, for tables that bring theirs along (Iceberg).
  Json own_input = Json::object();
  bool dry_run = false;
  bool full = false;
  bool create_database = true;
  /// Names the folder of the data in StorageDescriptor.AdditionalLocations.
  bool lake_formation = false;
  /// Of the hook; absent = that of scripts.
  std::optional<std::chrono::nanoseconds> timeout;

  /// Which tables of commits stay when a new one was exported; absent = all. tables::PruneSpec.
  std::optional<std::size_t> keep_last;
  std::optional<std::chrono::seconds> keep_for;
  /// After every export what nothing points at is removed, too.
  bool prunes() const { return keep_last.has_value() || keep_for.has_value(); }
};

/// Reads the properties of a hook. Errors: kInvalidAction, naming the property.
Result<CatalogExport> read_catalog_export(const YamlNode& properties);
/// Reads those of them that say where exports are and as whom to go there: `catalog`,
/// `export_base_uri`, `aws`. Errors: the same.
Result<ExportTargetSpec> read_export_target(const YamlNode& properties);

/// One ref at one commit; what is read is read with the rights of the context's user.
struct CatalogExportRequest {
  tables::ExportSource source;
  /// A table that shows a later commit stays as it is.
  bool only_forward = false;
  /// Receives lines for the log. Called on the loop.
  std::function<void(std::string_view)> log;
};

/// Exports every table, one after the other, and stops at the first that fails. Errors: the
/// table's, with its descriptor before the message.
Task<Result<void>> export_catalog(Context ctx, CatalogExportServices services, CatalogExport job,
                                  CatalogExportRequest request);

/// Reads the descriptors at `ref` and checks them, without writing anything or asking a catalog.
Task<Result<void>> check_catalog_export(Context ctx, CatalogExportServices services,
                                        CatalogExport job, CatalogExportRequest request);

}  // namespace tarn::actions
