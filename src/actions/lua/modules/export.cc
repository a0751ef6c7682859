#include "actions/lua/modules/api_reader.h"
#include "actions/lua/modules/export_spec.h"
#include "actions/lua/modules/server_functions.h"
#include "actions/lua/value.h"
#include "tables/glue_table.h"
#include "tables/symlink_export.h"

#include <fmt/format.h>

#include <algorithm>

// `lakefs/catalogexport/core`: what the Lua sources beside this file need from `tables`. Scripts
// can call it, too; it does nothing for them that they could not do otherwise.

namespace tarn::actions::lua {
namespace {

std::vector<std::string> columns(Call& call, int n) {
  std::vector<std::string> names;
  if (call.missing(n)) {
    return names;
  }
  const Json list = call.json(n);
  for (const Json& item : list.items()) {
    if (!item.is_string()) {
      call.argument_error(n, "a list of column names expected");
    }
    names.push_back(*item.as_string());
  }
  return names;
}

/// `hive_descriptor(file, table)`: checks it and gives what exporters use of it.
int hive_descriptor(Call& call) {
  const std::string file(call.string(1));
  const tables::TableDescriptor read = read_descriptor(call, file, 2);
  if (const Result<void> hive = tables::require_type(read, "hive", file); !hive) {
    call.fail(hive.error().message());
  }
  // Before anything is written: what is found while a table is registered is found too late.
  if (const Result<void> types = tables::check_types(read, file); !types) {
    call.fail(types.error().message());
  }
  Json names = Json::array();
  for (const std::string& column : read.partition_columns) {
    names.push_back(column);
  }
  Json answer = Json::object();
  answer.set("name", read.name).set("path", read.path).set("partition_columns", std::move(names));
  call.push(answer);
  return 1;
}

/// `layout(path, columns)`: `{prefix=, place=function(path, size_bytes)}`. `place` gives the
/// partition with the prefix before it, `""` in a table without columns, or nil for what is no
/// data.
int make_layout(Call& call) {
  const auto layout =
      std::make_shared<const tables::PartitionLayout>(call.string(1), columns(call, 2));
  call.push_table(0, 2);
  call.push(layout->prefix());
  call.set_field("prefix");
  call.push_function([layout](Call& each) {
    const std::string_view path = each.string(1);
    // What has no known size is taken for data.
    const auto size_bytes = static_cast<std::uint64_t>(std::max(0.0, each.number_or(2, 1)));
    each.charge_bytes(path.size());
    const tables::PartitionLayout::Place place = layout->place(path, size_bytes);
    if (place.kind != tables::PartitionLayout::Kind::kData) {
      each.push_nil();
    } else if (!layout->partitioned()) {
      each.push("");
    } else {
      each.push(path.substr(0, layout->prefix().size() + place.partition.size()));
    }
    return 1;
  });
  call.set_field("place");
  return 1;
}

/// `export_uri(base, ref, commit)`.
int make_export_uri(Call& call) {
  call.push(call.unwrap(tables::export_uri({.repository_id = {},
                                            .ref = std::string(call.string_or(2, "")),
                                            .commit_id = std::string(call.string_or(3, "")),
                                            .base_uri = std::string(call.string_or(1, ""))})));
  return 1;
}

/// `parse_uri(uri)`: `{protocol=, bucket=, key=}`.
int parse_uri(Call& call) {
  const tables::StorageUri uri = call.unwrap(tables::parse_storage_uri(call.string(1)));
  Json answer = Json::object();
  answer.set("protocol", uri.protocol).set("bucket", uri.bucket).set("key", uri.key);
  call.push(answer);
  return 1;
}

/// `table_input(file, descriptor, name, location, create_table_input)`.
int make_table_input(Call& call) {
  const std::string file(call.string(1));
  const tables::TableDescriptor read = read_descriptor(call, file, 2);
  const tables::GlueTable table{.name = std::string(call.string(3)),
                                .location = std::string(call.string(4))};
  call.push(call.unwrap(tables::make_table_input(read, file, table, call.json(5))));
  return 1;
}

/// What an export of manifests works with; lives as long as it runs.
struct NativeExport {
  ApiReader reader;
  S3ManifestWriter writer;
  /// Keys for the script's debug lines, and how many did not fit.
  std::vector<std::string> keys = {};
  std::size_t key_bytes = 0;
  std::size_t keys_left_out = 0;
  /// Of the manifests, for who registers them later.
  std::vector<std::string> folders = {};
  std::size_t folder_bytes = 0;
};

constexpr std::size_t kKeyBytesMax = kMiB;
// Beyond these an export is listed again instead of remembered.
constexpr std::size_t kFolderBytesMax = 4 * kMiB;
constexpr std::size_t kRememberedExportsMax = 16;

Task<Result<tables::ExportCounts>> run_export(Context ctx, std::shared_ptr<NativeExport> self,
                                              tables::SymlinkExport spec) {
  co_return co_await tables::export_symlinks(std::move(ctx), self->reader, self->writer,
                                             std::move(spec));
}

/// `export_symlinks(list_objects, put_object, spec)`: when both functions are the server's own,
/// writes all manifests side by side and answers counts (and `keys`, when `spec.debug`); nil when
/// the script has to do it with functions of its own.
int export_symlinks(Call& call) {
  const auto* list = call.native<ListObjects>(1);
  const auto* put = call.native<S3PutObject>(2);
  if (list == nullptr || put == nullptr) {
    call.push_nil();
    return 1;
  }
  const ExportSpec spec = read_spec(call, 3);
  tables::StorageUri location = call.unwrap(tables::parse_storage_uri(spec.uri));
  require_s3(call, location, spec.uri);
  Session& session = *list->session;
  const auto work = std::make_shared<NativeExport>(
      NativeExport{ApiReader(session.host().services.api, std::string(session.host().ctx.user()),
                             spec.repository, spec.commit),
                   S3ManifestWriter(put->handle.client)});
  tables::SymlinkExport job{.layout = spec.layout,
                            .table_name = spec.table,
                            .location = std::move(location),
                            .keep_table_path = spec.keep_table_path,
                            .on_manifest = {}};
  job.on_partition = [work = work.get()](std::string_view partition) {
    work->folder_bytes += partition.size();
    if (work->folder_bytes <= kFolderBytesMax) {
      work->folders.emplace_back(partition);
    }
  };
  session.exported_folders().erase(spec.base());
  if (spec.debug) {
    job.on_manifest = [work = work.get()](std::string_view key) {
      if (work->key_bytes + key.size() > kKeyBytesMax) {
        ++work->keys_left_out;
        return;
      }
      work->key_bytes += key.size();
      work->keys.emplace_back(key);
    };
  }
  std::function<Task<Result<tables::ExportCounts>>(Context)> start = [work, job](Context ctx) {
    return run_export(std::move(ctx), work, job);
  };
  const tables::ExportCounts counts =
      call.unwrap(session.await<tables::ExportCounts>(call, std::move(start)));
  if (work->folder_bytes <= kFolderBytesMax &&
      session.exported_folders().size() < kRememberedExportsMax) {
    session.exported_folders()[spec.base()] = std::move(work->folders);
  }
  Json keys = Json::array();
  for (std::string& key : work->keys) {
    keys.push_back(std::move(key));
  }
  Json answer = Json::object();
  answer.set("manifests", counts.manifests).set("objects", counts.objects);
  answer.set("keys", std::move(keys)).set("keys_left_out", work->keys_left_out);
  call.push(answer);
  return 1;
}

/// What a function does to the row of a tree, on the session's loop.
using JournalWork = std::function<Task<Result<void>>(tables::ExportJournal&, Context, ExportSpec)>;

int with_journal(const SessionPtr& session, Call& call, JournalWork work) {
  tables::ExportJournal* journal = session->host().services.journal;
  if (journal == nullptr) {
    return 0;
  }
  const ExportSpec spec = read_spec(call, 1);
  std::function<Task<Result<void>>(Context)> start = [journal, spec,
                                                      work = std::move(work)](Context ctx) {
    return work(*journal, std::move(ctx), spec);
  };
  if (Result<void> done = session->await<void>(call, std::move(start)); !done) {
    call.fail(done.error().message());
  }
  return 0;
}

/// `begin_export(spec)`, before the first manifest.
int begin_export(const SessionPtr& session, Call& call) {
  return with_journal(
      session, call, [](tables::ExportJournal& journal, Context ctx, ExportSpec spec) {
        return journal.begin(std::move(ctx), spec.repository, spec.tree(), spec.commit);
      });
}

/// `finish_export(spec)`, after the last one.
int finish_export(const SessionPtr& session, Call& call) {
  return with_journal(session, call,
                      [](tables::ExportJournal& journal, Context ctx, ExportSpec spec) {
                        return journal.finish(std::move(ctx), spec.repository, spec.tree());
                      });
}

Task<Result<void>> require_whole(tables::ExportJournal& journal, Context ctx, ExportSpec spec) {
  std::string tree = spec.tree();
  TARN_CO_TRY(const std::optional<tables::ExportJournal::Open> open,
              co_await journal.find(std::move(ctx), spec.repository, tree));
  if (open) {
    co_return Error::with_message(
        kInvalid, fmt::format("the export of commit {} to {} began at {} and did not end: its "
                              "manifests are not all there, export them again",
                              open->commit, tree, open->began));
  }
  co_return Result<void>();
}

/// `require_whole_export(spec)`: raises when the export of the tree began and did not end.
int require_whole_export(const SessionPtr& session, Call& call) {
  return with_journal(session, call, require_whole);
}

}  // namespace

Module export_module(const SessionPtr& session) {
  using Function = int (*)(const SessionPtr&, Call&);
  const auto bind = [&session](Function function) -> NativeFunction {
    return [session, function](Call& call) { return function(session, call); };
  };
  Module module{"lakefs/catalogexport/core",
                {{"hive_descriptor", hive_descriptor},
                 {"layout", make_layout},
                 {"export_uri", make_export_uri},
                 {"parse_uri", parse_uri},
                 {"table_input", make_table_input},
                 {"export_symlinks", export_symlinks},
                 {"begin_export", bind(begin_export)},
                 {"finish_export", bind(finish_export)},
                 {"require_whole_export", bind(require_whole_export)}}};
  for (NamedFunction& function : export_glue_functions()) {
    module.functions.push_back(std::move(function));
  }
  for (NamedFunction& function : export_iceberg_functions()) {
    module.functions.push_back(std::move(function));
  }
  return module;
}

}  // namespace tarn::actions::lua
