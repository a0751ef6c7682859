#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/transfer/presign.h"
#include "ctl/transfer/workers.h"

#include <algorithm>
#include <atomic>

namespace tarn::ctl {
namespace {

constexpr std::int64_t kPageMax = 1000;

FlagSpec presign_flag() {
  return {.name = "pre-sign",
          .kind = FlagKind::kBool,
          .fallback = "true",
          .text = "Use signed URLs of the object store if the server supports them"};
}

FlagSpec recursive_flag(std::string_view text) {
  return {.name = "recursive", .letter = 'r', .kind = FlagKind::kBool, .text = text};
}

api::ListObjectsRequest list_request(const LakefsUri& uri) {
  api::ListObjectsRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.prefix = *uri.path;
  request.amount = kPageMax;
  request.after = "";
  return request;
}

std::string render_row(const Console& console, const api::dto::ObjectStats& entry,
                       std::string_view name) {
  const std::string path = console.paint(color::kYellow, name);
  const std::string type = pad(api::to_string(entry.path_type), 12);
  if (entry.path_type != api::dto::PathType::kObject) {
    return fmt::format("{}    {:44}    {}\n", type, "", path);
  }
  const auto size = static_cast<std::uint64_t>(entry.size_bytes.value_or(0));
  return fmt::format("{}    {}    {}    {}\n", type, pad(format_date(entry.mtime), 29),
                     pad(human_size(size), 12), path);
}

Result<void> list(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  const bool recursive = call.flags.boolean("recursive");
  api::ListObjectsRequest request = list_request(uri);
  request.delimiter = recursive ? "" : "/";
  const std::size_t cut = recursive ? 0 : uri.path->rfind('/') + 1;  // 0 without a slash
  for (;;) {
    TARN_TRY(const api::dto::ObjectStatsList page,
             ctl.session().call<api::ops::ListObjects>(request));
    for (const api::dto::ObjectStats& entry : page.results) {
      const std::string_view path = entry.path;
      ctl.console.print(render_row(ctl.console, entry, path.substr(std::min(cut, path.size()))));
    }
    if (!page.pagination.has_more) {
      return {};
    }
    request.after = page.pagination.next_offset;
  }
}

Result<api::dto::ObjectStats> stat_object(Ctl& ctl, const LakefsUri& uri, bool presign) {
  api::StatObjectRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.path = *uri.path;
  request.presign = presign;
  return ctl.session().call<api::ops::StatObject>(request);
}

Result<void> stat(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  TARN_TRY(const PreSign presign,
           negotiate_presign(ctl, call.flags.boolean("pre-sign"), uri.repository));
  TARN_TRY(const api::dto::ObjectStats stats, stat_object(ctl, uri, presign.on));
  ctl.console.print(render_stats(ctl.console, stats));
  return {};
}

Result<void> presign_object(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  TARN_TRY(const PreSign presign, negotiate_presign(ctl, true, uri.repository));
  if (!presign.on) {
    return failure("Pre-signed URL support is currently disabled for this lakeFS server");
  }
  TARN_TRY(const api::dto::ObjectStats stats, stat_object(ctl, uri, true));
  ctl.console.print(fmt::format("{}\n", stats.physical_address));
  return {};
}

Result<void> cat(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  TARN_TRY(const PreSign presign,
           negotiate_presign(ctl, call.flags.boolean("pre-sign"), uri.repository));
  api::GetObjectRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.path = *uri.path;
  request.presign = presign.on;
  Call get = ctl.session().prepare(api::encode_call(request));
  get.sink = [&ctl](ByteView bytes) { return ctl.console.write_through(bytes); };
  TARN_TRY(const Answer answer, ctl.session().exchange(get));
  return Session::check_status(answer, 200);
}

/// Deletes all objects under the prefix as it is written, `width` requests at a time.
Result<void> remove_recursively(Ctl& ctl, const LakefsUri& uri, std::size_t width) {
  api::ListObjectsRequest request = list_request(uri);
  request.user_metadata = false;
  std::atomic<bool> failed = false;
  const auto remove_paths = [&](std::vector<std::string> paths) {
    api::DeleteObjectsRequest removal;
    removal.repository = uri.repository;
    removal.branch = *uri.ref;
    removal.body.paths = std::move(paths);
    const Result<api::dto::ObjectErrorList> done =
        ctl.session().call<api::ops::DeleteObjects>(removal);
    if (!done) {
      failed = true;
      const std::string text = done.error().message();
      ctl.console.complain(
          fmt::format("rm objects - {}\n", is_api_error(done.error()) ? api_message(text) : text));
      return;
    }
    for (const api::dto::ObjectError& error : done->errors) {
      failed = true;
      ctl.console.complain(fmt::format("rm {}: [{}] {}\n", error.path.value_or(""),
                                       error.status_code, error.message));
    }
  };
  for (bool more = true; more;) {
    std::vector<std::vector<std::string>> batches;
    while (more && batches.size() < width) {
      TARN_TRY(const api::dto::ObjectStatsList page,
               ctl.session().call<api::ops::ListObjects>(request));
      std::vector<std::string>& batch = batches.emplace_back();
      for (const api::dto::ObjectStats& entry : page.results) {
        batch.push_back(entry.path);
      }
      if (batch.empty()) {
        batches.pop_back();
      }
      more = page.pagination.has_more;
      request.after = page.pagination.next_offset;
    }
    TARN_CHECK_OK(run_parallel(batches.size(), width, [&](std::size_t index) -> Result<void> {
      remove_paths(std::move(batches[index]));
      return {};
    }));
  }
  if (failed) {
    return Error(kReported);
  }
  return {};
}

Result<void> remove(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  if (call.flags.boolean("recursive")) {
    const std::int64_t width = call.flags.integer("concurrency");
    if (width < 1) {
      return failure(fmt::format("Invalid value for concurrency ({}), minimum is 1.\n", width));
    }
    return remove_recursively(ctl, uri,
                              static_cast<std::size_t>(std::min<std::int64_t>(width, 64)));
  }
  api::DeleteObjectRequest request;
  request.repository = uri.repository;
  request.branch = *uri.ref;
  request.path = *uri.path;
  TARN_CHECK_OK(ctl.session().call<api::ops::DeleteObject>(request));
  return {};
}

Result<void> stage(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  TARN_TRY(Metadata metadata, parse_metadata(call.flags.list("meta")));
  TARN_TRY(const api::dto::Repository repository,
           ctl.session().call<api::ops::GetRepository>({.repository = uri.repository}));
  const std::string location = call.flags.text("location");
  if (location.starts_with(repository.storage_namespace)) {
    return failure("The staged object must be outside the repository's storage namespace");
  }
  api::StageObjectRequest request;
  request.repository = uri.repository;
  request.branch = *uri.ref;
  request.path = *uri.path;
  request.body.physical_address = location;
  request.body.checksum = call.flags.text("checksum");
  request.body.size_bytes = call.flags.integer("size");
  request.body.content_type = call.flags.text("content-type");
  request.body.metadata = std::move(metadata);
  if (const std::int64_t mtime = call.flags.integer("mtime"); mtime != 0) {
    request.body.mtime = mtime;
  }
  TARN_TRY(const api::dto::ObjectStats stats, ctl.session().call<api::ops::StageObject>(request));
  ctl.console.print(render_stats(ctl.console, stats));
  return {};
}

Result<void> update_metadata(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  api::UpdateObjectUserMetadataRequest request;
  request.repository = uri.repository;
  request.branch = *uri.ref;
  request.path = *uri.path;
  for (const std::string& pair : call.flags.list("metadata")) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) {
      return failure(fmt::format("expected <key>=<value>, got {}", pair));
    }
    request.body.set[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  TARN_CHECK_OK(ctl.session().call<api::ops::UpdateObjectUserMetadata>(request));
  return {};
}

}  // namespace

std::vector<Command> fs_commands() {
  return {
      {.words = "fs", .summary = "Work with objects"},
      {.words = "fs ls",
       .usage = "<path URI>",
       .summary = "List objects and common prefixes",
       .arguments = {1, 1},
       .flags = {recursive_flag("List all objects under the path")},
       .run = list},
      {.words = "fs stat",
       .usage = "<path URI>",
       .summary = "Show what is known about an object",
       .arguments = {1, 1},
       .flags = {presign_flag()},
       .run = stat},
      {.words = "fs presign",
       .usage = "<path URI>",
       .summary = "Print a signed URL of an object",
       .arguments = {1, 1},
       .run = presign_object},
      {.words = "fs cat",
       .usage = "<path URI>",
       .summary = "Write an object to stdout",
       .arguments = {1, 1},
       .flags = {presign_flag()},
       .run = cat},
      {.words = "fs rm",
       .usage = "<path URI>",
       .summary = "Delete an object, or everything whose path begins so",
       .arguments = {1, 1},
       .flags = {recursive_flag("Delete everything that begins with the path"),
                 {.name = "concurrency",
                  .letter = 'C',
                  .kind = FlagKind::kInt,
                  .fallback = "50",
                  .text = "How many requests at a time"}},
       .run = remove},
      {.words = "fs stage",
       .usage = "<path URI>",
       .summary = "Link an object that lies outside of the repository",
       .arguments = {1, 1},
       .flags = {{.name = "location", .text = "Where the object lies", .required = true},
                 {.name = "size", .kind = FlagKind::kInt, .text = "Its bytes", .required = true},
                 {.name = "checksum", .text = "Its checksum, in hexadecimal", .required = true},
                 {.name = "mtime",
                  .kind = FlagKind::kInt,
                  .fallback = "0",
                  .text = "When it was changed, in seconds since 1970"},
                 {.name = "content-type", .text = "Its media type"},
                 {.name = "meta",
                  .kind = FlagKind::kStrings,
                  .text = "Metadata as key=value pairs"}},
       .run = stage,
       .hidden = true},
      {.words = "fs update-metadata",
       .usage = "<path URI>",
       .summary = "Replace the user metadata of an object",
       .arguments = {1, 1},
       .flags = {{.name = "metadata",
                  .kind = FlagKind::kStrings,
                  .text = "Metadata as key=value pairs"}},
       .run = update_metadata,
       .hidden = true},
  };
}

}  // namespace tarn::ctl
