#include "tables/iceberg_export.h"

#include "tables/export_steps.h"
#include "tables/iceberg_references.h"
#include "tables/native_table.h"
#include "tables/table_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tarn::tables {
namespace {

/// One export under way. Everything runs on one loop.
class Run {
 public:
  Run(Context ctx, ObjectReader& reader, ManifestWriter& writer, TableCatalog& catalog,
      IcebergExport spec)
      : ctx_(std::move(ctx)),
        reader_(reader),
        writer_(writer),
        catalog_(catalog),
        spec_(std::move(spec)),
        prefix_(table_prefix(spec_.descriptor)) {}

  Task<Result<IcebergExportReport>> follow(ChangeReader& changes, ManifestStore& store);
  Task<Result<IcebergExportReport>> commit();

 private:
  /// Reads the table, and writes it for engines; makes input_.
  Task<Result<void>> translate(std::string root, IcebergReuse reuse);
  /// Whether everything that was exported from is as it was when the table was last exported.
  Task<Result<bool>> only_grew(ChangeReader& changes, std::string from);
  Task<Result<void>> publish(const Json* existing, const TableState& wanted);
  TableState wanted_state(const std::string& root) const;

  const Context ctx_;
  ObjectReader& reader_;
  ManifestWriter& writer_;
  TableCatalog& catalog_;
  const IcebergExport spec_;
  const std::string prefix_;
  Json input_;
  IcebergExportReport report_;
  ExportSteps steps_;
};

Task<Result<void>> Run::translate(std::string root, IcebergReuse reuse) {
  TARN_CO_TRY(IcebergSource source, co_await read_iceberg_table(ctx_, reader_, prefix_));
  report_.metadata_path = source.path;
  report_.snapshot = source.metadata.current_snapshot.value_or(-1);
  report_.native = source.native;
  const IcebergMetadata metadata = source.metadata;
  // All that can be wrong with it is found before anything is written.
  TARN_CO_CHECK_OK(make_iceberg_input(metadata, spec_.table, root, "", spec_.table_input));
  if (source.native) {
    report_.files.metadata_uri = source.physical_address;
  } else {
    IcebergAddresses addresses(spec_.source.repository_id, spec_.storage_namespace, prefix_,
                               metadata.location);
    IcebergTranslation how{.root = root, .reuse = std::move(reuse), .pool = spec_.pool};
    NullWriter nowhere;
    ManifestWriter& writer = spec_.dry_run ? static_cast<ManifestWriter&>(nowhere) : writer_;
    TARN_CO_TRY(report_.files,
                co_await translate_iceberg(ctx_, reader_, writer, std::move(addresses),
                                           std::move(source), std::move(how)));
  }
  for (const std::string& uri : report_.files.written) {
    steps_.add(fmt::format("write {}", uri));
  }
  TARN_CO_TRY(input_, make_iceberg_input(metadata, spec_.table, std::move(root),
                                         report_.files.metadata_uri, spec_.table_input));
  co_return Result<void>();
}

Task<Result<bool>> Run::only_grew(ChangeReader& changes, std::string from) {
  TableChanges difference{.from = std::move(from),
                          .to = spec_.source.commit_id,
                          .prefix = prefix_,
                          .page_objects = spec_.page_objects};
  const auto matters = [](const std::string& path) {
    // Of metadata nothing is used again.
    return !path.ends_with(".metadata.json") && !path.ends_with("version-hint.text") &&
           !path.ends_with(".metadata.json.gz");
  };
  co_return co_await only_added(ctx_, changes, std::move(difference), matters);
}

TableState Run::wanted_state(const std::string& root) const {
  // What the export depends on but for the commit.
  const Json definition = Json::object({{"table_input", spec_.table_input}, {"root", root}});
  return {.repository = spec_.source.repository_id,
          .ref = spec_.source.ref,
          .path = prefix_,
          .commit = spec_.source.commit_id,
          .pending = {},
          .definition = definition_digest(definition)};
}

Task<Result<void>> Run::publish(const Json* existing, const TableState& wanted) {
  Json input = with_state(std::move(input_), existing, wanted);
  steps_.add(fmt::format("{} table {}.{}: shows commit {}, {}",
                         existing == nullptr ? "create" : "update", catalog_.database(),
                         spec_.table, wanted.commit, report_.files.metadata_uri));
  report_.table_created = existing == nullptr;
  if (spec_.dry_run) {
    co_return Result<void>();
  }
  if (existing != nullptr) {
    co_return co_await catalog_.update_table(ctx_, std::move(input));
  }
  if (spec_.before_table) {
    TARN_CO_CHECK_OK(co_await spec_.before_table());
  }
  TARN_CO_CHECK_OK(co_await catalog_.register_table(ctx_, std::move(input), std::nullopt));
  co_return Result<void>();
}

Task<Result<IcebergExportReport>> Run::follow(ChangeReader& changes, ManifestStore& store) {
  TARN_CO_TRY(const std::string root, stable_table_uri(spec_.source, spec_.descriptor.name));
  const TableState wanted = wanted_state(root);
  TARN_CO_TRY(std::optional<Json> existing, co_await catalog_.find_table(ctx_, spec_.table));
  TableState shown;
  if (existing) {
    shown = read_state(*existing);
    // As Trino leaves a table that it wrote to: where it was, with Iceberg's own parameters only.
    const bool written_to = shown.repository.empty() && shown.ref.empty() &&
                            is_iceberg_table(*existing) && storage_location(*existing) == root;
    if (!written_to) {
      TARN_CO_CHECK_OK(check_owner(*existing, shown, wanted, catalog_.database()));
    }
  }
  if (spec_.only_forward && !shown.commit.empty() && shown.commit != wanted.commit) {
    TARN_CO_TRY(report_.overtaken, co_await changes.is_ancestor(ctx_, wanted.commit, shown.commit));
    if (report_.overtaken) {
      co_return std::move(report_);
    }
  }
  const std::string before = existing ? iceberg_metadata_uri(*existing) : "";
  if (!before.empty() && shown == wanted && !spec_.full) {
    report_.up_to_date = true;
    co_return std::move(report_);
  }
  IcebergReuse reuse;
  if (!before.empty() && !spec_.full && shown.path == wanted.path && !shown.commit.empty()) {
    TARN_CO_TRY(const bool as_before, co_await only_grew(changes, shown.commit));
    if (as_before) {
      reuse = co_await find_reusable(ctx_, store, root, before);
    }
  }
  TARN_CO_CHECK_OK(co_await translate(root, std::move(reuse)));
  if (existing && before.empty()) {
    // What a table of another kind says of itself would be wrong of this one.
    steps_.add(fmt::format("remove table {}.{}", catalog_.database(), spec_.table));
    if (!spec_.dry_run) {
      TARN_CO_CHECK_OK(co_await catalog_.delete_table(ctx_, spec_.table));
    }
    existing.reset();
  }
  TARN_CO_CHECK_OK(co_await publish(existing ? &*existing : nullptr, wanted));
  report_.steps = steps_.take();
  co_return std::move(report_);
}

Task<Result<IcebergExportReport>> Run::commit() {
  TARN_CO_TRY(std::string root, export_uri(spec_.source));
  root.append(spec_.descriptor.name);
  IcebergReuse nothing;
  TARN_CO_CHECK_OK(co_await translate(root, std::move(nothing)));
  steps_.add(fmt::format("create or update table {}.{}: {}", catalog_.database(), spec_.table,
                         report_.files.metadata_uri));
  if (!spec_.dry_run) {
    if (spec_.before_table) {
      TARN_CO_CHECK_OK(co_await spec_.before_table());
    }
    Json input = with_repository(std::move(input_), spec_.source.repository_id);
    TARN_CO_TRY(const TableCatalog::Registered done,
                co_await catalog_.register_table(ctx_, std::move(input), std::nullopt));
    report_.table_created = done.created;
  }
  report_.steps = steps_.take();
  co_return std::move(report_);
}

}  // namespace

