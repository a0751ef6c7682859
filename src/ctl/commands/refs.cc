#include "api/codec.h"
#include "base/json.h"
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/files.h"
#include "ctl/transfer/source.h"

#include <chrono>

namespace tarn::ctl {
namespace {

constexpr std::size_t kManifestBytesMax = 65'536;
constexpr std::chrono::seconds kPollIntervalMin{1};

Result<void> check_interval(const Flags& flags) {
  if (flags.duration("poll-interval") < kPollIntervalMin) {
    return failure("Poll interval must be at least 1s");
  }
  return {};
}

/// Asks until the task is done. Errors kFailed, which begins with `what`: the task failed, or was
/// not heard of for longer than --timeout (negative: no matter how long).
template <class Op, class Request>
Result<typename Op::Response> wait_for_task(Ctl& ctl, const Flags& flags, const Request& request,
                                            std::string_view what) {
  const std::chrono::nanoseconds timeout = flags.duration("timeout");
  for (;;) {
    TARN_TRY(typename Op::Response status, ctl.session().call<Op>(request));
    if (status.done) {
      if (status.error && !status.error->empty()) {
        return failure(fmt::format("{} failed: {}", what, *status.error));
      }
      return status;
    }
    if (timeout >= std::chrono::nanoseconds(0) && ctl.clock.now() - status.update_time > timeout) {
      return failure(fmt::format("{} failed: task not completed", what));
    }
    ctl.session().wait(flags.duration("poll-interval"));
  }
}

Result<void> dump(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  TARN_CHECK_OK(check_interval(call.flags));
  TARN_TRY(const api::dto::TaskInfo task,
           ctl.session().call<api::ops::DumpSubmit>({.repository = uri.repository}));
  const api::DumpStatusRequest request{.repository = uri.repository, .task_id = task.id};
  TARN_TRY(const api::dto::RepositoryDumpStatus status,
           wait_for_task<api::ops::DumpStatus>(ctl, call.flags, request, "Refs dump"));
  if (!status.refs) {
    return failure("Refs dump failed: no refs returned");
  }
  const std::string text =
      Json::object({{"branches_meta_range_id", status.refs->branches_meta_range_id},
                    {"commits_meta_range_id", status.refs->commits_meta_range_id},
                    {"tags_meta_range_id", status.refs->tags_meta_range_id}})
          .dump(2) +
      "\n";
  const std::string path = call.flags.text("output");
  if (path.empty() || path == "-") {
    ctl.console.print(text);
    return {};
  }
  ctl.console.print(fmt::format("Writing refs to {}\n", path));
  return write_file(path, text, 0644);
}

Result<void> restore(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Repository: {}\n", uri.str()));
  TARN_CHECK_OK(check_interval(call.flags));
  TARN_TRY(const UploadSource source, UploadSource::open(call.flags.text("manifest")));
  TARN_TRY(const std::string text, source.read_all(kManifestBytesMax));
  api::RestoreSubmitRequest submit;
  submit.repository = uri.repository;
  Result<api::dto::RefsRestore> manifest = api::decode<api::dto::RefsRestore>(text);
  if (!manifest) {
    return with_context(std::move(manifest).error(), "Refs restore failed: manifest: ");
  }
  submit.body = *std::move(manifest);
  TARN_TRY(const api::dto::TaskInfo task, ctl.session().call<api::ops::RestoreSubmit>(submit));
  const api::RestoreStatusRequest request{.repository = uri.repository, .task_id = task.id};
  TARN_CHECK_OK(wait_for_task<api::ops::RestoreStatus>(ctl, call.flags, request, "Refs restore"));
  ctl.console.print(
      "\n" + ctl.console.paint(color::kGreen, "All references restored successfully!") + "\n");
  return {};
}

}  // namespace

std::vector<Command> refs_commands() {
  const std::vector<FlagSpec> polling{
      {.name = "poll-interval",
       .kind = FlagKind::kDuration,
       .fallback = "3s",
       .text = "Time between two looks at the task, at least 1s"},
      {.name = "timeout",
       .kind = FlagKind::kDuration,
       .fallback = "1h",
       .text = "Give up when the task has not moved for so long; negative: never"}};
  return {
      {.words = "refs-dump",
       .usage = "<repository URI>",
       .summary = "Dump commits, branches and tags into the storage namespace",
       .arguments = {1, 1},
       .flags = flags_of(
           polling,
           std::vector<FlagSpec>{
               {.name = "output", .letter = 'o', .text = "File for the manifest; - for stdout"}}),
       .run = dump,
       .hidden = true},
      {.words = "refs-restore",
       .usage = "<repository URI>",
       .summary = "Restore commits, branches and tags into a bare repository",
       .arguments = {1, 1},
       .flags = flags_of(polling,
                         std::vector<FlagSpec>{{.name = "manifest",
                                                .text = "File that refs-dump wrote; - for stdin",
                                                .required = true}}),
       .run = restore,
       .hidden = true},
  };
}

}  // namespace tarn::ctl
