#pragma once

#include "tables/object_reader.h"
#include "tables/table_catalog.h"
#include "tables/table_to_export.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tarn::tables {

/// A table that keeps its name while its ref moves.
struct TableExport : TableToExport {
  /// Exports all of it even if little has changed.
  bool full = false;
  /// Does nothing when the table shows a commit that came after this one: exports of a branch's
  /// commits can overtake each other.
  bool only_forward = false;
  // Bounds, here for tests.
  std::size_t page_objects = 1000;
  std::size_t requests_max = 16;
  /// Changed partitions from which all of the table is exported.
  std::size_t partitions_max = 100'000;
};

struct TableExportReport {
  enum class Kind : std::uint8_t {
    kUpToDate,
    /// It shows a later commit.
    kOvertaken,
    kIncremental,
    kFull,
  };
  Kind kind = Kind::kFull;
  /// Why all of it was exported; empty otherwise.
  std::string reason;
  std::uint64_t manifests = 0;
  std::uint64_t objects = 0;
  PartitionChanges partitions;
  bool table_created = false;
  /// What was done, or would be in a dry run, one line each; of many manifests the first.
  std::vector<std::string> steps;
};

/// Brings the table of a ref to a commit. The table itself says, in its parameters, which commit it
/// shows (`tarn.commit`) and which ones it may show in parts (`tarn.pending`), so a call that was
/// cut off anywhere is made good by the next, for the same commit or another. Manifests are never
/// overwritten by another commit's: what an engine reads while the table changes is of the commit
/// before or of this one, each partition for itself. Of an unchanged table one request is made to
/// the catalog; of a changed partition its objects are listed, its manifest is written, and it is
/// put into the catalog, with three requests for the table. What changed is read with the rights of
/// `reader` and `changes`, which are of the source's commit and repository. Not to be called twice
/// at once for one table. Errors: those of make_table_input(), of the readers, the writer and the
/// catalog; kForeignTable when the table is no export, or another ref's.
Task<Result<TableExportReport>> export_table(Context ctx, ObjectReader& reader,
                                             ChangeReader& changes, ManifestWriter& writer,
                                             TableCatalog& catalog, TableExport spec);

}  // namespace tarn::tables
