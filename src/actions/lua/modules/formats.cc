#include "actions/lua/modules/api_reader.h"
#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/value.h"
#include "base/json.h"
#include "runtime/parallel.h"
#include "tables/delta_checkpoint.h"
#include "tables/delta_log.h"
#include "tables/partition.h"

#include <fmt/format.h>

#include <algorithm>

// `formats`: the log of a Delta table as the hook's user may read it.

namespace tarn::actions::lua {
namespace {

constexpr std::size_t kReadsAtOnce = 16;
/// Of files that are read together; a larger one is read alone.
constexpr std::size_t kBatchBytesMax = 8 * kMiB;
/// Of a checkpoint's lines that are made together, about.
constexpr std::size_t kPartBytes = kMiB;
/// What a file of a checkpoint may become, beside the script's memory.
constexpr tables::ParquetLimits kCheckpointLimits{.budget_bytes = 512 * kMiB};
/// What a version takes in a listing, about.
constexpr std::size_t kBytesPerVersion = 128;

using tables::delta_file_name;

/// The log of one table.
class DeltaLog {
 public:
  DeltaLog(SessionPtr session, std::string repository, std::string ref, std::string_view path)
      : session_(std::move(session)),
        prefix_(fmt::format("{}{}", path, path.empty() ? "" : "/")),
        folder_(prefix_ + std::string(tables::kDeltaLogFolder)),
        name_(fmt::format("lakefs://{}/{}/{}", repository, ref, folder_)),
        reader_(std::make_shared<ApiReader>(session_->host().services.api,
                                            std::string(session_->host().ctx.user()),
                                            std::move(repository), std::move(ref))) {}

  /// Pushes a table from version to list of actions, the metadata, and, when the log has lost its
  /// beginning and no checkpoint has it, what is missing, and of a log that begins with a
  /// checkpoint, whose actions are those of its first version, what it is.
  int push(Call& call);

 private:
  tables::DeltaListing list(Call& call) const;
  /// What is left of a log without a beginning; `incomplete` tells.
  tables::DeltaLog rest(Call& call, const tables::DeltaListing& found, std::string& incomplete);
  std::vector<Bytes> read(Call& call, std::vector<std::string> paths) const;
  void push_versions(Call& call, const tables::DeltaLog& log, std::uint64_t first);
  void push_checkpoint(Call& call, const tables::DeltaCheckpoint& checkpoint);
  /// Appends lines of a file of it to the table on the stack.
  void push_part(Call& call, const std::string& path, std::vector<std::string>& sidecars,
                 int& count);
  /// Pushes the actions of a file; remembers the last metaData.
  void push_actions(Call& call, std::string_view file, std::string_view text);
  void push_lines(Call& call, std::string_view file, std::string_view text, int& count);
  Json metadata(Call& call) const;
  std::string_view file_of(std::string_view path) const { return path.substr(folder_.size()); }
  [[noreturn]] void fail(Call& call, const Error& error) const {
    call.fail(fmt::format("Delta log {}: {}", name_, error.message()));
  }

