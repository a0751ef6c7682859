#include "tables/commit_export.h"

#include "tables/export_steps.h"
#include "tables/glue_input.h"
#include "tables/glue_partitions.h"
#include "tables/glue_table.h"
#include "tables/symlink_export.h"
#include "tables/table_state.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace tarn::tables {

Task<Result<CommitExportReport>> export_commit(Context ctx, ObjectReader& reader,
                                               ManifestWriter& writer, TableCatalog& catalog,
                                               ExportJournal* journal, TableToExport spec) {
  TARN_CO_TRY(const std::string uri, export_uri(spec.source));
  const std::string tree = uri + spec.descriptor.name;
  const GlueTable table{.name = spec.table, .location = tree};
  TARN_CO_TRY(Json input, make_table_input(spec.descriptor, spec.file, table, spec.table_input));
  TARN_CO_TRY(input, normalize_table_input(input));
  input = with_repository(std::move(input), spec.source.repository_id);
  TARN_CO_TRY(StorageUri location, parse_storage_uri(uri));
  const PartitionLayout layout(spec.descriptor.path, spec.descriptor.partition_columns);

  CommitExportReport report;
  ExportSteps steps;
  std::vector<std::string> folders;
  const std::string place = fmt::format("{}://{}/", location.protocol, location.bucket);
  SymlinkExport manifests{
      .layout = layout,
      .table_name = spec.descriptor.name,
      .location = std::move(location),
      .on_manifest =
          [&steps, &place](std::string_view key) {
            steps.add(fmt::format("write {}{}", place, key));
          },
      .on_partition = [&folders](std::string_view partition) { folders.emplace_back(partition); }};
  NullWriter nowhere;
  ManifestWriter& target = spec.dry_run ? static_cast<ManifestWriter&>(nowhere) : writer;
  const bool noted = journal != nullptr && !spec.dry_run;
  const std::string repository = spec.source.repository_id;
  if (noted) {
    TARN_CO_CHECK_OK(co_await journal->begin(ctx, repository, tree, spec.source.commit_id));
  }
  TARN_CO_TRY(report.counts, co_await export_symlinks(ctx, reader, target, std::move(manifests)));
  if (noted) {
    TARN_CO_CHECK_OK(co_await journal->finish(ctx, repository, tree));
  }

  std::optional<std::vector<GluePartition>> partitions;
  if (layout.partitioned()) {
    TARN_CO_TRY(partitions, glue_partitions(layout, tree + "/", folders));
  }
  steps.add(
      fmt::format("create or update table {}.{} at {}", catalog.database(), spec.table, tree));
  if (partitions) {
    steps.add(fmt::format("put partitions of {}.{}: {}", catalog.database(), spec.table,
                          partitions->size()));
  }
  if (!spec.dry_run) {
    if (spec.before_table) {
      TARN_CO_CHECK_OK(co_await spec.before_table());
    }
    TARN_CO_TRY(report.registered,
                co_await catalog.register_table(ctx, std::move(input), std::move(partitions)));
  }
  report.steps = steps.take();
  co_return std::move(report);
}

}  // namespace tarn::tables
