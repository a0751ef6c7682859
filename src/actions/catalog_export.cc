#include "actions/catalog_export.h"

#include "actions/catalog_prune.h"
#include "actions/errors.h"
#include "actions/lua/modules/api_reader.h"
#include "tables/commit_export.h"
#include "tables/delta_export.h"
#include "tables/glue_table.h"
#include "tables/iceberg_export.h"
#include "tables/schema_sample.h"
#include "tables/table_export.h"
#include "tables/table_sample.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <set>
#include <utility>

namespace tarn::actions {
namespace {

using tables::ExportSource;
using tables::TableCatalog;
using tables::TableDescriptor;
using tables::TableExportReport;

/// One export under way.
class Run {
 public:
  Run(Context ctx, CatalogExportServices services, CatalogExport job, CatalogExportRequest request)
      : ctx_(std::move(ctx)),
        services_(std::move(services)),
        job_(std::move(job)),
        request_(std::move(request)),
        api_reader_(services_.api, std::string(ctx_.user()), request_.source.repository_id,
                    request_.source.commit_id) {}

  Task<Result<void>> check();
  Task<Result<void>> run();

 private:
  Result<void> open_target();
  static void add_data_location(Json& input, const std::string& storage_namespace);
  tables::ObjectReader& reader() {
    return local_reader_ ? static_cast<tables::ObjectReader&>(*local_reader_) : api_reader_;
  }
  Task<Result<TableDescriptor>> read_descriptor(std::string file);
  Task<Result<TableDescriptor>> look_at_data(std::string file, TableDescriptor descriptor);
  Task<Result<void>> export_one(std::string file);
  /// By the hook's pattern, else as scripts have it.
  Result<std::string> table_name(const std::string& descriptor) const {
    return job_.table.empty() ? tables::glue_table_name(descriptor, request_.source)
                              : tables::expand_name(job_.table, descriptor, request_.source);
  }
  /// What both modes say of a table.
  tables::TableToExport table_to_export(std::string file, TableDescriptor descriptor,
                                        std::string table) const;
  Task<Result<void>> export_ref(std::string file, TableDescriptor descriptor, std::string database);
  Task<Result<void>> export_commit(std::string file, TableDescriptor descriptor,
                                   std::string database);
  Task<Result<void>> export_iceberg(std::string file, TableDescriptor descriptor,
                                    std::string database);
  Task<Result<void>> export_delta(std::string file, TableDescriptor descriptor,
                                  std::string database);
  /// Of a kind that engines read without manifests: `run(catalog, spec)` exports it.
  template <class Spec, class Export>
  Task<Result<void>> export_native(Spec spec, std::string database, Export run);
  Task<Result<void>> create_database(TableCatalog* catalog);
  Task<Result<void>> prune(std::string database);
  std::string lock_name(const std::string& table) const {
    return fmt::format("{}|{}", target_->catalog_name(), table);
  }
  void say(std::string_view line) const { request_.log(line); }
  void say_steps(const std::vector<std::string>& steps) const {
    for (const std::string& step : steps) {
      say((job_.dry_run ? "would " : "") + step);
    }
  }

