// Dump and restore of references, each at once and as a task.
#include "graveler/refs_dump.h"

#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

#include <array>

namespace tarn::endpoints::rest::handlers {

using catalog::TaskRecord;
using graveler::RefsDump;
using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

using Actions = std::array<std::string_view, 3>;
constexpr Actions kToDump{action::kListTags, action::kListBranches, action::kListCommits};
constexpr Actions kToRestore{action::kCreateTag, action::kCreateBranch, action::kCreateCommit};

/// The repository, for a user who may do all of `actions` with it.
Task<Result<RepositoryPtr>> repository_for(Context ctx, Call call, Actions actions,
                                           std::string name) {
  std::vector<auth::Permission> needed;
  for (const std::string_view one : actions) {
    needed.push_back({one, arn::repository(name)});
  }
  TARN_CO_CHECK_OK(co_await call.require(ctx, std::move(needed)));
  co_return co_await find_repository(std::move(ctx), std::move(call), std::move(name));
}

api::dto::RefsDump to_dto(const RefsDump& dump) {
  api::dto::RefsDump out;
  out.commits_meta_range_id = dump.commits.str();
  out.branches_meta_range_id = dump.branches.str();
  out.tags_meta_range_id = dump.tags.str();
  return out;
}

Result<RefsDump> to_dump(const api::dto::RefsRestore& body) {
  RefsDump out;
  TARN_TRY(out.commits, argument<MetaRangeId>("commits_meta_range_id", body.commits_meta_range_id));
  TARN_TRY(out.branches,
           argument<MetaRangeId>("branches_meta_range_id", body.branches_meta_range_id));
  TARN_TRY(out.tags, argument<MetaRangeId>("tags_meta_range_id", body.tags_meta_range_id));
  return out;
}

void ignore_progress(std::int64_t) {}

graveler::DumpProgress into(catalog::Tasks::Progress progress) {
  return [progress](std::int64_t records) { progress->store(records, std::memory_order_relaxed); };
}

api::dto::TaskInfo task_info(std::string id) {
  api::dto::TaskInfo out;
  out.id = std::move(id);
  return out;
}

/// What the records of both operations have in common.
template <class Status>
Status status_of(const TaskRecord& record) {
  Status out;
  out.id = record.id;
  out.done = record.done;
  out.update_time = record.updated_at;
  if (!record.error.empty()) {
    out.error = record.error;
  }
  return out;
}

Task<Result<Bytes>> dump_in_background(Context ctx, graveler::VersionStore& versions,
                                       RepositoryPtr repository, graveler::DumpProgress progress) {
  TARN_CO_TRY(const RefsDump dump, co_await versions.dump_refs(
                                       std::move(ctx), std::move(repository), std::move(progress)));
  co_return catalog::encode_dump_info(dump);
}

Task<Result<Bytes>> restore_in_background(Context ctx, graveler::VersionStore& versions,
                                          RepositoryPtr repository, RefsDump dump, bool force,
                                          graveler::DumpProgress progress) {
  TARN_CO_CHECK_OK(co_await versions.restore_refs(std::move(ctx), std::move(repository),
                                                  std::move(dump), force, std::move(progress)));
  co_return Bytes();
}

}  // namespace

Task<Result<api::dto::RefsDump>> dump_refs(Context ctx, Call call, api::DumpRefsRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await repository_for(ctx, call, kToDump, std::move(request.repository)));
  const graveler::DumpProgress progress = ignore_progress;
  TARN_CO_TRY(const RefsDump dump, co_await call.versions().dump_refs(ctx, repository, progress));
  TARN_CO_CHECK_OK(co_await call.versions().write_refs_manifest(ctx, repository, dump));
  co_return to_dto(dump);
}

Task<Result<api::NoContent>> restore_refs(Context ctx, Call call, api::RestoreRefsRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await repository_for(ctx, call, kToRestore, std::move(request.repository)));
  TARN_CO_TRY(RefsDump dump, to_dump(request.body));
  const graveler::DumpProgress progress = ignore_progress;
  TARN_CO_CHECK_OK(co_await call.versions().restore_refs(
      ctx, std::move(repository), std::move(dump), request.body.force, progress));
  co_return api::NoContent();
}

Task<Result<api::dto::TaskInfo>> dump_submit(Context ctx, Call call,
                                             api::DumpSubmitRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await repository_for(ctx, call, kToDump, std::move(request.repository)));
  graveler::VersionStore& versions = call.versions();
  catalog::Tasks::Work work = [&versions, repository](Context own,
                                                      catalog::Tasks::Progress progress) {
    return dump_in_background(std::move(own), versions, repository, into(std::move(progress)));
  };
  TARN_CO_TRY(std::string id,
              co_await call.services().tasks.start(ctx, std::move(repository),
                                                   catalog::kDumpRefsTask, std::move(work)));
  co_return task_info(std::move(id));
}

Task<Result<api::dto::RepositoryDumpStatus>> dump_status(Context ctx, Call call,
                                                         api::DumpStatusRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await repository_for(ctx, call, kToDump, std::move(request.repository)));
  TARN_CO_TRY(const TaskRecord record,
              co_await call.services().tasks.status(
                  ctx, std::move(repository), catalog::kDumpRefsTask, std::move(request.task_id)));
  auto out = status_of<api::dto::RepositoryDumpStatus>(record);
  if (!record.info.empty()) {
    TARN_CO_TRY(const RefsDump dump, catalog::decode_dump_info(record.info));
    out.refs = to_dto(dump);
  }
  co_return out;
}

Task<Result<api::dto::TaskInfo>> restore_submit(Context ctx, Call call,
                                                api::RestoreSubmitRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await repository_for(ctx, call, kToRestore, std::move(request.repository)));
  TARN_CO_TRY(const RefsDump dump, to_dump(request.body));
  graveler::VersionStore& versions = call.versions();
  const bool force = request.body.force;
  catalog::Tasks::Work work = [&versions, repository, dump, force](
                                  Context own, catalog::Tasks::Progress progress) {
    return restore_in_background(std::move(own), versions, repository, dump, force,
                                 into(std::move(progress)));
  };
  TARN_CO_TRY(std::string id,
              co_await call.services().tasks.start(ctx, std::move(repository),
                                                   catalog::kRestoreRefsTask, std::move(work)));
  co_return task_info(std::move(id));
}

Task<Result<api::dto::RepositoryRestoreStatus>> restore_status(Context ctx, Call call,
                                                               api::RestoreStatusRequest request) {
  TARN_CO_TRY(RepositoryPtr repository,
              co_await repository_for(ctx, call, kToRestore, std::move(request.repository)));
  TARN_CO_TRY(const TaskRecord record, co_await call.services().tasks.status(
                                           ctx, std::move(repository), catalog::kRestoreRefsTask,
                                           std::move(request.task_id)));
  co_return status_of<api::dto::RepositoryRestoreStatus>(record);
}

}  // namespace tarn::endpoints::rest::handlers
