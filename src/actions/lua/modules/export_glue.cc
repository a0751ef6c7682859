#include "actions/lua/modules/api_reader.h"
#include "actions/lua/modules/export_spec.h"
#include "actions/lua/modules/server_functions.h"
#include "tables/glue_catalog.h"
#include "tables/glue_input.h"
#include "tables/partition_listing.h"

#include <algorithm>
#include <optional>

// The functions of `lakefs/catalogexport/core` that register tables.

namespace tarn::actions::lua {
namespace {

using tables::GlueCatalog;
using tables::GluePartition;

constexpr std::size_t kBatch = 100;

std::vector<std::string> strings(Call& call, int n) {
  std::vector<std::string> out;
  const Json list = call.json(n);
  for (const Json& item : list.items()) {
    if (!item.is_string()) {
      call.argument_error(n, "a list of strings expected");
    }
    out.push_back(*item.as_string());
  }
  return out;
}

Json list_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) {
    list.push_back(text);
  }
  return list;
}

Task<Result<std::vector<std::string>>> list_folders(Context ctx, std::shared_ptr<ApiReader> reader,
                                                    tables::PartitionLayout layout) {
  co_return co_await tables::list_partitions(std::move(ctx), *reader, std::move(layout));
}

/// `partition_folders(list_objects, spec)`: the folders of the partitions' manifests, remembered
/// from their export in this script, else listed with the user's rights; nil when `list_objects` is
/// not the server's own.
int partition_folders(Call& call) {
  const auto* list = call.native<ListObjects>(1);
  if (list == nullptr) {
    call.push_nil();
    return 1;
  }
  const ExportSpec spec = read_spec(call, 2);
  const auto known = list->session->exported_folders().find(spec.base());
  if (known != list->session->exported_folders().end()) {
    call.push(list_of(known->second));
    return 1;
  }
  const HookSession& host = list->session->host();
  const auto reader = std::make_shared<ApiReader>(host.services.api, std::string(host.ctx.user()),
                                                  spec.repository, spec.commit);
  std::function<Task<Result<std::vector<std::string>>>(Context)> start =
      [reader, layout = spec.layout](Context ctx) {
        return list_folders(std::move(ctx), reader, layout);
      };
  call.push(
      list_of(call.unwrap(list->session->await<std::vector<std::string>>(call, std::move(start)))));
  return 1;
}

std::vector<GluePartition> partitions(Call& call, const ExportSpec& spec, int n) {
  const std::vector<std::string> folders = strings(call, n);
  return call.unwrap(tables::glue_partitions(spec.layout, spec.base(), folders));
}

/// `project_partitions(table_input, spec, folders)`: the input with projection.
int project_partitions(Call& call) {
  const ExportSpec spec = read_spec(call, 2);
  call.push(call.unwrap(
      tables::project_partitions(call.json(1), spec.layout, spec.columns, strings(call, 3))));
  return 1;
}

/// `partition_batches(table_input, spec, folders)`: a list of PartitionInputLists as JSON texts.
int partition_batches(Call& call) {
  const Json input = call.json(1);
  const ExportSpec spec = read_spec(call, 2);
  Json batches = Json::array();
  Json batch = Json::array();
  std::size_t bytes = 0;
  const auto flush = [&] {
    if (batch.size() > 0) {
      std::string text = batch.dump();
      bytes += text.size();
      call.engine().require_room(bytes);
      batches.push_back(std::move(text));
      batch = Json::array();
    }
  };
  for (const GluePartition& partition : partitions(call, spec, 3)) {
    batch.push_back(tables::partition_input(input, partition));
    if (batch.size() == kBatch) {
      flush();
    }
  }
  flush();
  call.push(batches);
  return 1;
}

/// Holds no session: one that ended here would wait, on the loop, for this to end.
Task<Result<GlueCatalog::Registered>> register_with(
    Context ctx, std::shared_ptr<aws::GlueClient> client, const Clock* clock, std::string database,
    Json input, std::optional<std::vector<GluePartition>> partitions) {
  GlueCatalog catalog(*client, *clock, std::move(database));
  co_return co_await catalog.register_table(std::move(ctx), std::move(input),
                                            std::move(partitions));
}

/// `register_table(create_table, database, table_input, spec, folders)`: creates or updates the
/// table and, unless `folders` is nil, its partitions; answers what was done, or nil when
/// `create_table` is not the server's own.
int register_table(Call& call) {
  const auto* create = call.native<GlueCreateTable>(1);
  if (create == nullptr) {
    call.push_nil();
    return 1;
  }
  const std::string database(call.string(2));
  const Json input = call.unwrap(tables::normalize_table_input(call.json(3)));
  const ExportSpec spec = read_spec(call, 4);
  std::optional<std::vector<GluePartition>> wanted;
  if (!call.missing(5)) {
    wanted = partitions(call, spec, 5);
  }
  const GlueHandle& glue = create->handle;
  std::function<Task<Result<GlueCatalog::Registered>>(Context)> start =
      [client = glue.client, clock = &glue.session->host().services.aws.clock, database, input,
       wanted](Context ctx) {
        return register_with(std::move(ctx), client, clock, database, input, wanted);
      };
  const GlueCatalog::Registered done =
      call.unwrap(glue.session->await<GlueCatalog::Registered>(call, std::move(start)));
  Json changes = Json::object();
  changes.set("created", done.partitions.created).set("updated", done.partitions.updated);
  changes.set("deleted", done.partitions.deleted);
  Json answer = Json::object();
  answer.set("created", done.created).set("partitions", std::move(changes));
  call.push(answer);
  return 1;
}

}  // namespace

std::vector<NamedFunction> export_glue_functions() {
  return {{"partition_folders", partition_folders},
          {"project_partitions", project_partitions},
          {"partition_batches", partition_batches},
          {"register_table", register_table}};
}

}  // namespace tarn::actions::lua
