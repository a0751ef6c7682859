#include "actions/lua/modules/api_reader.h"
#include "actions/lua/modules/cloud_modules.h"
#include "actions/lua/value.h"
#include "base/json.h"
#include "runtime/parallel.h"
#include "tables/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

// `formats`: the log of a Delta table as the hook's user may read it.

namespace tarn::actions::lua {
namespace {

constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kReadsAtOnce = 16;
/// Of files that are read together; a larger one is read alone.
constexpr std::size_t kBatchBytesMax = 8 * kMiB;
constexpr std::size_t kVersionDigits = 20;

struct LogFile {
  std::uint64_t version = 0;
  std::uint64_t size_bytes = 0;
};

std::string file_name(std::uint64_t version) { return fmt::format("{:020}.json", version); }

struct LogListing {
  /// Ascending.
  std::vector<LogFile> files;
  /// Name of the newest checkpoint; empty = none.
  std::string checkpoint;
};

/// The log of one table.
class DeltaLog {
 public:
  DeltaLog(SessionPtr session, std::string repository, std::string ref, std::string_view prefix)
      : session_(std::move(session)),
        prefix_(fmt::format("{}{}_delta_log/", prefix, prefix.empty() ? "" : "/")),
        name_(fmt::format("lakefs://{}/{}/{}", repository, ref, prefix_)),
        reader_(std::make_shared<ApiReader>(session_->host().services.api,
                                            std::string(session_->host().ctx.user()),
                                            std::move(repository), std::move(ref))) {}

  /// Pushes a table from version to list of actions, the metadata, and, when the log has lost its
  /// beginning, what is missing.
  int push(Call& call);

 private:
  LogListing list(Call& call) const;
  std::vector<Bytes> read(Call& call, const LogFile* first, std::size_t count) const;
  /// Pushes the actions of a version; remembers the last metaData.
  void push_actions(Call& call, const LogFile& file, std::string_view text);
  Json metadata(Call& call) const;
  [[noreturn]] void fail(Call& call, const Error& error) const {
    call.fail(fmt::format("Delta log {}: {}", name_, error.message()));
  }

  SessionPtr session_;
  std::string prefix_;
  /// For messages.
  std::string name_;
  std::shared_ptr<ApiReader> reader_;
  Json metadata_;
};

LogListing DeltaLog::list(Call& call) const {
  LogListing listing;
  std::string after;
  while (true) {
    std::function<Task<Result<tables::ObjectPage>>(Context)> start =
        [reader = reader_, prefix = prefix_, after](Context ctx) {
          return reader->list(std::move(ctx), prefix, after, kPageMax);
        };
    Result<tables::ObjectPage> page = session_->await<tables::ObjectPage>(call, std::move(start));
    if (!page) {
      fail(call, page.error());
    }
    for (const tables::TableObject& object : page->objects) {
      call.charge_bytes(object.path.size());
      const std::string_view name = std::string_view(object.path).substr(prefix_.size());
      const std::string_view digits = name.substr(0, kVersionDigits);
      std::uint64_t version = 0;
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), version);
      if (digits.size() != kVersionDigits || error != std::errc() ||
          end != digits.data() + digits.size()) {
        continue;
      }
      const std::string_view kind = name.substr(kVersionDigits);
      if (kind == ".json") {
        listing.files.push_back({.version = version, .size_bytes = object.size_bytes});
      } else if (kind.starts_with(".checkpoint.")) {
        listing.checkpoint = name;
      }
    }
    call.engine().require_room(2 * listing.files.size() * sizeof(LogFile));
    if (!page->has_more) {
      return listing;
    }
    after = page->next_after;
  }
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

std::vector<Bytes> DeltaLog::read(Call& call, const LogFile* first, std::size_t count) const {
  const auto job = std::make_shared<ReadJob>();
  job->reader = reader_;
  for (std::size_t at = 0; at < count; ++at) {
    job->paths.push_back(prefix_ + file_name(first[at].version));
  }
  job->contents.resize(count);
  std::function<Task<Result<void>>(Context)> start = [job](Context ctx) {
    return read_all_of(std::move(ctx), job);
  };
  const Result<void> done = session_->await<void>(call, std::move(start));
  if (!done) {
    fail(call, done.error());
  }
  return std::move(job->contents);
}

void DeltaLog::push_actions(Call& call, const LogFile& file, std::string_view text) {
  lua_State* L = call.lua();
  push_array_table(L, 0);
  int count = 0;
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
      call.fail(fmt::format("Delta log {}{}: action {} is no JSON", name_, file_name(file.version),
                            count));
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
  const LogListing listing = list(call);
  const std::vector<LogFile>& files = listing.files;
  if (files.empty()) {
    call.fail(listing.checkpoint.empty()
                  ? fmt::format("there is no Delta log: {} holds no versions", name_)
                  : fmt::format("Delta log {}: only checkpoint {} is left, which cannot be read",
                                name_, listing.checkpoint));
  }
  for (std::size_t at = 1; at < files.size(); ++at) {
    if (files[at].version != files[at - 1].version + 1) {
      call.fail(
          fmt::format("Delta log {}: {} is missing", name_, file_name(files[at - 1].version + 1)));
    }
  }
  std::string incomplete;
  if (files.front().version != 0) {
    incomplete = fmt::format(
        "Delta log {}: versions before {} were cleaned up; {}", name_,
        file_name(files.front().version),
        listing.checkpoint.empty()
            ? std::string("there is no checkpoint")
            : fmt::format("what they held is in {}, which cannot be read", listing.checkpoint));
  }

  lua_State* L = call.lua();
  luaL_checkstack(L, 8, nullptr);
  lua_newtable(L);
  for (std::size_t at = 0; at < files.size();) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    while (at + count < files.size() && count < kReadsAtOnce &&
           (count == 0 || bytes + files[at + count].size_bytes <= kBatchBytesMax)) {
      bytes += files[at + count].size_bytes;
      ++count;
    }
    // Once as it arrives, once inside Lua.
    call.engine().require_room(2 * bytes);
    const std::vector<Bytes> contents = read(call, &files[at], count);
    for (std::size_t i = 0; i < count; ++i) {
      lua_pushnumber(L, static_cast<double>(files[at + i].version));
      push_actions(call, files[at + i], contents[i]);
      lua_rawset(L, -3);
    }
    at += count;
  }
  if (metadata_.is_null()) {
    call.fail(incomplete.empty() ? fmt::format("Delta log {}: no version has metaData", name_)
                                 : incomplete);
  }
  call.push(metadata(call));
  if (incomplete.empty()) {
    return 2;
  }
  call.push(incomplete);
  return 3;
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
