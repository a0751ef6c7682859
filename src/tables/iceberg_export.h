#pragma once

#include "tables/iceberg_translate.h"
#include "tables/table_catalog.h"
#include "tables/table_to_export.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

struct IcebergExport : TableToExport {
  /// Where the repository's data lies, which need not be where it is exported to.
  std::string storage_namespace = {};
  /// As those of TableExport.
  bool full = false;
  bool only_forward = false;
  std::size_t page_objects = 1000;
  /// IcebergTranslation::pool.
  BlockingPool* pool = nullptr;
};

struct IcebergExportReport {
  bool up_to_date = false;
  /// It shows a later commit.
  bool overtaken = false;
  bool table_created = false;
  /// The path of the metadata, and the current snapshot (-1 = none).
  std::string metadata_path;
  std::int64_t snapshot = -1;
  /// The table's own metadata is registered: it names addresses of a store.
  bool native = false;
  IcebergReport files;
  /// As those of TableExportReport.
  std::vector<std::string> steps;
};

/// What became of the table `name`, in lines.
std::vector<std::string> describe(const IcebergExportReport& report, std::string_view name);

/// Glue's TableInput of an Iceberg table, as Athena and others read it: TableType, columns,
/// `table_type` and `metadata_location` go over what the user says. Errors kBadTableInput.
Result<Json> make_iceberg_input(const IcebergMetadata& metadata, std::string name,
                                std::string location, std::string metadata_uri, Json user_input);

/// Errors kBadDescriptor or kBadIceberg: what is wrong with the table, before it is exported.
Task<Result<void>> check_iceberg(Context ctx, ObjectReader& reader, TableDescriptor descriptor);

/// Brings the Iceberg table of a ref to a commit, with one update of its table in the catalog at
/// the end, so that engines see the commit before or this one. Lists and manifests that the commit
/// before has, too, are not written again. The table says which commit it shows, as that of
/// export_table() does. Errors: those of read_iceberg_table(), translate_iceberg(), the catalog;
/// kForeignTable.
Task<Result<IcebergExportReport>> export_iceberg(Context ctx, ObjectReader& reader,
                                                 ChangeReader& changes, ManifestStore& store,
                                                 TableCatalog& catalog, IcebergExport spec);

/// A table of one commit, with everything that it needs in the commit's folder.
Task<Result<IcebergExportReport>> export_iceberg_commit(Context ctx, ObjectReader& reader,
                                                        ManifestWriter& writer,
                                                        TableCatalog& catalog, IcebergExport spec);

}  // namespace tarn::tables
