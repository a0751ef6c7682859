#include "actions/manual_runs.h"
#include "actions/run_store.h"
#include "base/time_text.h"
#include "endpoints/rest/convert.h"
#include "endpoints/rest/errors.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

api::dto::ActionRun to_dto(const actions::ActionRun& run) {
  api::dto::ActionRun out;
  out.run_id = run.id;
  out.branch = run.branch;
  out.start_time = run.start.value_or(kNoTime);
  out.end_time = run.end;
  out.event_type = run.event;
  out.status = run.passed ? api::dto::RunStatus::kCompleted : api::dto::RunStatus::kFailed;
  out.commit_id = run.commit_id;
  return out;
}

api::dto::HookRun to_dto(const actions::HookRun& hook) {
  api::dto::HookRun out;
  out.hook_run_id = hook.id;
  out.action = hook.action;
  out.hook_id = hook.hook_id;
  out.start_time = hook.start.value_or(kNoTime);
  out.end_time = hook.end;
  out.status = hook.skipped() ? api::dto::RunStatus::kSkipped
               : hook.passed  ? api::dto::RunStatus::kCompleted
                              : api::dto::RunStatus::kFailed;
  return out;
}

/// The repository, for who may read its runs.
Task<Result<RepositoryPtr>> readable_repository(Context ctx, Call call, std::string name) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kReadAction, arn::repository(name)));
  co_return co_await find_repository(std::move(ctx), call, std::move(name));
}

/// The repository, for who may order runs in it; and somebody to take the order.
Task<Result<RepositoryPtr>> runnable_repository(Context ctx, Call call, std::string name) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kRunAction, arn::repository(name)));
  if (call.services().manual_runs == nullptr) {
    co_return Error(kNotImplemented);
  }
  co_return co_await find_repository(std::move(ctx), call, std::move(name));
}

}  // namespace

Task<Result<api::dto::ActionRunOrdered>> run_action(Context ctx, Call call,
                                                    api::RunActionRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await runnable_repository(ctx, call, std::move(request.repository)));
  actions::ManualRun wanted;
  wanted.action = std::move(request.body.action);
  wanted.hook = std::move(request.body.hook).value_or(std::string());
  wanted.event = std::move(request.body.event).value_or(std::string());
  wanted.ref = std::move(request.body.ref);
  wanted.branch = std::move(request.body.branch).value_or(std::string());
  wanted.tag = std::move(request.body.tag).value_or(std::string());
  wanted.actions_ref = std::move(request.body.actions_ref).value_or(std::string());
  TARN_CO_TRY(std::string run_id, co_await call.services().manual_runs->run_action(
                                      std::move(ctx), std::move(repository), std::move(wanted)));
  api::dto::ActionRunOrdered out;
  out.run_id = std::move(run_id);
  co_return out;
}

Task<Result<api::dto::ActionRunOrdered>> rerun_actions(Context ctx, Call call,
                                                       api::RerunActionsRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await runnable_repository(ctx, call, std::move(request.repository)));
  std::string hook_run_id = std::move(request.hook_run_id).value_or(std::string());
  TARN_CO_TRY(std::string run_id, co_await call.services().manual_runs->repeat(
                                      std::move(ctx), std::move(repository),
                                      std::move(request.run_id), std::move(hook_run_id)));
  api::dto::ActionRunOrdered out;
  out.run_id = std::move(run_id);
  co_return out;
}

Task<Result<api::dto::ActionRunList>> list_repository_runs(Context ctx, Call call,
                                                           api::ListRepositoryRunsRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await readable_repository(ctx, call, std::move(request.repository)));
  actions::RunFilter filter{std::move(request.branch).value_or(std::string()),
                            std::move(request.commit).value_or(std::string())};
  graveler::PageRequest page = page_request(std::nullopt, request.after, request.amount);
  TARN_CO_TRY(const graveler::Paged<actions::ActionRun> found,
              co_await call.services().runs.list(ctx, repository->id, std::move(filter),
                                                 std::move(page.after), page.amount));
  api::dto::ActionRunList out;
  for (const actions::ActionRun& run : found.items) {
    out.results.push_back(to_dto(run));
  }
  out.pagination =
      pagination(found, out.results.empty() ? std::string() : out.results.back().run_id);
  co_return out;
}

Task<Result<api::dto::ActionRun>> get_run(Context ctx, Call call, api::GetRunRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await readable_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(const actions::ActionRun run,
              co_await call.services().runs.run(ctx, repository->id, std::move(request.run_id)));
  co_return to_dto(run);
}

Task<Result<api::dto::HookRunList>> list_run_hooks(Context ctx, Call call,
                                                   api::ListRunHooksRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await readable_repository(ctx, call, std::move(request.repository)));
  graveler::PageRequest page = page_request(std::nullopt, request.after, request.amount);
  TARN_CO_TRY(
      const graveler::Paged<actions::HookRun> found,
      co_await call.services().runs.list_hooks(ctx, repository->id, std::move(request.run_id),
                                               std::move(page.after), page.amount));
  api::dto::HookRunList out;
  for (const actions::HookRun& hook : found.items) {
    out.results.push_back(to_dto(hook));
  }
  out.pagination =
      pagination(found, out.results.empty() ? std::string() : out.results.back().hook_run_id);
  co_return out;
}

Task<Result<http::Response>> get_run_hook_output(Context ctx, Call call,
                                                 api::GetRunHookOutputRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await readable_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(std::unique_ptr<ByteSource> log,
              co_await call.services().runs.log(ctx, *repository, std::move(request.run_id),
                                                request.hook_run_id));
  http::Response response;
  response.headers.add("Content-Type", "application/octet-stream");
  // The id is one that was found, so it holds letters, digits and underscores only.
  response.headers.add("Content-Disposition",
                       "attachment; filename=" + request.hook_run_id + ".log");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.body = std::move(log);
  co_return response;
}

}  // namespace tarn::endpoints::rest::handlers
