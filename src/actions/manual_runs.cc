#include "actions/manual_runs.h"

#include <fmt/format.h>

#include <utility>

namespace tarn::actions {

using graveler::Event;
using graveler::HookRecord;
using graveler::RepositoryPtr;

namespace {

bool is_tag_event(Event event) { return graveler::to_string(event).ends_with("-tag"); }

bool is_branch_event(Event event) { return graveler::to_string(event).ends_with("-branch"); }

Error invalid(std::string message) { return Error::with_message(kInvalid, std::move(message)); }

}  // namespace

Task<Result<std::string>> ManualRuns::order(Context ctx, RunOrder order) {
  order.user = std::string(ctx.user());
  order.request_id = std::string(ctx.request_id());
  order.record.run_id = service_.new_run_id();
  std::string id = order.record.run_id;
  TARN_CO_CHECK_OK(co_await service_.order(std::move(order)));
  co_return id;
}

Task<Result<std::string>> ManualRuns::run_action(Context ctx, RepositoryPtr repository,
                                                 ManualRun wanted) {
  const std::optional<Event> event =
      wanted.event.empty() ? Event::kPostCommit : graveler::event_from_string(wanted.event);
  if (!event) {
    co_return invalid(fmt::format("event '{}' is not supported", wanted.event));
  }
  if (wanted.action.empty()) {
    co_return invalid("action is required");
  }
  TARN_CO_TRY(const graveler::ResolvedRef resolved,
              co_await versions_.resolve(ctx, repository, wanted.ref));
  TARN_CO_TRY(const graveler::CommitPtr commit,
              co_await versions_.resolve_commit(ctx, repository, wanted.ref));
  RunOrder out;
  HookRecord& record = out.record;
  record.event = *event;
  record.repository = *repository;
  record.source_ref = commit->id.str();
  record.commit_id = commit->id;
  record.commit = commit->commit;
  if (!wanted.branch.empty()) {
    TARN_CO_TRY(record.branch, BranchId::parse(wanted.branch));
  } else if (resolved.staged_on && !is_tag_event(*event)) {
    record.branch = resolved.staged_on->id;
  }
  if (!wanted.tag.empty()) {
    TARN_CO_TRY(record.tag, TagId::parse(wanted.tag));
  }
  if (is_tag_event(*event) && wanted.tag.empty()) {
    co_return invalid(fmt::format("event '{}' needs a tag", graveler::to_string(*event)));
  }
  if (is_branch_event(*event) && record.branch.empty()) {
    co_return invalid(fmt::format("event '{}' needs a branch", graveler::to_string(*event)));
  }
  out.files_ref = std::move(wanted.actions_ref);
  out.only_action = std::move(wanted.action);
  out.only_hook = std::move(wanted.hook);
  co_return co_await order(std::move(ctx), std::move(out));
}

Task<Result<std::string>> ManualRuns::repeat(Context ctx, RepositoryPtr repository,
                                             std::string run_id, std::string hook_run_id) {
  TARN_CO_TRY(const ActionRun run, co_await runs_.run(ctx, repository->id, run_id));
  const std::optional<Event> event = graveler::event_from_string(run.event);
  if (!event) {
    co_return Error(kCorruption, "event '" + run.event + "' of run '" + run_id + "'");
  }
  RunOrder out;
  HookRecord& record = out.record;
  record.event = *event;
  record.repository = *repository;
  record.pre_run_id = run.pre_run_id;
  record.source_ref = run.source_ref;
  record.branch = BranchId::trusted(run.branch);
  record.tag = TagId::trusted(run.tag);
  record.merge_source = run.merge_source;
  record.commit_id = CommitId::trusted(run.commit_id);
  if (!run.commit_id.empty()) {
    TARN_CO_TRY(const graveler::CommitPtr commit,
                co_await versions_.get_commit(ctx, repository, record.commit_id));
    // Events of branches and tags name a commit, and tell nothing of it.
    if (!is_tag_event(*event) && !is_branch_event(*event)) {
      record.commit = commit->commit;
    }
  }
  // What a branch's name stood for then, and not what it stands for now.
  if (*event == Event::kPreCommit || *event == Event::kPreRevert) {
    out.files_ref = run.commit_id;
  }
  out.repeats = run_id;
  if (!hook_run_id.empty()) {
    TARN_CO_TRY(const HookRun hook,
                co_await runs_.hook_run(ctx, repository->id, run_id, hook_run_id));
    if (hook.hook_id == kFileHook || hook.hook_id == kRunHook) {
      co_return invalid(fmt::format(
          "hook run '{}' stands for what kept hooks from running: run all of the run again",
          hook_run_id));
    }
    out.only_action = hook.action;
    out.only_hook = hook.hook_id;
  }
  co_return co_await order(std::move(ctx), std::move(out));
}

}  // namespace tarn::actions
