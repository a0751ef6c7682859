// Exports of tables by hand: operations of our own.
#include "actions/catalog_export.h"
#include "actions/catalog_prune.h"
#include "actions/catalog_references.h"
#include "base/json.h"
#include "endpoints/rest/convert.h"
#include "endpoints/rest/errors.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

#include <fmt/format.h>

#include <memory>

namespace tarn::endpoints::rest::handlers {

using actions::CatalogExport;
using actions::CatalogExportRequest;
using actions::CatalogExportServices;
using catalog::TaskRecord;
using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

/// Of a log, for its record.
constexpr std::size_t kLogBytesMax = 64 * kKiB;

/// The repository, for who may order exports of it, which act as the server towards catalogs; what
/// they read is read with the user's own rights.
Task<Result<RepositoryPtr>> exported_repository(Context ctx, Call call, std::string name) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kRunAction, arn::repository(name)));
  if (call.services().exports == nullptr) {
    co_return Error(kNotImplemented);
  }
  co_return co_await find_repository(std::move(ctx), std::move(call), std::move(name));
}

/// Collects lines, the first of many.
class Log {
 public:
  void add(std::string_view line) {
    if (text_.size() + line.size() < kLogBytesMax) {
      text_.append(line).push_back('\n');
    } else if (!cut_) {
      cut_ = true;
      text_.append("…\n");
    }
  }
  Bytes take() { return std::move(text_); }

 private:
  Bytes text_;
  bool cut_ = false;
};

CatalogExportRequest request_for(const graveler::Repository& repository,
                                 const std::shared_ptr<Log>& log) {
  CatalogExportRequest request;
  request.source.repository_id = repository.id.str();
  request.source.base_uri = repository.storage_namespace.str();
  request.log = [log](std::string_view line) { log->add(line); };
  return request;
}

/// The branch or tag whose export it is: the one that is named, else the ref itself.
Task<Result<std::string>> exported_ref(Context ctx, Call call, RepositoryPtr repository,
                                       std::string ref, std::string as) {
  const std::string name = as.empty() ? ref : std::move(as);
  if (Result<BranchId> id = BranchId::parse(name)) {
    const Result<graveler::Branch> branch =
        co_await call.versions().branch(ctx, repository, *std::move(id));
    if (branch) {
      co_return name;
    }
    if (branch.error().kind() != ErrorKind::kNotFound) {
      co_return branch.error();
    }
  }
  if (Result<TagId> id = TagId::parse(name)) {
    const Result<graveler::Tag> tag = co_await call.versions().tag(ctx, repository, *std::move(id));
    if (tag) {
      co_return name;
    }
    if (tag.error().kind() != ErrorKind::kNotFound) {
      co_return tag.error();
    }
  }
  co_return Error::with_message(
      kInvalid, fmt::format("`{}` is no branch and no tag: say in `as` whose export it is", name));
}

template <class T>
void set(std::vector<YamlNode::Field>& fields, std::string_view key,
         const std::optional<T>& value) {
  if (value) {
    fields.push_back({.key = std::string(key), .value = YamlNode::scalar(*value, false)});
  }
}
void set(std::vector<YamlNode::Field>& fields, std::string_view key, bool value) {
  fields.push_back(
      {.key = std::string(key), .value = YamlNode::scalar(value ? "true" : "false", true)});
}

/// Where `order` looks for exports and as whom, in the words of a hook's properties, which are
/// checked in one place.
template <class Order>
std::vector<YamlNode::Field> target_fields(const Order& order) {
  std::vector<YamlNode::Field> aws;
  set(aws, "region", order.region);
  set(aws, "role_arn", order.role_arn);
  set(aws, "external_id", order.external_id);
  set(aws, "session_name", order.session_name);
  std::vector<YamlNode::Field> fields;
  set(fields, "catalog", order.catalog);
  set(fields, "export_base_uri", order.export_base_uri);
  fields.push_back({.key = "aws", .value = YamlNode::map(std::move(aws))});
  return fields;
}

template <class Order>
Result<actions::ExportTargetSpec> to_target(const Order& order) {
  return actions::read_export_target(YamlNode::map(target_fields(order)));
}

