#include "actions/lua/modules/api_reader.h"
#include "actions/lua/modules/export_spec.h"
#include "actions/lua/modules/server_functions.h"
#include "tables/glue_catalog.h"
#include "tables/iceberg_export.h"

#include <fmt/format.h>

// What `lakefs/catalogexport/core` has for Iceberg tables.

namespace tarn::actions::lua {

Task<Result<void>> S3ManifestWriter::put(Context ctx, std::string bucket, std::string key,
                                         Bytes content) {
  return put_s3_object(std::move(ctx), client_, std::move(bucket), std::move(key),
                       std::move(content));
}

namespace {

/// Of a script that brings nothing to write with: fine for tables that need no copy.
class RefusingWriter final : public tables::ManifestWriter {
 public:
  Task<Result<void>> put(Context, std::string, std::string, Bytes) override {
    co_return Error::with_message(
        kInvalid,
        "the table names paths of the repository, so its metadata has to be written again: give "
        "options.writer, such as aws.s3_client(…).put_object");
  }
};

/// What an export works with; lives as long as it runs. Holds no session: one that ended here would
/// wait, on the loop, for this to end.
struct IcebergWork {
  ApiReader reader;
  std::unique_ptr<tables::ManifestWriter> writer;
  std::shared_ptr<aws::GlueClient> glue;
  const Clock& clock;
  std::string database;
};

Task<Result<tables::IcebergExportReport>> run_export(Context ctx, std::shared_ptr<IcebergWork> work,
                                                     tables::IcebergExport spec) {
  tables::GlueCatalog catalog(*work->glue, work->clock, work->database);
  co_return co_await tables::export_iceberg_commit(std::move(ctx), work->reader, *work->writer,
                                                   catalog, std::move(spec));
}

std::unique_ptr<tables::ManifestWriter> make_writer(Call& call, int n,
                                                    const tables::IcebergExport& spec) {
  if (call.missing(n)) {
    return std::make_unique<RefusingWriter>();
  }
  const auto* put = call.native<S3PutObject>(n);
  if (put == nullptr) {
    call.fail("options.writer of an Iceberg table must be put_object of an S3 client");
  }
  require_s3(call, call.unwrap(tables::parse_storage_uri(spec.source.base_uri)),
             spec.source.base_uri);
  return std::make_unique<S3ManifestWriter>(put->handle.client);
}

/// `export_iceberg(list_objects, put_object, create_table, spec, descriptor, table_input)`: writes
/// the table for engines and registers it; answers `{metadata_location, created, written,
/// objects}`. `list_objects` and `create_table` must be the server's own; `put_object` may be nil
/// for a table that names a store itself.
int export_iceberg(Call& call) {
  const auto* list = call.native<ListObjects>(1);
  const auto* create = call.native<GlueCreateTable>(3);
  if (list == nullptr || create == nullptr) {
    call.fail("Iceberg tables are exported with the server's own lakefs module and Glue client");
  }
  const Json given = call.json(4);
  const auto text = [&](std::string_view key) { return call.unwrap(given.get_string(key)); };
  tables::IcebergExport spec;
  spec.file = text("file");
  spec.descriptor = read_descriptor(call, spec.file, 5);
  spec.source = {.repository_id = text("repository"),
                 .ref = text("ref"),
                 .commit_id = text("commit"),
                 .base_uri = text("base_uri")};
  spec.storage_namespace = text("storage_namespace");
  spec.table = text("name");
  spec.table_input = call.missing(6) ? Json::object() : call.json(6);
  const HookSession& host = list->session->host();
  const auto work = std::make_shared<IcebergWork>(
      IcebergWork{.reader = ApiReader(host.services.api, std::string(host.ctx.user()),
                                      spec.source.repository_id, spec.source.commit_id),
                  .writer = make_writer(call, 2, spec),
                  .glue = create->handle.client,
                  .clock = host.services.aws.clock,
                  .database = text("database")});
  std::function<Task<Result<tables::IcebergExportReport>>(Context)> start =
      [work, spec](Context ctx) { return run_export(std::move(ctx), work, spec); };
  const tables::IcebergExportReport done =
      call.unwrap(list->session->await<tables::IcebergExportReport>(call, std::move(start)));
  Json answer = Json::object();
  answer.set("metadata_location", done.files.metadata_uri).set("created", done.table_created);
  answer.set("written", done.files.written.size()).set("objects", done.files.objects);
  call.push(answer);
  return 1;
}

}  // namespace

std::vector<NamedFunction> export_iceberg_functions() {
  return {{"export_iceberg", export_iceberg}};
}

}  // namespace tarn::actions::lua