  const Context ctx_;
  const CatalogExportServices services_;
  CatalogExport job_;
  CatalogExportRequest request_;
  lua::ApiReader api_reader_;
  /// With addresses that engines know.
  std::optional<tables::LocalFileReader> local_reader_;
  /// Of the repository, as engines name it.
  std::string storage_namespace_;
  std::unique_ptr<ExportTarget> target_;
  /// That something was exported to.
  std::set<std::string> databases_;
  /// Descriptor of each exported table, by the name of its folder.
  std::map<std::string, std::string> files_;
};

/// Lake Formation gives engines credentials for what the table names, and no more.
void Run::add_data_location(Json& input, const std::string& storage_namespace) {
  const Json* described = input.find("StorageDescriptor");
  Json storage = described == nullptr ? Json::object() : *described;
  if (!storage.is_object()) {
    return;  // make_table_input() says what is wrong with it
  }
  const Json* given = storage.find("AdditionalLocations");
  Json locations = given == nullptr ? Json::array() : *given;
  locations.push_back(
      fmt::format("{}{}data/", storage_namespace, storage_namespace.ends_with('/') ? "" : "/"));
  storage.set("AdditionalLocations", std::move(locations));
  input.set("StorageDescriptor", std::move(storage));
}

Result<void> Run::open_target() {
  if (job_.lake_formation) {
    add_data_location(job_.table_input, request_.source.base_uri);
    add_data_location(job_.own_input, request_.source.base_uri);
  }
  TARN_TRY(target_, ExportTarget::open(services_, job_.target, request_.source.base_uri));
  storage_namespace_ = request_.source.base_uri;
  request_.source.base_uri = target_->base_uri();
  if (target_->files()) {
    local_reader_.emplace(api_reader_, *target_->files());
    storage_namespace_ = target_->files()->uri(storage_namespace_);
  }
  return {};
}

/// Where the descriptor has no columns they are those of the data; where they are to be compared,
/// they are.
Task<Result<TableDescriptor>> Run::look_at_data(std::string file, TableDescriptor descriptor) {
  const bool infers = descriptor.fields.empty() && tables::can_be_sampled(job_.format);
  if (!infers && !job_.check_data) {
    co_return descriptor;
  }
  tables::PartitionLayout layout(descriptor.path, descriptor.partition_columns);
  TARN_CO_TRY(const std::optional<tables::TableSample> sample,
              co_await tables::sample_table(ctx_, api_reader_, std::move(layout), job_.format));
  if (!sample) {
    co_return descriptor;
  }
  if (infers) {
    tables::adopt_sample(descriptor, *sample);
    co_return descriptor;
  }
  const std::vector<std::string> drift =
      tables::find_drift(descriptor, sample->fields, sample->by_position);
  if (!drift.empty()) {
    co_return Error::with_message(
        tables::kBadDescriptor,
        fmt::format("{}: {} is another table: {}", file, sample->path, fmt::join(drift, "; ")));
  }
  co_return descriptor;
}

Task<Result<TableDescriptor>> Run::read_descriptor(std::string file) {
  Result<Bytes> text = co_await api_reader_.get(ctx_, file);
  if (!text) {
    co_return std::move(text).error().wrap("could not read table descriptor " + file);
  }
  TARN_CO_TRY(TableDescriptor descriptor, tables::parse_descriptor(*text, file));
  if (descriptor.type == "iceberg") {
    TARN_CO_CHECK_OK(co_await tables::check_iceberg(ctx_, api_reader_, descriptor));
    co_return descriptor;
  }
  if (descriptor.type == "delta") {
    TARN_CO_CHECK_OK(co_await tables::check_delta(ctx_, api_reader_, descriptor));
    co_return descriptor;
  }
  TARN_CO_CHECK_OK(tables::require_type(descriptor, "hive", file));
  if (!job_.has_formats) {
    co_return Error(kInvalidAction, "'format' or 'table_input' is needed");
  }
  TARN_CO_TRY(descriptor, co_await look_at_data(file, std::move(descriptor)));
  // All that can be wrong with it is found before anything is written.
  TARN_CO_CHECK_OK(tables::make_table_input(descriptor, file, {}, job_.table_input));
  co_return descriptor;
}

Task<Result<void>> Run::create_database(TableCatalog* catalog) {
  if (!job_.create_database) {
    co_return Result<void>();
  }
  TARN_CO_TRY(const bool fresh, co_await catalog->create_database(ctx_));
  if (fresh) {
    say(fmt::format("created database {}", catalog->database()));
  }
  co_return Result<void>();
}

tables::TableToExport Run::table_to_export(std::string file, TableDescriptor descriptor,
                                           std::string table) const {
  tables::TableToExport out;
  out.descriptor = std::move(descriptor);
  out.file = std::move(file);
  out.source = request_.source;
  out.table = std::move(table);
  out.table_input = job_.table_input;
  out.dry_run = job_.dry_run;
  return out;
}

Task<Result<void>> Run::export_ref(std::string file, TableDescriptor descriptor,
                                   std::string database) {
  TARN_CO_TRY(std::string table, tables::expand_name(job_.table, descriptor.name, request_.source));
  const std::string name = fmt::format("{}.{}", database, table);
  tables::TableExport spec{
      table_to_export(std::move(file), std::move(descriptor), std::move(table))};
  spec.full = job_.full;
  spec.only_forward = request_.only_forward;
  const AsyncSemaphore::Permit alone = co_await services_.locks.acquire(lock_name(name));
  const std::unique_ptr<TableCatalog> catalog = target_->catalog(std::move(database));
  spec.before_table = [this, &catalog] { return create_database(catalog.get()); };
  Result<TableExportReport> done = co_await tables::export_table(
      ctx_, reader(), api_reader_, target_->store(), *catalog, std::move(spec));
  if (!done) {
    co_return std::move(done).error();
  }
  say_steps(done->steps);
  switch (done->kind) {
    case TableExportReport::Kind::kUpToDate:
      say(fmt::format("{} is up to date", name));
      break;
    case TableExportReport::Kind::kOvertaken:
      say(fmt::format("{} shows a later commit, and goes on to", name));
      break;
    case TableExportReport::Kind::kFull:
    case TableExportReport::Kind::kIncremental:
      say(fmt::format(
          "{}: {}{}{}; {} manifests of {} objects; partitions: {} created, {} updated, "
          "{} deleted",
          name,
          done->kind == TableExportReport::Kind::kFull ? "exported as a whole ("
                                                       : "exported what changed",
          done->reason, done->reason.empty() ? "" : ")", done->manifests, done->objects,
          done->partitions.created, done->partitions.updated, done->partitions.deleted));
      break;
  }
  co_return Result<void>();
}

Task<Result<void>> Run::export_commit(std::string file, TableDescriptor descriptor,
                                      std::string database) {
  TARN_CO_TRY(std::string table, table_name(descriptor.name));
  const std::string name = fmt::format("{}.{}", database, table);
  tables::TableToExport spec =
      table_to_export(std::move(file), std::move(descriptor), std::move(table));
  const AsyncSemaphore::Permit alone = co_await services_.locks.acquire(lock_name(name));
  const std::unique_ptr<TableCatalog> catalog = target_->catalog(std::move(database));
  spec.before_table = [this, &catalog] { return create_database(catalog.get()); };
  Result<tables::CommitExportReport> done = co_await tables::export_commit(
      ctx_, reader(), target_->store(), *catalog, services_.journal, std::move(spec));
  if (!done) {
    co_return std::move(done).error();
  }
  say_steps(done->steps);
  if (!job_.dry_run) {
    const TableCatalog::Registered& registered = done->registered;
    say(
        fmt::format("{}: {}; {} manifests of {} objects; partitions: {} created, {} updated, {} "
                    "deleted",
                    name, registered.created ? "created" : "updated", done->counts.manifests,
                    done->counts.objects, registered.partitions.created,
                    registered.partitions.updated, registered.partitions.deleted));
  }
  co_return Result<void>();
}

template <class Spec, class Export>
Task<Result<void>> Run::export_native(Spec spec, std::string database, Export run) {
  const std::string name = fmt::format("{}.{}", database, spec.table);
  spec.table_input = job_.own_input;
  spec.full = job_.full;
  spec.only_forward = request_.only_forward;
  spec.pool = services_.pool;
  const AsyncSemaphore::Permit alone = co_await services_.locks.acquire(lock_name(name));
  const std::unique_ptr<TableCatalog> catalog = target_->catalog(std::move(database));
  spec.before_table = [this, &catalog] { return create_database(catalog.get()); };
  const auto done = co_await run(catalog.get(), std::move(spec));
  if (!done) {
    co_return done.error();
  }
  say_steps(done->steps);
  for (const std::string& line : tables::describe(*done, name)) {
    say(line);
  }
  co_return Result<void>();
}

Task<Result<void>> Run::export_iceberg(std::string file, TableDescriptor descriptor,
                                       std::string database) {
  TARN_CO_TRY(std::string table, table_name(descriptor.name));
  tables::IcebergExport spec{
      table_to_export(std::move(file), std::move(descriptor), std::move(table))};
  spec.storage_namespace = storage_namespace_;
  const auto run = [this](TableCatalog* catalog, tables::IcebergExport made) {
    return job_.mode == CatalogExport::Mode::kRef
               ? tables::export_iceberg(ctx_, reader(), api_reader_, target_->store(), *catalog,
                                        std::move(made))
               : tables::export_iceberg_commit(ctx_, reader(), target_->store(), *catalog,
                                               std::move(made));
  };
  co_return co_await export_native(std::move(spec), std::move(database), run);
}

Task<Result<void>> Run::export_delta(std::string file, TableDescriptor descriptor,
                                     std::string database) {
  TARN_CO_TRY(std::string table, table_name(descriptor.name));
  tables::DeltaExport spec{
      table_to_export(std::move(file), std::move(descriptor), std::move(table))};
  const auto run = [this](TableCatalog* catalog, tables::DeltaExport made) {
    return job_.mode == CatalogExport::Mode::kRef
               ? tables::export_delta(ctx_, reader(), api_reader_, target_->store(), *catalog,
                                      std::move(made))
               : tables::export_delta_commit(ctx_, reader(), target_->store(), *catalog,
                                             std::move(made));
  };
  co_return co_await export_native(std::move(spec), std::move(database), run);
}

Task<Result<void>> Run::export_one(std::string file) {
  TARN_CO_TRY(TableDescriptor descriptor, co_await read_descriptor(file));
  TARN_CO_TRY(std::string database,
              tables::expand_name(job_.database, descriptor.name, request_.source));
  databases_.insert(database);
  const auto [other, fresh] = files_.emplace(descriptor.name, file);
  if (!fresh) {
    co_return Error(
        kInvalidAction,
        fmt::format("table `{}` is also that of {}: their manifests would share a folder",
                    descriptor.name, other->second));
  }
  if (descriptor.type == "iceberg") {
    co_return co_await export_iceberg(std::move(file), std::move(descriptor), std::move(database));
  }
  if (descriptor.type == "delta") {
    co_return co_await export_delta(std::move(file), std::move(descriptor), std::move(database));
  }
  if (job_.mode == CatalogExport::Mode::kRef) {
    co_return co_await export_ref(std::move(file), std::move(descriptor), std::move(database));
  }
  co_return co_await export_commit(std::move(file), std::move(descriptor), std::move(database));
}

Task<Result<void>> Run::run() {
  TARN_CO_CHECK_OK(open_target());
  for (const std::string& file : job_.tables) {
    Result<void> done = co_await export_one(file);
    if (!done) {
      co_return std::move(done).error().wrap("export of " + file);
    }
  }
  for (const std::string& database : databases_) {
    if (job_.prunes()) {
      TARN_CO_CHECK_OK(co_await prune(database));
    }
  }
  co_return Result<void>();
}

Task<Result<void>> Run::prune(std::string database) {
  CatalogPrune spec;
  spec.database = std::move(database);
  spec.ref = request_.source.ref;
  spec.keep_last = job_.keep_last;
  spec.keep_for = job_.keep_for;
  spec.dry_run = job_.dry_run;
  co_return co_await prune_in(ctx_, services_, *target_, request_, std::move(spec));
}

Task<Result<void>> Run::check() {
  for (const std::string& file : job_.tables) {
    const Result<TableDescriptor> descriptor = co_await read_descriptor(file);
    if (!descriptor) {
      co_return descriptor.error();
    }
    say(fmt::format("{}: table `{}` can be exported", file, descriptor->name));
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> export_catalog(Context ctx, CatalogExportServices services, CatalogExport job,
                                  CatalogExportRequest request) {
  Run run(std::move(ctx), services, std::move(job), std::move(request));
  co_return co_await run.run();
}

Task<Result<void>> check_catalog_export(Context ctx, CatalogExportServices services,
                                        CatalogExport job, CatalogExportRequest request) {
  Run run(std::move(ctx), services, std::move(job), std::move(request));
  co_return co_await run.check();
}

}  // namespace tarn::actions
