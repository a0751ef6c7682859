#include "action_file/action.h"
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/table.h"
#include "ctl/transfer/source.h"

namespace tarn::ctl {
namespace {

constexpr std::int64_t kPageMax = 1000;
/// As the server has it.
constexpr std::size_t kActionFileBytesMax = std::size_t{1} << 20;

std::string end_time(const std::optional<WallTime>& time) {
  return time ? format_date(*time) : "<nil>";
}

std::string status_text(const Console& console, api::dto::RunStatus status) {
  std::string_view code = color::kDarkRed;
  if (status == api::dto::RunStatus::kCompleted) {
    code = color::kDarkGreen;
  } else if (status == api::dto::RunStatus::kSkipped) {
    code = color::kDarkYellow;
  }
  return console.paint(code, api::to_string(status));
}

std::string id_text(const Console& console, std::string_view id) {
  return console.paint(color::kDarkYellow, id);
}

Result<void> list_runs(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  const std::string branch = call.flags.text("branch");
  const std::string commit = call.flags.text("commit");
  if (!branch.empty() && !commit.empty()) {
    return failure("Can't specify 'commit' and 'branch'");
  }
  api::ListRepositoryRunsRequest request;
  request.repository = uri.repository;
  set_page(request, call.flags);
  if (!branch.empty()) {
    request.branch = branch;
  }
  if (!commit.empty()) {
    request.commit = commit;
  }
  TARN_TRY(const api::dto::ActionRunList page,
           ctl.session().call<api::ops::ListRepositoryRuns>(request));
  Table table({"Run ID", "Event", "Start Time", "End Time", "Branch", "Commit ID", "Status"});
  for (const api::dto::ActionRun& run : page.results) {
    table.add({id_text(ctl.console, run.run_id), run.event_type, format_date(run.start_time),
               end_time(run.end_time), run.branch, run.commit_id,
               status_text(ctl.console, run.status)});
  }
  print_list(ctl.console, table, page.pagination, request.amount);
  return {};
}

void print_run(Ctl& ctl, const api::dto::ActionRun& run) {
  Table table({"Run ID", "Event", "Branch", "Start Time", "End Time", "Commit ID", "Status"});
  table.add({id_text(ctl.console, run.run_id), run.event_type, run.branch,
             format_date(run.start_time), end_time(run.end_time), run.commit_id,
             status_text(ctl.console, run.status)});
  ctl.console.print(table.render(ctl.console.interactive()));
}

Result<void> print_hook(Ctl& ctl, const std::string& repository, const std::string& run_id,
                        const api::dto::HookRun& hook) {
  Table table({"Hook Run ID", "Hook ID", "Start Time", "End Time", "Action", "Status"});
  table.add({id_text(ctl.console, hook.hook_run_id), hook.hook_id, format_date(hook.start_time),
             end_time(hook.end_time), hook.action, status_text(ctl.console, hook.status)});
  ctl.console.print(table.render(ctl.console.interactive()));
  const api::GetRunHookOutputRequest request{
      .repository = repository, .run_id = run_id, .hook_run_id = hook.hook_run_id};
  Call output = ctl.session().prepare(api::encode_call(request));
  output.sink = [&ctl](ByteView bytes) { return ctl.console.write_through(bytes); };
  TARN_TRY(const Answer answer, ctl.session().exchange(output));
  return Session::check_status(answer, api::ops::GetRunHookOutput::status);
}

Result<void> describe_run(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  const std::string& run_id = call.arguments[1];
  const std::int64_t amount = call.flags.integer("amount");
  ctl.console.print(fmt::format("Repository: {}\n", uri.str()));
  TARN_TRY(const api::dto::ActionRun run,
           ctl.session().call<api::ops::GetRun>({.repository = uri.repository, .run_id = run_id}));
  print_run(ctl, run);
  api::ListRunHooksRequest request;
  request.repository = uri.repository;
  request.run_id = run_id;
  request.after = call.flags.text("after");
  request.amount = amount == 0 ? kPageMax : amount;
  for (;;) {
    TARN_TRY(const api::dto::HookRunList page, ctl.session().call<api::ops::ListRunHooks>(request));
    for (const api::dto::HookRun& hook : page.results) {
      TARN_CHECK_OK(print_hook(ctl, uri.repository, run_id, hook));
    }
    ctl.console.print("\n");
    if (amount != 0) {
      std::string more = more_results(ctl.console, page.pagination, amount);
      more.pop_back();  // the empty line stands before it here
      ctl.console.print(more);
    }
    if (amount != 0 || !page.pagination.has_more) {
      return {};
    }
    request.after = page.pagination.next_offset;
  }
}

Result<void> cat_hook_output(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Repository: {}\n", uri.str()));
  const api::GetRunHookOutputRequest request{
      .repository = uri.repository, .run_id = call.arguments[1], .hook_run_id = call.arguments[2]};
  Call output = ctl.session().prepare(api::encode_call(request));
  output.sink = [&ctl](ByteView bytes) { return ctl.console.write_through(bytes); };
  TARN_TRY(const Answer answer, ctl.session().exchange(output));
  TARN_CHECK_OK(Session::check_status(answer, api::ops::GetRunHookOutput::status));
  ctl.console.print("\n");
  return {};
}

Result<void> validate(Ctl& ctl, const Invocation& call) {
  const std::string& path = call.arguments[0];
  TARN_TRY(const UploadSource source, UploadSource::open(path));
  TARN_TRY(const std::string text, source.read_all(kActionFileBytesMax));
  TARN_CHECK_OK(action_file::parse_action(text));
  ctl.console.print(fmt::format("File validated successfully: '{}'\n", path));
  return {};
}

void print_ordered(Ctl& ctl, const api::dto::ActionRunOrdered& ordered) {
  ctl.console.print(fmt::format("Run ID: {}\n", id_text(ctl.console, ordered.run_id)));
}

Result<void> rerun(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  api::RerunActionsRequest request;
  request.repository = uri.repository;
  request.run_id = call.arguments[1];
  if (call.arguments.size() > 2) {
    request.hook_run_id = call.arguments[2];
  }
  TARN_TRY(const api::dto::ActionRunOrdered ordered,
           ctl.session().call<api::ops::RerunActions>(request));
  print_ordered(ctl, ordered);
  return {};
}

Result<void> run_action(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.ref_uri(call.arguments[0]));
  api::RunActionRequest request;
  request.repository = uri.repository;
  request.body.ref = uri.ref.value_or(std::string());
  request.body.action = call.arguments[1];
  const std::pair<const char*, std::optional<std::string>*> flags[] = {
      {"hook", &request.body.hook},
      {"event", &request.body.event},
      {"branch", &request.body.branch},
      {"tag", &request.body.tag},
      {"actions-ref", &request.body.actions_ref}};
  for (const auto& [name, target] : flags) {
    if (std::string text = call.flags.text(name); !text.empty()) {
      *target = std::move(text);
    }
  }
  TARN_TRY(const api::dto::ActionRunOrdered ordered,
           ctl.session().call<api::ops::RunAction>(request));
  print_ordered(ctl, ordered);
  return {};
}

}  // namespace

