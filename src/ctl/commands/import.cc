#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/signals.h"

#include <re2/re2.h>

#include <algorithm>

namespace tarn::ctl {
namespace {

constexpr std::chrono::milliseconds kFirstPoll{100};
/// As often as lakectl.
constexpr std::chrono::milliseconds kLastPoll{5000};
constexpr std::chrono::seconds kSilenceMax{25};

/// A turning bar on stderr, with the number of objects.
class Spinner {
 public:
  Spinner(Console& console, bool shown) : console_(console), shown_(shown) {}
  ~Spinner() {
    if (drawn_) {
      console_.complain("\r\x1b[K");
    }
  }
  Spinner(const Spinner&) = delete;
  Spinner& operator=(const Spinner&) = delete;

  void draw(std::int64_t objects) {
    if (shown_) {
      constexpr std::string_view kTurns = "|/-\\";
      console_.complain(fmt::format("\r{} {} objects", kTurns[turn_++ % kTurns.size()], objects));
      drawn_ = true;
    }
  }

 private:
  Console& console_;
  const bool shown_;
  std::size_t turn_ = 0;
  bool drawn_ = false;
};

/// The server says which sources it can read, by a pattern.
Result<void> check_source(Ctl& ctl, const std::string& source) {
  TARN_TRY(const api::dto::Config config, ctl.server_config());
  if (!config.storage_config) {
    return {};
  }
  std::string checked = source;
  constexpr std::string_view kOldHint = "adls.core.windows.net";
  if (const std::size_t at = checked.find(kOldHint); at != std::string::npos) {
    checked.replace(at, 4, "blob");
    ctl.console.complain(fmt::format("'adls' hint is deprecated\n Using {}\n", checked));
  }
  const RE2 pattern(config.storage_config->import_validity_regex, RE2::Quiet);
  if (!pattern.ok() || !RE2::PartialMatch(checked, pattern)) {
    return failure(fmt::format("import source '{}' doesn't match current configured storage '{}'",
                               source, config.storage_config->blockstore_type));
  }
  return {};
}

Error cancel(Ctl& ctl, const LakefsUri& to, const std::string& id) {
  ctl.console.print("\nCanceling import\n");
  api::ImportCancelRequest request;
  request.repository = to.repository;
  request.branch = *to.ref;
  request.id = id;
  Result<api::NoContent> done = ctl.session().call<api::ops::ImportCancel>(request);
  if (!done) {
    return std::move(done).error();
  }
  ctl.console.print("Import Canceled\n");
  return Error(kReported);
}

/// Until the import has ended, well or not.
Result<api::dto::ImportStatus> wait_for(Ctl& ctl, const LakefsUri& to, const std::string& id,
                                        bool progress) {
  const InterruptGuard interrupts;
  Spinner spinner(ctl.console, progress);
  api::ImportStatusRequest request;
  request.repository = to.repository;
  request.branch = *to.ref;
  request.id = id;
  WallTime updated{};
  SteadyTime heard = ctl.clock.steady_now();
  for (std::chrono::milliseconds pause = kFirstPoll;; pause = std::min(pause * 2, kLastPoll)) {
    if (interrupts.wait(pause)) {
      return cancel(ctl, to, id);
    }
    TARN_TRY(api::dto::ImportStatus status, ctl.session().call<api::ops::ImportStatus>(request));
    if (status.error) {
      return failure("Import failed: " + status.error->message);
    }
    if (status.completed) {
      return status;
    }
    if (status.update_time != updated) {
      updated = status.update_time;
      heard = ctl.clock.steady_now();
    }
    if (ctl.clock.steady_now() - heard >= kSilenceMax) {
      return failure(
          fmt::format("Import status did not update for {}s - abandon", kSilenceMax.count()));
    }
    spinner.draw(status.ingested_objects.value_or(0));
  }
}

Result<void> import(Ctl& ctl, const Invocation& call) {
  TARN_TRY(std::string message, commit_message(call.flags));
  TARN_TRY(Metadata metadata, parse_metadata(call.flags.list("meta")));
  if (call.flags.is_set("merge")) {
    ctl.console.complain(
        "Flag --merge has been deprecated, import is done directly into target branch\n");
  }
  const std::string from = call.flags.text("from");
  TARN_TRY(const LakefsUri to, ctl.path_uri(call.flags.text("to"), "to"));
  TARN_CHECK_OK(check_source(ctl, from));
  const Result<api::dto::Ref> branch =
      ctl.session().call<api::ops::GetBranch>({.repository = to.repository, .branch = *to.ref});
  if (!branch) {
    return branch.error().is(kApiNotFound)
               ? failure(fmt::format("Target branch '{}', does not exists!", *to.ref))
               : branch.error();
  }
  api::ImportStartRequest request;
  request.repository = to.repository;
  request.branch = *to.ref;
  request.body.commit.message = std::move(message);
  if (!metadata.empty()) {
    request.body.commit.metadata = std::move(metadata);
  }
  api::dto::ImportLocation path;
  path.type = api::dto::PathType::kCommonPrefix;
  path.path = from;
  path.destination = to.path.value_or(std::string());
  request.body.paths.push_back(std::move(path));
  TARN_TRY(const api::dto::ImportCreationResponse started,
           ctl.session().call<api::ops::ImportStart>(request));
  TARN_TRY(const api::dto::ImportStatus done,
           wait_for(ctl, to, started.id, !call.flags.boolean("no-progress")));
  std::string out = fmt::format(
      "Import of {} object(s) into \"{}\" completed.\n",
      ctl.console.paint(color::kYellow, std::to_string(done.ingested_objects.value_or(0))),
      *to.ref);
  out.append(fmt::format("MetaRange ID: {}\n",
                         ctl.console.paint(color::kYellow, done.metarange_id.value_or(""))));
  if (done.commit) {
    out.append("Commit ").append(render_new_commit(ctl.console, *done.commit));
  }
  ctl.console.print(out);
  return {};
}

}  // namespace

std::vector<Command> import_commands() {
  return {
      {.words = "import",
       .usage = "--from <object store URI> --to <lakeFS path URI>",
       .summary = "Import objects of an object store without copying them",
       .arguments = {0, 0},
       .flags = flags_of(
           message_flags(true),
           std::vector<FlagSpec>{
               {.name = "from", .text = "What the objects' URIs begin with", .required = true},
               {.name = "to", .text = "Path to import to", .required = true},
               {.name = "no-progress",
                .kind = FlagKind::kBool,
                .text = "Do not show how far it is"},
               {.name = "merge", .kind = FlagKind::kBool, .text = "No effect", .hidden = true}}),
       .run = import}};
}

}  // namespace tarn::ctl