Result<CatalogExport> to_job(const api::dto::TableExportOrder& order) {
  std::vector<YamlNode> tables;
  for (const std::string& table : order.tables) {
    tables.push_back(YamlNode::scalar(table, false));
  }
  std::vector<YamlNode::Field> fields = target_fields(order);
  fields.push_back({.key = "tables", .value = YamlNode::sequence(std::move(tables))});
  set(fields, "format", order.format);
  set(fields, "mode", order.mode);
  set(fields, "database", order.database);
  set(fields, "table", order.table);
  set(fields, "dry_run", order.dry_run);
  set(fields, "full", order.full);
  set(fields, "create_database", order.create_database);
  set(fields, "lake_formation", order.lake_formation);
  if (order.table_input) {
    Result<YamlNode> input = parse_yaml(*order.table_input);
    if (!input) {
      return std::move(input).error().wrap("table_input");
    }
    fields.push_back({.key = "table_input", .value = *std::move(input)});
  }
  return actions::read_catalog_export(YamlNode::map(std::move(fields)));
}

Task<Result<Bytes>> export_in_background(Context ctx, CatalogExportServices services,
                                         CatalogExport job, CatalogExportRequest request,
                                         std::shared_ptr<Log> log) {
  TARN_CO_CHECK_OK(co_await actions::export_catalog(std::move(ctx), std::move(services),
                                                    std::move(job), std::move(request)));
  co_return log->take();
}

Task<Result<Bytes>> prune_in_background(Context ctx, CatalogExportServices services,
                                        actions::ExportTargetSpec target,
                                        actions::CatalogPrune prune, CatalogExportRequest request,
                                        std::shared_ptr<Log> log) {
  TARN_CO_CHECK_OK(co_await actions::prune_catalog_exports(std::move(ctx), std::move(services),
                                                           std::move(target), std::move(prune),
                                                           std::move(request)));
  co_return log->take();
}

Task<Result<api::dto::TaskInfo>> start(Context ctx, Call call, RepositoryPtr repository,
                                       catalog::Tasks::Work work) {
  api::dto::TaskInfo out;
  TARN_CO_TRY(out.id, co_await call.services().tasks.start(std::move(ctx), std::move(repository),
                                                           catalog::kExportTask, std::move(work)));
  co_return out;
}

std::string_view word_of(tables::Reference::Kind kind) {
  switch (kind) {
    case tables::Reference::Kind::kManifest:
      return "manifest";
    case tables::Reference::Kind::kObject:
      return "object";
    case tables::Reference::Kind::kMissing:
      return "missing";
  }
  return "";
}

}  // namespace

Task<Result<api::dto::TaskInfo>> export_tables(Context ctx, Call call,
                                               api::ExportTablesRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await exported_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(const CatalogExport job, to_job(request.body));
  const auto log = std::make_shared<Log>();
  CatalogExportRequest source = request_for(*repository, log);
  TARN_CO_TRY(const graveler::CommitPtr commit,
              co_await call.versions().resolve_commit(ctx, repository, request.ref));
  source.source.commit_id = commit->id.str();
  TARN_CO_TRY(source.source.ref,
              co_await exported_ref(ctx, call, repository, std::move(request.ref),
                                    std::move(request.body.as).value_or(std::string())));
  const CatalogExportServices& services = *call.services().exports;
  catalog::Tasks::Work work = [&services, job, source, log, user = call.user()](
                                  Context own, catalog::Tasks::Progress) {
    return export_in_background(own.with_user(user), services, job, source, log);
  };
  co_return co_await start(std::move(ctx), std::move(call), repository, std::move(work));
}