std::vector<Command> actions_commands() {
  const FlagSpec after{.name = "after", .text = "Show results after this value"};
  std::vector<FlagSpec> pages = pagination_flags();
  pages.back().hidden = true;  // taken and ignored, as lakectl does
  return {
      {.words = "actions", .summary = "Look at actions and their hooks"},
      {.words = "actions runs", .summary = "Look at runs of actions"},
      {.words = "actions runs list",
       .usage = "<repository URI>",
       .summary = "List runs, newest first",
       .arguments = {1, 1},
       .flags = flags_of(pages,
                         std::vector<FlagSpec>{{.name = "branch", .text = "Runs of this branch"},
                                               {.name = "commit", .text = "Runs of this commit"}}),
       .run = list_runs},
      {.words = "actions runs describe",
       .usage = "<repository URI> <run id>",
       .summary = "Show a run with the output of its hooks",
       .arguments = {2, 2},
       .flags = {{.name = "amount",
                  .kind = FlagKind::kInt,
                  .fallback = "0",
                  .text = "How many hooks to show; 0 for all"},
                 after},
       .run = describe_run},
      {.words = "actions validate",
       .usage = "<file | ->",
       .summary = "Check an action file, without a server",
       .arguments = {1, 1},
       .run = validate,
       .prelude = Prelude::kNothing},
      {.words = "actions rerun",
       .usage = "<repository URI> <run id> [<hook run id>]",
       .summary = "Run once more what a run did, or one of its hooks",
       .arguments = {2, 3},
       .run = rerun},
      {.words = "actions run",
       .usage = "<ref URI> <action name>",
       .summary = "Run an action for a commit that is there",
       .arguments = {2, 2},
       .flags = {{.name = "hook", .text = "Only this hook of the action"},
                 {.name = "event", .text = "What the hooks see as event (default post-commit)"},
                 {.name = "branch", .text = "What they see as branch"},
                 {.name = "tag", .text = "What they see as tag"},
                 {.name = "actions-ref",
                  .text = "Where the action and its scripts are read (default: at the commit)"}},
       .run = run_action},
      {.words = "cat-hook-output",
       .usage = "<repository URI> <run id> <hook run id>",
       .summary = "Print the output of one hook",
       .arguments = {3, 3},
       .run = cat_hook_output,
       .hidden = true},
  };
}

}  // namespace tarn::ctl
