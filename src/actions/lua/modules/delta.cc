#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/modules/server_functions.h"
#include "runtime/parallel.h"
#include "tables/delta_action.h"
#include "tables/delta_checkpoint.h"
#include "tables/export_location.h"

#include <fmt/format.h>

#include <algorithm>

// `lakefs/catalogexport/delta_core`: what delta_exporter.lua needs of the server. Scripts can call
// it, too; it does nothing for them that they could not do otherwise.

namespace tarn::actions::lua {
namespace {

constexpr std::size_t kStatsAtOnce = 16;
constexpr std::size_t kWritesAtOnce = 16;
/// What an answer about one object takes, at most.
constexpr std::size_t kStatBytesMax = kMiB;
/// What a path and its answer take while they are looked up, about.
constexpr std::size_t kBytesPerStat = 512;

std::vector<tables::DeltaFile> files_of(Call& call, std::string_view line) {
  call.charge_bytes(2 * line.size());
  return call.unwrap(tables::find_delta_files(line));
}

/// `files(line)`: a list of `{kind=, path=, vector={type=, path=}}` of what an action names.
int files(Call& call) {
  const std::vector<tables::DeltaFile> found = files_of(call, call.string(1));
  Json list = Json::array();
  for (const tables::DeltaFile& file : found) {
    Json entry = Json::object({{"kind", file.kind}, {"path", file.path}});
    if (file.vector) {
      entry.set("vector", Json::object({{"type", file.vector->storage_type},
                                        {"path", file.vector->path_or_inline}}));
    }
    list.push_back(std::move(entry));
  }
  call.push(list);
  return 1;
}

tables::TextEdit text_edit(tables::TextSpan at, std::string_view text) {
  tables::TextEdit edit{.at = at, .text = {}};
  append_json_string(edit.text, text);
  return edit;
}

/// `rewrite(line, places)`: the action with the `path` and `vector` URIs of `places`, a list
/// parallel to that of `files`; what has none stays.
int rewrite(Call& call) {
  const std::string_view line = call.string(1);
  const std::vector<tables::DeltaFile> found = files_of(call, line);
  const Json places = call.json(2);
  if (!found.empty() && places.items().size() != found.size()) {
    call.argument_error(2, "a place for each file expected");
  }
  std::vector<tables::TextEdit> edits;
  std::size_t bytes = line.size();
  for (std::size_t at = 0; at < found.size(); ++at) {
    const Json& place = places.items()[at];
    const Json* path = place.find("path");
    if (path != nullptr && path->is_string()) {
      edits.push_back(text_edit(found[at].path_at, *path->as_string()));
    }
    const Json* vector = place.find("vector");
    if (vector != nullptr && vector->is_string() && found[at].vector) {
      edits.push_back(text_edit(found[at].vector->storage_type_at, "p"));
      edits.push_back(text_edit(found[at].vector->path_at, *vector->as_string()));
    }
  }
  for (const tables::TextEdit& edit : edits) {
    bytes += edit.text.size();
  }
  call.engine().require_room(bytes);
  std::ranges::sort(edits, {}, [](const tables::TextEdit& edit) { return edit.at.begin; });
  call.push(tables::rewrite_json(line, edits));
  return 1;
}

/// `make_checkpoint(version, lines)`: a checkpoint of these actions, Parquet, and what
/// `_last_checkpoint` says of it.
int make_checkpoint(Call& call) {
  const std::int64_t version = call.whole_number(1);
  const std::string_view lines = call.string(2);
  // What is written is some smaller than the lines; a part of them is there once more as columns.
  call.engine().require_room(2 * lines.size());
  call.charge_bytes(2 * lines.size());
  tables::DeltaCheckpointWriter writer;
  if (Result<void> added = writer.add(lines); !added) {
    call.fail(added.error().message());
  }
  const tables::DeltaCheckpointWriter::Made made =
      writer.finish(static_cast<std::uint64_t>(version));
  call.push(made.parquet);
  call.push(made.hint);
  return 2;
}

struct Stat {
  unsigned status = 0;
  std::string address;
};

/// What a series of requests works with; lives as long as they run.
struct StatJob {
  ApiCaller& api;
  std::string user;
  std::string repository;
  std::string ref;
  std::vector<std::string> paths;
  std::vector<Stat> stats;
};

Task<Result<void>> stat_one(Context ctx, std::shared_ptr<StatJob> job, std::size_t at) {
  ApiTarget target;
  target.segment(job->repository).literal("/refs").segment(job->ref).literal("/objects/stat");
  target.parameter("path", job->paths[at]);
  ApiRequest request{.method = "GET",
                     .target = std::move(target).str(),
                     .body = {},
                     .user = job->user,
                     .response_bytes_max = kStatBytesMax};
  TARN_CO_TRY(const ApiResponse response,
              co_await job->api.call(std::move(ctx), std::move(request)));
  Stat& stat = job->stats[at];
  stat.status = response.status;
  if (response.status == 200) {
    TARN_CO_TRY(const Json body, parse_json(response.body));
    TARN_CO_TRY(stat.address, body.get_string("physical_address"));
  }
  co_return Result<void>();
}

Task<Result<void>> stat_all(Context ctx, std::shared_ptr<StatJob> job) {
  std::function<Task<Result<void>>(std::size_t)> work = [&ctx, &job](std::size_t at) {
    return stat_one(ctx, job, at);
  };
  co_return co_await parallel_for(job->paths.size(), kStatsAtOnce, work);
}

/// `stat_objects(stat_object, repository, ref, paths)`: when the function is the server's own, asks
/// for the objects side by side and answers a list of status codes and one of addresses (empty
/// where there is none); nil when the script has to do it with a function of its own.
int stat_objects(Call& call) {
  const auto* own = call.native<StatObject>(1);
  if (own == nullptr) {
    call.push_nil();
    return 1;
  }
  Session& session = *own->session;
  const auto job = std::make_shared<StatJob>(StatJob{.api = session.host().services.api,
                                                     .user = std::string(session.host().ctx.user()),
                                                     .repository = std::string(call.string(2)),
                                                     .ref = std::string(call.string(3)),
                                                     .paths = {},
                                                     .stats = {}});
  call.require_table(4);
  const Json paths = call.json(4);
  for (const Json& path : paths.items()) {
    if (!path.is_string()) {
      call.argument_error(4, "a list of paths expected");
    }
    call.charge_bytes(path.as_string()->size());
    job->paths.push_back(*path.as_string());
  }
  call.engine().require_room(job->paths.size() * kBytesPerStat);
  job->stats.resize(job->paths.size());
  std::function<Task<Result<void>>(Context)> start = [job](Context ctx) {
    return stat_all(std::move(ctx), job);
  };
  if (Result<void> done = session.await<void>(call, std::move(start)); !done) {
    call.fail(done.error().message());
  }
  Json codes = Json::array();
  Json addresses = Json::array();
  for (Stat& stat : job->stats) {
    codes.push_back(stat.status);
    addresses.push_back(std::move(stat.address));
  }
  call.push(codes);
  call.push(addresses);
  return 2;
}

struct PutJob {
  std::shared_ptr<aws::S3Client> client;
  std::string bucket;
  std::vector<std::string> keys;
  std::vector<Bytes> texts;
};

Task<Result<void>> put_all(Context ctx, std::shared_ptr<PutJob> job) {
  std::function<Task<Result<void>>(std::size_t)> work = [&ctx, &job](std::size_t at) {
    return put_s3_object(ctx, job->client, job->bucket, job->keys[at], std::move(job->texts[at]));
  };
  co_return co_await parallel_for(job->keys.size(), kWritesAtOnce, work);
}

/// `put_objects(write_object, bucket, keys, texts)`: when the function is that of the server's own
/// S3 client, writes the objects side by side and answers true; false when the script has to do it.
int put_objects(Call& call) {
  const auto* put = call.native<S3PutObject>(1);
  if (put == nullptr) {
    call.push(false);
    return 1;
  }
  const auto job = std::make_shared<PutJob>();
  job->client = put->handle.client;
  job->bucket = call.string(2);
  const Json keys = call.json(3);
  const Json texts = call.json(4);
  if (keys.items().size() != texts.items().size()) {
    call.argument_error(4, "a text for each key expected");
  }
  for (std::size_t at = 0; at < keys.items().size(); ++at) {
    const std::string* key = keys.items()[at].as_string();
    const std::string* text = texts.items()[at].as_string();
    if (key == nullptr || text == nullptr) {
      call.argument_error(3, "lists of keys and texts expected");
    }
    // There is a copy in `texts` already, and another is on its way.
    call.engine().require_room(3 * text->size());
    call.charge_bytes(text->size());
    job->keys.push_back(*key);
    job->texts.push_back(*text);
  }
  std::function<Task<Result<void>>(Context)> start = [job](Context ctx) {
    return put_all(std::move(ctx), job);
  };
  if (Result<void> done = put->handle.session->await<void>(call, std::move(start)); !done) {
    call.fail(done.error().message());
  }
  call.push(true);
  return 1;
}

/// `check_writer(write_object, uri)`: raises when the server's own S3 client is to write where
/// there is no S3.
int check_writer(Call& call) {
  const std::string uri(call.string(2));
  const tables::StorageUri place = call.unwrap(tables::parse_storage_uri(uri));
  if (call.native<S3PutObject>(1) != nullptr &&
      (place.protocol == "local" || place.protocol == "mem")) {
    call.fail(fmt::format(
        "cannot export to {} with an S3 client: set action.storage_namespace to another place",
        uri));
  }
  return 0;
}

}  // namespace

Module delta_module(const SessionPtr& /*session*/) {
  return {"lakefs/catalogexport/delta_core",
          {{"files", files},
           {"rewrite", rewrite},
           {"make_checkpoint", make_checkpoint},
           {"stat_objects", stat_objects},
           {"put_objects", put_objects},
           {"check_writer", check_writer}}};
}

}  // namespace tarn::actions::lua
