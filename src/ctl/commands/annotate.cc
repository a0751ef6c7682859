#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/format.h"

namespace tarn::ctl {
namespace {

constexpr std::size_t kMessageBytesMax = 200;
constexpr std::int64_t kPageMax = 1000;

/// The message on one line: cut when it is long, and at the first `\n` that is written out.
std::string short_message(std::string message) {
  if (message.size() > kMessageBytesMax) {
    message = message.substr(0, kMessageBytesMax - 3) + "...";
  }
  return message.substr(0, message.find("\\n"));
}

/// The last commit that changed the entry, as one line.
Result<std::string> annotate_entry(Ctl& ctl, const LakefsUri& uri, const std::string& entry,
                                   const Flags& flags) {
  api::LogCommitsRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.amount = 1;
  request.limit = true;
  request.first_parent = flags.boolean("first-parent");
  (flags.boolean("recursive") ? request.objects : request.prefixes).push_back(entry);
  TARN_TRY(const api::dto::CommitList page, ctl.session().call<api::ops::LogCommits>(request));
  const api::dto::Commit none;
  const api::dto::Commit& commit = page.results.empty() ? none : page.results.front();
  return fmt::format("{} {} {} {}  {}\n", pad(entry, 15), pad(commit.committer, 20),
                     pad(commit.id.substr(0, 16), 20),
                     commit.creation_date == 0 ? "" : format_date(commit.creation_date),
                     short_message(commit.message));
}

Result<void> annotate(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.path_uri(call.arguments[0]));
  api::ListObjectsRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.prefix = *uri.path;
  request.delimiter = call.flags.boolean("recursive") ? "" : "/";
  request.after = "";
  request.amount = kPageMax;
  request.user_metadata = false;
  for (;;) {
    TARN_TRY(const api::dto::ObjectStatsList page,
             ctl.session().call<api::ops::ListObjects>(request));
    for (const api::dto::ObjectStats& entry : page.results) {
      TARN_TRY(const std::string line, annotate_entry(ctl, uri, entry.path, call.flags));
      ctl.console.print(line);
    }
    if (!page.pagination.has_more) {
      return {};
    }
    request.after = page.pagination.next_offset;
  }
}

}  // namespace

std::vector<Command> annotate_commands() {
  return {{.words = "annotate",
           .usage = "<path URI>",
           .summary = "Show who last changed the objects under a path",
           .arguments = {1, 1},
           .flags = {{.name = "recursive",
                      .letter = 'r',
                      .kind = FlagKind::kBool,
                      .text = "All objects under the path"},
                     {.name = "first-parent",
                      .kind = FlagKind::kBool,
                      .text = "Follow only the first parent of merges"}},
           .run = annotate,
           .aliases = {"blame"}}};
}

}  // namespace tarn::ctl
