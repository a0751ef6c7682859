#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/modules/databricks_client.h"
#include "actions/lua/modules/server_functions.h"

#include <algorithm>

// `databricks`.

namespace tarn::actions::lua {
namespace {

struct DatabricksHandle {
  SessionPtr session;
  std::shared_ptr<DatabricksClient> client;

  /// Pushes what the operation gives, or raises.
  int run(Call& call, std::function<Task<Result<std::string>>(Context)> start) const {
    call.push(call.unwrap(session->await<std::string>(call, std::move(start))));
    return 1;
  }
};

/// `create_schema(schema, catalog, get_if_exists)`.
int create_schema(const DatabricksHandle& handle, Call& call) {
  const std::string name(call.string(1));
  const std::string catalog(call.string(2));
  const bool get_if_exists = call.boolean_or(3, false);
  return handle.run(call, [client = handle.client, name, catalog, get_if_exists](Context ctx) {
    return client->create_schema(std::move(ctx), name, catalog, get_if_exists);
  });
}

/// `register_external_table(name, location, warehouse_id, catalog, schema [, metadata])`.
int register_external_table(const DatabricksHandle& handle, Call& call) {
  DatabricksTable table{.name = std::string(call.string(1)),
                        .location = std::string(call.string(2)),
                        .warehouse_id = std::string(call.string(3)),
                        .catalog = std::string(call.string(4)),
                        .schema = std::string(call.string(5)),
                        .comment = {}};
  if (!call.missing(6)) {
    table.comment = call.field_string(6, "description").value_or("");
  }
  return handle.run(call, [client = handle.client, table](Context ctx) {
    return client->register_table(std::move(ctx), table);
  });
}

/// `execute_statement(sql, warehouse_id, catalog, schema)`.
int execute_statement(const DatabricksHandle& handle, Call& call) {
  DatabricksStatement statement{.sql = std::string(call.string(1)),
                                .warehouse_id = std::string(call.string(2)),
                                .catalog = std::string(call.string_or(3, "")),
                                .schema = std::string(call.string_or(4, ""))};
  call.charge_bytes(statement.sql.size());
  return handle.run(call, [client = handle.client, statement](Context ctx) {
    return client->execute(std::move(ctx), statement);
  });
}

/// `client(host, token)`.
int make_client(const SessionPtr& session, Call& call) {
  DatabricksConfig config;
  config.url = host_url(call, call.string(1));
  const std::string_view token = call.string(2);
  if (token.empty() || !std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; })) {
    call.argument_error(2, "a personal access token expected");
  }
  config.token = Secret(std::string(token));
  const aws::Services& services = session->host().services.aws;
  const DatabricksHandle handle{
      session, std::make_shared<DatabricksClient>(outbound_client(*session), services.clock,
                                                  services.rng, std::move(config))};
  using Function = int (*)(const DatabricksHandle&, Call&);
  const auto bind = [&handle](Function function) -> NativeFunction {
    return [handle, function](Call& each) { return function(handle, each); };
  };
  push_client(call, {{"create_schema", bind(create_schema)},
                     {"register_external_table", bind(register_external_table)},
                     {"execute_statement", bind(execute_statement)}});
  return 1;
}

}  // namespace

Module databricks_module(const SessionPtr& session) {
  return {"databricks", {{"client", [session](Call& call) { return make_client(session, call); }}}};
}

}  // namespace tarn::actions::lua
