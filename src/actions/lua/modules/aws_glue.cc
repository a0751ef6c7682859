#include "actions/lua/modules/http.h"
#include "actions/lua/modules/server_functions.h"
#include "base/time_text.h"
#include "tables/glue_input.h"

#include <fmt/format.h>

#include <chrono>

namespace tarn::actions::lua {
namespace {

void add_catalog(Call& call, Json& input, int n) {
  if (!call.missing(n)) {
    input.set("CatalogId", call.string(n));
  }
}

/// A TableInput that argument `n` gives as JSON text.
Json table_input(Call& call, int n) {
  const std::string_view text = call.string(n);
  call.charge_bytes(text.size());
  const Result<Json> parsed = parse_json(text);
  if (!parsed) {
    call.fail(fmt::format("table input: {}", parsed.error().message()));
  }
  return call.unwrap(tables::normalize_table_input(*parsed));
}

/// Glue sends seconds, scripts know text.
void spell_times(Json& table) {
  for (const std::string_view name :
       {"CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime"}) {
    const Json* value = table.find(name);
    if (value != nullptr && value->as_double()) {
      const std::chrono::duration<double> seconds(*value->as_double());
      // Milliseconds are what a double of that size holds for sure.
      const auto millis = std::chrono::round<std::chrono::milliseconds>(seconds);
      table.set(name, format_rfc3339(WallTime(millis)));
    }
  }
}

/// The answer and true, or `""` and false when there is no such table.
int get_table(const GlueHandle& glue, Call& call) {
  Json input = Json::object();
  input.set("DatabaseName", call.string(1)).set("Name", call.string(2));
  add_catalog(call, input, 3);
  Result<Json> answer = glue.invoke(call, "GetTable", std::move(input));
  if (!answer && answer.error().is(aws::kNotFound)) {
    call.push("");
    call.push(false);
    return 2;
  }
  Json output = call.unwrap(std::move(answer));
  if (const Json* table = output.find("Table"); table != nullptr && table->is_object()) {
    Json spelled = *table;
    spell_times(spelled);
    output.set("Table", std::move(spelled));
  }
  output.set("ResultMetadata", Json::object());
  call.push(output);
  call.push(true);
  return 2;
}

int update_table(const GlueHandle& glue, Call& call) {
  Json input = Json::object();
  input.set("DatabaseName", call.string(1)).set("TableInput", table_input(call, 2));
  add_catalog(call, input, 3);
  if (!call.missing(4)) {
    input.set("VersionId", call.string(4));
  }
  if (!call.missing(5)) {
    input.set("SkipArchive", call.boolean(5));
  }
  (void)call.unwrap(glue.invoke(call, "UpdateTable", std::move(input)));
  return 0;
}

int delete_table(const GlueHandle& glue, Call& call) {
  Json input = Json::object();
  input.set("DatabaseName", call.string(1)).set("Name", call.string(2));
  add_catalog(call, input, 3);
  (void)call.unwrap(glue.invoke(call, "DeleteTable", std::move(input)));
  return 0;
}

int create_database(const GlueHandle& glue, Call& call) {
  const std::string name(call.string(1));
  Json options = call.missing(2) ? Json::object() : call.json(2);
  if (!options.is_object()) {
    call.type_error(2, "table");
  }
  const Json* given = options.find("create_db_input");
  Json input =
      call.unwrap(tables::normalize_create_database(given == nullptr ? Json::object() : *given));
  const Json* described = input.find("DatabaseInput");
  Json database = described == nullptr ? Json::object() : *described;
  const std::string in_input = database.string_or("Name", name);
  if (in_input != name) {
    call.fail(fmt::format("database name in input ({}) doesn't match database name parameter ({})",
                          in_input, name));
  }
  database.set("Name", name);
  input.set("DatabaseInput", std::move(database));
  Result<Json> done = glue.invoke(call, "CreateDatabase", std::move(input));
  if (!done && done.error().is(aws::kAlreadyExists) &&
      !options.bool_or("error_on_already_exists", true)) {
    return 0;
  }
  (void)call.unwrap(std::move(done));
  return 0;
}

/// `(database, table, list as JSON text)`; gives what Glue refused, `{}` for nothing.
int partition_batch(const GlueHandle& glue, Call& call, std::string_view operation,
                    std::string_view member) {
  Json input = Json::object();
  input.set("DatabaseName", call.string(1)).set("TableName", call.string(2));
  const std::string_view text = call.string(3);
  call.charge_bytes(text.size());
  Result<Json> list = parse_json(text);
  if (!list) {
    call.fail(fmt::format("partitions: {}", list.error().message()));
  }
  input.set(member, *std::move(list));
  add_catalog(call, input, 4);
  const Json answer = call.unwrap(glue.invoke(call, std::string(operation), std::move(input)));
  const Json* errors = answer.find("Errors");
  call.push(errors == nullptr ? Json::array() : *errors);
  return 1;
}

int batch_create_partition(const GlueHandle& glue, Call& call) {
  return partition_batch(glue, call, "BatchCreatePartition", "PartitionInputList");
}

int batch_update_partition(const GlueHandle& glue, Call& call) {
  return partition_batch(glue, call, "BatchUpdatePartition", "Entries");
}

int batch_delete_partition(const GlueHandle& glue, Call& call) {
  return partition_batch(glue, call, "BatchDeletePartition", "PartitionsToDelete");
}

/// `(database, table[, token[, expression]])`: a page of partitions, and the next page's token or
/// nil.
int get_partitions(const GlueHandle& glue, Call& call) {
  Json input = Json::object();
  input.set("DatabaseName", call.string(1)).set("TableName", call.string(2));
  if (const std::string_view token = call.string_or(3, ""); !token.empty()) {
    input.set("NextToken", token);
  }
  if (!call.missing(4)) {
    input.set("Expression", call.string(4));
  }
  const Json answer = call.unwrap(glue.invoke(call, "GetPartitions", std::move(input)));
  const Json* page = answer.find("Partitions");
  call.push(page == nullptr ? Json::array() : *page);
  const std::string next = answer.string_or("NextToken", "");
  if (next.empty()) {
    return 1;
  }
  call.push(next);
  return 2;
}

int delete_database(const GlueHandle& glue, Call& call) {
  Json input = Json::object();
  input.set("Name", call.string(1));
  add_catalog(call, input, 2);
  (void)call.unwrap(glue.invoke(call, "DeleteDatabase", std::move(input)));
  return 0;
}

}  // namespace

Result<Json> GlueHandle::invoke(Call& call, std::string operation, Json input) const {
  std::function<Task<Result<Json>>(Context)> start = [glue = client, operation,
                                                      input](Context ctx) {
    return glue->call(std::move(ctx), operation, input);
  };
  return session->await<Json>(call, std::move(start));
}

int GlueCreateTable::operator()(Call& call) const {
  Json input = Json::object();
  input.set("DatabaseName", call.string(1)).set("TableInput", table_input(call, 2));
  add_catalog(call, input, 3);
  (void)call.unwrap(handle.invoke(call, "CreateTable", std::move(input)));
  return 0;
}

int make_glue_client(Call& call, const SessionPtr& session) {
  const ServerServices& services = session->host().services;
  aws::GlueConfig config;
  config.region = aws::resolve_region(services.environment, call.string_or(3, ""));
  config.endpoint = call.unwrap(
      aws::resolve_endpoint(services.environment, "glue", config.region, call.string_or(4, "")));
  auto credentials = session->credentials(call);
  const GlueHandle handle{
      session, std::make_shared<aws::GlueClient>(std::move(config), std::move(credentials),
                                                 aws_services(session, call.string_or(4, "")))};
  using Function = int (*)(const GlueHandle&, Call&);
  const auto bind = [&handle](Function function) -> NativeFunction {
    return [handle, function](Call& each) { return function(handle, each); };
  };
  push_client(call, {{"get_table", bind(get_table)},
                     {"create_table", GlueCreateTable{handle}},
                     {"update_table", bind(update_table)},
                     {"delete_table", bind(delete_table)},
                     {"create_database", bind(create_database)},
                     {"delete_database", bind(delete_database)},
                     {"batch_create_partition", bind(batch_create_partition)},
                     {"batch_update_partition", bind(batch_update_partition)},
                     {"batch_delete_partition", bind(batch_delete_partition)},
                     {"get_partitions", bind(get_partitions)}});
  return 1;
}

}  // namespace tarn::actions::lua