  SessionPtr session_;
  /// Of the table, and its log's.
  std::string prefix_;
  std::string folder_;
  /// For messages.
  std::string name_;
  std::shared_ptr<ApiReader> reader_;
  Json metadata_;
};

/// Keeps the reader.
Task<Result<tables::DeltaListing>> list_folder(Context ctx, std::shared_ptr<ApiReader> reader,
                                               std::string prefix) {
  co_return co_await tables::list_delta_folder(std::move(ctx), *reader, std::move(prefix));
}

tables::DeltaListing DeltaLog::list(Call& call) const {
  std::function<Task<Result<tables::DeltaListing>>(Context)> start =
      [reader = reader_, prefix = prefix_](Context ctx) {
        return list_folder(std::move(ctx), reader, prefix);
      };
  Result<tables::DeltaListing> found =
      session_->await<tables::DeltaListing>(call, std::move(start));
  if (!found) {
    fail(call, found.error());
  }
  call.engine().require_room(found->sizes.size() * kBytesPerVersion);
  return *std::move(found);
}

struct ReadJob {
  std::shared_ptr<ApiReader> reader;
  std::vector<std::string> paths;
  std::vector<Bytes> contents;
};

Task<Result<void>> read_one(Context ctx, std::shared_ptr<ReadJob> job, std::size_t at) {
  Result<Bytes> content = co_await job->reader->get(std::move(ctx), job->paths[at]);
  if (!content) {
    co_return std::move(content).error().wrap(job->paths[at]);
  }
  job->contents[at] = *std::move(content);
  co_return Result<void>();
}

Task<Result<void>> read_all_of(Context ctx, std::shared_ptr<ReadJob> job) {
  std::function<Task<Result<void>>(std::size_t)> work = [&ctx, &job](std::size_t at) {
    return read_one(ctx, job, at);
  };
  co_return co_await parallel_for(job->paths.size(), kReadsAtOnce, work);
}

std::vector<Bytes> DeltaLog::read(Call& call, std::vector<std::string> paths) const {
  const auto job = std::make_shared<ReadJob>();
  job->reader = reader_;
  job->contents.resize(paths.size());
  job->paths = std::move(paths);
  std::function<Task<Result<void>>(Context)> start = [job](Context ctx) {
    return read_all_of(std::move(ctx), job);
  };
  const Result<void> done = session_->await<void>(call, std::move(start));
  if (!done) {
    fail(call, done.error());
  }
  return std::move(job->contents);
}

void DeltaLog::push_lines(Call& call, std::string_view file, std::string_view text, int& count) {
  lua_State* L = call.lua();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    call.charge_bytes(2 * line.size());
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    ++count;
    if (find_json_error(line)) {
      call.fail(fmt::format("Delta log {}{}: action {} is no JSON", name_, file, count));
    }
    if (line.find("\"metaData\"") != std::string_view::npos) {
      const Json action = call.unwrap(parse_json(line));
      const Json* found = action.find("metaData");
      if (found != nullptr && found->is_object()) {
        metadata_ = *found;
      }
    }
    lua_pushlstring(L, line.data(), line.size());
    lua_rawseti(L, -2, count);
  }
}

void DeltaLog::push_actions(Call& call, std::string_view file, std::string_view text) {
  push_array_table(call.lua(), 0);
  int count = 0;
  push_lines(call, file, text, count);
}

void DeltaLog::push_part(Call& call, const std::string& path, std::vector<std::string>& sidecars,
                         int& count) {
  const auto fail_at = [&](const Error& error) {
    call.fail(fmt::format("Delta log {}{}: {}", name_, file_of(path), error.message()));
  };
  Bytes content = std::move(read(call, {path})[0]);
  call.engine().require_room(2 * content.size());
  if (path.ends_with(".json")) {
    const Result<Bytes> lines = tables::take_sidecars(std::move(content), sidecars);
    if (!lines) {
      fail_at(lines.error());
    }
    push_lines(call, file_of(path), *lines, count);
    return;
  }
  Result<tables::DeltaCheckpointReader> reader =
      tables::DeltaCheckpointReader::open(std::move(content), kCheckpointLimits);
  if (!reader) {
    fail_at(reader.error());
  }
  while (true) {
    Bytes lines;
    const Result<bool> more = reader->next(lines, kPartBytes);
    if (!more) {
      fail_at(more.error());
    }
    if (!*more) {
      return;
    }
    const Result<Bytes> kept = tables::take_sidecars(std::move(lines), sidecars);
    if (!kept) {
      fail_at(kept.error());
    }
    push_lines(call, file_of(path), *kept, count);
  }
}

void DeltaLog::push_checkpoint(Call& call, const tables::DeltaCheckpoint& checkpoint) {
  push_array_table(call.lua(), 0);
  int count = 0;
  std::vector<std::string> sidecars;
  for (const std::string& path : checkpoint.paths) {
    push_part(call, path, sidecars, count);
  }
  std::vector<std::string> none;
  for (const std::string& name : sidecars) {
    push_part(call, fmt::format("{}_sidecars/{}", folder_, name), none, count);
  }
}

void DeltaLog::push_versions(Call& call, const tables::DeltaLog& log, std::uint64_t first) {
  lua_State* L = call.lua();
  while (first < log.end) {
    std::vector<std::string> paths;
    std::size_t bytes = 0;
    while (first + paths.size() < log.end && paths.size() < kReadsAtOnce &&
           (paths.empty() || bytes + log.sizes.at(first + paths.size()) <= kBatchBytesMax)) {
      bytes += log.sizes.at(first + paths.size());
      paths.push_back(log.path_of(first + paths.size()));
    }
    // Once as it arrives, once inside Lua.
    call.engine().require_room(2 * bytes);
    const std::vector<Bytes> contents = read(call, std::move(paths));
    for (const Bytes& content : contents) {
      lua_pushnumber(L, static_cast<double>(first));
      push_actions(call, delta_file_name(first), content);
      lua_rawset(L, -3);
      ++first;
    }
  }
}

tables::DeltaLog DeltaLog::rest(Call& call, const tables::DeltaListing& found,
                                std::string& incomplete) {
  const std::uint64_t first = found.sizes.begin()->first;
  if (found.unbroken_from() != first) {
    std::uint64_t missing = first;
    while (found.sizes.contains(missing)) {
      ++missing;
    }
    call.fail(fmt::format("Delta log {}: {} is missing", name_, delta_file_name(missing)));
  }
  std::string why = "there is no checkpoint";
  if (const auto hole = found.checkpoints.hole()) {
    why = fmt::format("of what they held {} is missing", file_of(hole->missing));
  } else if (!found.checkpoints.empty()) {
    why = fmt::format("{} is of before them",
                      file_of(found.checkpoints.whole().front().paths.front()));
  }
  incomplete = fmt::format("Delta log {}: versions before {} were cleaned up; {}", name_,
                           delta_file_name(first), why);
  tables::DeltaLog log{.prefix = prefix_, .sizes = found.sizes};
  log.end = found.sizes.rbegin()->first + 1;
  log.unbroken_from = first;
  return log;
}

Json DeltaLog::metadata(Call& call) const {
  const auto text = [this](std::string_view name) { return Json(metadata_.string_or(name, "")); };
  const auto part = [this, &call](std::string_view name, Json empty) {
    const Json* found = metadata_.find(name);
    if (found == nullptr || found->is_null()) {
      return empty;
    }
    if (found->type() != empty.type()) {
      call.fail(
          fmt::format("Delta log {}: metaData.{} is no {}", name_, name, to_string(empty.type())));
    }
    return *found;
  };
  Json out = Json::object();
  out.set("id", text("id")).set("name", text("name")).set("description", text("description"));
  out.set("schema_string", text("schemaString"));
  out.set("partition_columns", part("partitionColumns", Json::array()));
  out.set("configuration", part("configuration", Json::object()));
  if (const Json* created = metadata_.find("createdTime"); created != nullptr) {
    out.set("created_time", *created);
  }
  return out;
}

int DeltaLog::push(Call& call) {
  const tables::DeltaListing found = list(call);
  std::string incomplete;
  Result<tables::DeltaLog> chosen = tables::choose_delta_log(found, prefix_);
  if (found.sizes.empty() && found.checkpoints.empty()) {
    call.fail(fmt::format("there is no Delta log: {} holds no versions", name_));
  }
  if (!chosen && found.sizes.empty()) {
    fail(call, chosen.error());
  }
  const tables::DeltaLog log = chosen ? *std::move(chosen) : rest(call, found, incomplete);

  lua_State* L = call.lua();
  luaL_checkstack(L, 8, nullptr);
  lua_newtable(L);
  if (log.checkpoint) {
    lua_pushnumber(L, static_cast<double>(log.checkpoint->version));
    push_checkpoint(call, *log.checkpoint);
    lua_rawset(L, -3);
  }
  push_versions(call, log, log.checkpoint ? log.checkpoint->version + 1 : log.unbroken_from);
  if (metadata_.is_null()) {
    call.fail(incomplete.empty() ? fmt::format("Delta log {}: no version has metaData", name_)
                                 : incomplete);
  }
  call.push(metadata(call));
  if (!incomplete.empty()) {
    call.push(incomplete);
    return 3;
  }
  if (!log.checkpoint) {
    return 2;
  }
  call.push_nil();
  call.push_table();
  lua_pushnumber(L, static_cast<double>(log.checkpoint->version));
  call.set_field("version");
  call.push(file_of(log.checkpoint->paths.front()));
  call.set_field("file");
  if (log.sizes.contains(log.checkpoint->version)) {
    const std::vector<Bytes> own = read(call, {log.path_of(log.checkpoint->version)});
    push_actions(call, delta_file_name(log.checkpoint->version), own[0]);
    call.set_field("actions");
  }
  return 4;
}

/// `get_table(repository, ref, prefix)`.
int get_table(const SessionPtr& session, Call& call) {
  DeltaLog log(session, std::string(call.string(1)), std::string(call.string(2)),
               tables::trim_table_path(call.string(3)));
  return log.push(call);
}

/// `delta_client([key, secret [, region]])`. The keys are for lakeFS's way, a request over the
/// network: here the rights are those of the hook's user, whatever is passed.
int delta_client(const SessionPtr& session, Call& call) {
  for (int n = 1; n <= 3; ++n) {
    (void)call.string_or(n, "");
  }
  call.push_functions({{"get_table", [session](Call& each) { return get_table(session, each); }}});
  return 1;
}

}  // namespace

Module formats_module(const SessionPtr& session) {
  return {"formats",
          {{"delta_client", [session](Call& call) { return delta_client(session, call); }}}};
}

}  // namespace tarn::actions::lua