Task<Result<api::dto::TaskInfo>> prune_exports(Context ctx, Call call,
                                               api::PruneExportsRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await exported_repository(ctx, call, std::move(request.repository)));
  const api::dto::ExportPruneOrder& order = request.body;
  TARN_CO_TRY(const actions::ExportTargetSpec target, to_target(order));
  actions::CatalogPrune prune;
  prune.database = order.database.value_or(std::string());
  prune.ref = order.ref.value_or(std::string());
  prune.whole_ref = order.all;
  prune.dry_run = order.dry_run;
  if (order.keep_last.value_or(1) < 1 || order.keep_days.value_or(0) < 0 ||
      order.keep_days.value_or(0) > 1'000'000) {
    co_return Error::with_message(kInvalid,
                                  "keep_last should be 1 or more, keep_days 0 to 1000000");
  }
  if (order.keep_last) {
    prune.keep_last = static_cast<std::size_t>(*order.keep_last);
  }
  if (order.keep_days) {
    prune.keep_for = std::chrono::hours(24) * *order.keep_days;
  }
  if (prune.whole_ref && prune.ref.empty()) {
    co_return Error::with_message(kInvalid, "all needs a ref");
  }
  const auto log = std::make_shared<Log>();
  const CatalogExportRequest source = request_for(*repository, log);
  const CatalogExportServices& services = *call.services().exports;
  catalog::Tasks::Work work = [&services, target, prune, source, log, user = call.user()](
                                  Context own, catalog::Tasks::Progress) {
    return prune_in_background(own.with_user(user), services, target, prune, source, log);
  };
  co_return co_await start(std::move(ctx), std::move(call), repository, std::move(work));
}

Task<Result<api::dto::ExportTaskStatus>> export_task_status(Context ctx, Call call,
                                                            api::ExportTaskStatusRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await exported_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(const TaskRecord record, co_await call.services().tasks.status(
                                           std::move(ctx), std::move(repository),
                                           catalog::kExportTask, std::move(request.task_id)));
  api::dto::ExportTaskStatus out;
  out.id = record.id;
  out.done = record.done;
  out.update_time = record.updated_at;
  if (!record.error.empty()) {
    out.error = record.error;
  }
  out.log = record.info;
  co_return out;
}

Task<Result<api::dto::ExportedTableList>> list_exported_tables(
    Context ctx, Call call, api::ListExportedTablesRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await exported_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(actions::ExportTargetSpec target, to_target(request));
  CatalogExportRequest source = request_for(*repository, std::make_shared<Log>());
  std::string database = std::move(request.database).value_or(std::string());
  TARN_CO_TRY(const std::vector<actions::ListedExport> found,
              co_await actions::list_catalog_exports(std::move(ctx), *call.services().exports,
                                                     std::move(target), std::move(database),
                                                     std::move(source)));
  api::dto::ExportedTableList out;
  for (const actions::ListedExport& each : found) {
    api::dto::ExportedTable table;
    table.database = each.database;
    table.name = each.table.name;
    table.ref = each.table.ref;
    table.commit_id = each.table.commit;
    table.location = each.table.location;
    table.follows_ref = each.table.follows_ref;
    table.creation_date =
        std::chrono::duration_cast<std::chrono::seconds>(each.table.created.time_since_epoch())
            .count();
    out.results.push_back(std::move(table));
  }
  co_return out;
}

Task<Result<api::dto::ExportReferenceList>> list_export_references(
    Context ctx, Call call, api::ListExportReferencesRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await exported_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(actions::ExportTargetSpec target, to_target(request));
  const graveler::PageRequest page = page_request(std::nullopt, request.after, request.amount);
  actions::CatalogReferences wanted;
  wanted.repository = repository->id.str();
  wanted.storage_namespace = repository->storage_namespace.str();
  wanted.after = page.after;
  wanted.amount = page.amount;
  TARN_CO_TRY(tables::ReferencePage found,
              co_await actions::page_catalog_references(std::move(ctx), *call.services().exports,
                                                        std::move(target), std::move(wanted)));
  api::dto::ExportReferenceList out;
  for (tables::Reference& each : found.references) {
    api::dto::ExportReference reference;
    reference.kind = word_of(each.kind);
    reference.address = std::move(each.address);
    out.results.push_back(std::move(reference));
  }
  out.pagination.has_more = !found.next.empty();
  out.pagination.next_offset = std::move(found.next);
  out.pagination.results = static_cast<std::int64_t>(out.results.size());
  out.pagination.max_per_page = kMaxPerPage;
  co_return out;
}

}  // namespace tarn::endpoints::rest::handlers