std::vector<std::string> describe(const IcebergExportReport& report, std::string_view name) {
  if (report.up_to_date) {
    return {fmt::format("{} is up to date", name)};
  }
  if (report.overtaken) {
    return {fmt::format("{} shows a later commit, and goes on to", name)};
  }
  std::vector<std::string> lines{
      report.native
          ? fmt::format("{}: {} of {}, which names the store itself", name,
                        report.table_created ? "created" : "updated", report.metadata_path)
          : fmt::format("{}: {} from {}; {} files written, {} used again, {} objects looked up",
                        name, report.table_created ? "created" : "updated", report.metadata_path,
                        report.files.written.size(), report.files.reused, report.files.objects)};
  for (const std::string& each : report.files.left_out) {
    lines.push_back(fmt::format("{}: cannot be read: {}", name, each));
  }
  return lines;
}

Result<Json> make_iceberg_input(const IcebergMetadata& metadata, std::string name,
                                std::string location, std::string metadata_uri, Json user_input) {
  const Json parameters =
      Json::object({{"metadata_location", std::move(metadata_uri)}, {"table_type", "ICEBERG"}});
  return make_native_input(metadata.columns, std::move(name), std::move(location), Json::object(),
                           parameters, std::move(user_input));
}

Task<Result<void>> check_iceberg(Context ctx, ObjectReader& reader, TableDescriptor descriptor) {
  std::string prefix = table_prefix(descriptor);
  TARN_CO_CHECK_OK(co_await read_iceberg_table(std::move(ctx), reader, std::move(prefix)));
  co_return Result<void>();
}

Task<Result<IcebergExportReport>> export_iceberg(Context ctx, ObjectReader& reader,
                                                 ChangeReader& changes, ManifestStore& store,
                                                 TableCatalog& catalog, IcebergExport spec) {
  Run run(std::move(ctx), reader, store, catalog, std::move(spec));
  co_return co_await run.follow(changes, store);
}

Task<Result<IcebergExportReport>> export_iceberg_commit(Context ctx, ObjectReader& reader,
                                                        ManifestWriter& writer,
                                                        TableCatalog& catalog, IcebergExport spec) {
  Run run(std::move(ctx), reader, writer, catalog, std::move(spec));
  co_return co_await run.commit();
}

}  // namespace tarn::tables
