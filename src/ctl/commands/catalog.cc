#include "api/models.h"
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/files.h"
#include "ctl/format.h"
#include "ctl/table.h"

#include <algorithm>
#include <chrono>

// Exports of tables to catalogs: commands of our own.

namespace tarn::ctl {
namespace {

constexpr std::chrono::milliseconds kFirstWait{100};
constexpr std::chrono::seconds kWaitMax{2};
constexpr std::int64_t kPageMax = 1000;

std::optional<std::string> given(const Flags& flags, std::string_view name) {
  std::string text = flags.text(name);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

/// Where exports are, and as whom to go there: what all orders have in common.
template <class Order>
void set_target(const Flags& flags, Order& order) {
  order.catalog = given(flags, "catalog");
  order.export_base_uri = given(flags, "base-uri");
  order.region = given(flags, "region");
  // An empty one is a variable that is not set; it must not stand for the server itself.
  if (flags.is_set("role-arn")) {
    order.role_arn = flags.text("role-arn");
  }
  order.external_id = given(flags, "external-id");
  order.session_name = given(flags, "session-name");
}

/// Asks until the task is done, and prints what it did.
Result<void> wait_for_export(Ctl& ctl, const std::string& repository, const std::string& id) {
  std::chrono::nanoseconds wait = kFirstWait;
  for (;;) {
    TARN_TRY(
        const api::dto::ExportTaskStatus status,
        ctl.session().call<api::ops::ExportTaskStatus>({.repository = repository, .task_id = id}));
    if (status.done) {
      ctl.console.print(status.log);
      return status.error ? failure(*status.error) : Result<void>();
    }
    ctl.session().wait(wait);
    wait = std::min<std::chrono::nanoseconds>(wait * 2, kWaitMax);
  }
}

Result<void> order_export(Ctl& ctl, const Invocation& call, bool dry_run) {
  TARN_TRY(const LakefsUri uri, ctl.ref_uri(call.arguments[0]));
  const Flags& flags = call.flags;
  api::ExportTablesRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  api::dto::TableExportOrder& order = request.body;
  order.tables = flags.list("table");
  order.format = given(flags, "format");
  order.mode = given(flags, "mode");
  order.database = given(flags, "database");
  order.table = given(flags, "name");
  set_target(flags, order);
  order.as = given(flags, "as");
  order.full = flags.boolean("full");
  order.lake_formation = flags.boolean("lake-formation");
  order.dry_run = dry_run;
  if (const std::string path = flags.text("table-input"); !path.empty()) {
    TARN_TRY(order.table_input, read_file(path));
  }
  TARN_TRY(const api::dto::TaskInfo task, ctl.session().call<api::ops::ExportTables>(request));
  return wait_for_export(ctl, uri.repository, task.id);
}

Result<void> export_tables(Ctl& ctl, const Invocation& call) {
  return order_export(ctl, call, false);
}

Result<void> plan(Ctl& ctl, const Invocation& call) { return order_export(ctl, call, true); }

Result<void> list(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  api::ListExportedTablesRequest request;
  request.repository = uri.repository;
  request.database = given(call.flags, "database");
  set_target(call.flags, request);
  TARN_TRY(const api::dto::ExportedTableList found,
           ctl.session().call<api::ops::ListExportedTables>(request));
  Table table({"Table", "Ref", "Commit ID", "Follows", "Created", "Location"});
  for (const api::dto::ExportedTable& each : found.results) {
    table.add({each.database + "." + each.name, each.ref, each.commit_id,
               each.follows_ref ? "yes" : "no",
               format_date(WallTime(std::chrono::seconds(each.creation_date))), each.location});
  }
  ctl.console.print(table.render(ctl.console.interactive()));
  return {};
}

Result<void> references(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  const std::int64_t amount = call.flags.integer("amount");
  const bool all = amount == 0;
  api::ListExportReferencesRequest request;
  request.repository = uri.repository;
  set_target(call.flags, request);
  request.after = call.flags.text("after");
  request.amount = all ? kPageMax : amount;
  for (;;) {
    TARN_TRY(const api::dto::ExportReferenceList page,
             ctl.session().call<api::ops::ListExportReferences>(request));
    std::string lines;
    for (const api::dto::ExportReference& each : page.results) {
      lines.append(each.kind).append("\t").append(each.address).append("\n");
    }
    ctl.console.print(lines);
    if (!all && page.pagination.has_more) {
      ctl.console.print(more_results(ctl.console, page.pagination, amount));
    }
    if (!all || !page.pagination.has_more) {
      return {};
    }
    request.after = page.pagination.next_offset;
  }
}

Result<void> prune(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  const Flags& flags = call.flags;
  api::PruneExportsRequest request;
  request.repository = uri.repository;
  api::dto::ExportPruneOrder& order = request.body;
  order.database = given(flags, "database");
  set_target(flags, order);
  order.ref = given(flags, "ref");
  order.all = flags.boolean("all");
  order.dry_run = flags.boolean("dry-run");
  if (flags.is_set("keep-last")) {
    order.keep_last = flags.integer("keep-last");
  }
  if (flags.is_set("keep-days")) {
    order.keep_days = flags.integer("keep-days");
  }
  TARN_TRY(const api::dto::TaskInfo task, ctl.session().call<api::ops::PruneExports>(request));
  return wait_for_export(ctl, uri.repository, task.id);
}

std::vector<FlagSpec> target_flags() {
  return {{.name = "catalog", .text = "glue, or files beside the exports; default: by the store"},
          {.name = "base-uri", .text = "Where manifests lie; default: the storage namespace"},
          {.name = "region", .text = "AWS region; default: the server's"},
          {.name = "role-arn", .text = "Role of AWS's IAM that the server takes on"},
          {.name = "external-id", .text = "What the role demands of who takes it on"},
          {.name = "session-name", .text = "Of the role's session, for its owner's logs"}};
}

FlagSpec database_flag(std::string_view text) { return {.name = "database", .text = text}; }

std::vector<FlagSpec> export_flags() {
  return flags_of(
      target_flags(),
      std::vector<FlagSpec>{
          database_flag("Pattern of the database's name"),
          {.name = "table",
           .kind = FlagKind::kStrings,
           .text = "Table (_lakefs_tables/<table>.yaml) or path of a descriptor; may be repeated",
           .required = true},
          {.name = "format", .text = "csv, tsv, text, json, parquet, orc or avro"},
          {.name = "table-input", .text = "File with parts of Glue's TableInput, YAML or JSON"},
          {.name = "mode", .text = "ref: one table that follows its ref; commit: one per commit"},
          {.name = "name", .text = "Pattern of the table's name"},
          {.name = "as", .text = "Branch or tag whose export it is, if the ref is neither"},
          {.name = "full", .kind = FlagKind::kBool, .text = "Export all of it, not what changed"},
          {.name = "lake-formation",
           .kind = FlagKind::kBool,
           .text = "Name the data's folder as additional location"}});
}

}  // namespace

std::vector<Command> catalog_commands() {
  return {
      {.words = "catalog", .summary = "Export tables to Glue and look at what was exported"},
      {.words = "catalog export",
       .usage = "<ref URI>",
       .summary = "Bring tables of a catalog to a commit",
       .arguments = {1, 1},
       .flags = export_flags(),
       .run = export_tables},
      {.words = "catalog plan",
       .usage = "<ref URI>",
       .summary = "Show what an export would do",
       .arguments = {1, 1},
       .flags = export_flags(),
       .run = plan},
      {.words = "catalog list",
       .usage = "<repository URI>",
       .summary = "List exported tables",
       .arguments = {1, 1},
       .flags = flags_of(target_flags(),
                         std::vector<FlagSpec>{database_flag("Only the tables of this database")}),
       .run = list},
      {.words = "catalog references",
       .usage = "<repository URI>",
       .summary = "List the manifests and objects that exported tables need, one a line",
       .arguments = {1, 1},
       .flags = flags_of(
           target_flags(),
           std::vector<FlagSpec>{{.name = "amount",
                                  .kind = FlagKind::kInt,
                                  .fallback = "0",
                                  .text = "How many to list; 0 = all"},
                                 {.name = "after", .text = "Go on where a list of so many ended"}}),
       .run = references},
      {.words = "catalog prune",
       .usage = "<repository URI>",
       .summary = "Remove old tables of commits, and manifests that nothing points at",
       .arguments = {1, 1},
       .flags =
           flags_of(target_flags(),
                    std::vector<FlagSpec>{
                        database_flag("Only the tables of this database"),
                        {.name = "ref", .text = "Only what was exported from this branch or tag"},
                        {.name = "keep-last",
                         .kind = FlagKind::kInt,
                         .fallback = "0",
                         .text = "Tables of that many commits stay, of each ref and table"},
                        {.name = "keep-days",
                         .kind = FlagKind::kInt,
                         .fallback = "0",
                         .text = "Younger tables stay"},
                        {.name = "all",
                         .kind = FlagKind::kBool,
                         .text = "Nothing of the ref stays, also not tables that follow it"},
                        {.name = "dry-run", .kind = FlagKind::kBool, .text = "Say what would go"}}),
       .run = prune},
  };
}

}  // namespace tarn::ctl
