#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"
#include "names/errors.h"

#include <limits>

namespace tarn::endpoints::rest::handlers {

using graveler::CommitPtr;
using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

Task<Result<api::dto::Commit>> commit(Context ctx, Call call, api::CommitRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kCreateCommit,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  graveler::CommitRequest wanted;
  wanted.committer = call.committer();
  wanted.message = std::move(request.body.message);
  wanted.metadata = std::move(request.body.metadata).value_or(graveler::Metadata());
  if (request.body.date) {
    wanted.date = from_unix_seconds(*request.body.date);
  }
  wanted.allow_empty = request.body.allow_empty;
  wanted.force = request.body.force;
  if (request.source_metarange && !request.source_metarange->empty()) {
    TARN_CO_TRY(wanted.source_meta_range,
                argument<MetaRangeId>("source_metarange", *std::move(request.source_metarange)));
  }
  TARN_CO_TRY(const CommitPtr made,
              co_await call.versions().commit(ctx, std::move(repository), std::move(branch),
                                              std::move(wanted)));
  co_return to_dto(*made);
}

Task<Result<api::NoContent>> create_commit_record(Context ctx, Call call,
                                                  api::CreateCommitRecordRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kCreateCommit, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  api::dto::CommitRecordCreation& body = request.body;
  graveler::CommitRecord record;
  TARN_CO_TRY(record.id, argument<CommitId>("commit_id", std::move(body.commit_id)));
  graveler::Commit& commit = record.commit;
  TARN_CO_TRY(commit.meta_range_id,
              argument<MetaRangeId>("metarange_id", std::move(body.metarange_id)));
  for (std::string& parent : body.parents) {
    TARN_CO_TRY(CommitId id, argument<CommitId>("parents", std::move(parent)));
    commit.parents.push_back(std::move(id));
  }
  commit.committer = std::move(body.committer);
  commit.message = std::move(body.message);
  commit.creation_date = from_unix_seconds(body.creation_date);
  commit.metadata = std::move(body.metadata).value_or(graveler::Metadata());
  commit.version = static_cast<std::int32_t>(body.version);
  if (body.generation < 0 || body.generation > std::numeric_limits<std::int32_t>::max()) {
    co_return Error(kInvalidName, "argument generation");
  }
  commit.generation = static_cast<std::int32_t>(body.generation);
  TARN_CO_CHECK_OK(co_await call.versions().add_commit_record(ctx, std::move(repository),
                                                              std::move(record), body.force));
  co_return api::NoContent();
}

Task<Result<api::dto::Commit>> get_commit(Context ctx, Call call, api::GetCommitRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kReadCommit, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  Result<CommitPtr> found = co_await call.versions().resolve_commit(ctx, std::move(repository),
                                                                    std::move(request.commit_id));
  if (!found && found.error().is(graveler::kNotFound)) {
    co_return Error(graveler::kCommitNotFound);
  }
  TARN_CO_TRY(const CommitPtr commit, std::move(found));
  co_return to_dto(*commit);
}

Task<Result<api::dto::CommitList>> log_commits(Context ctx, Call call,
                                               api::LogCommitsRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kReadBranch,
                                         arn::branch(request.repository, request.ref)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  Result<CommitPtr> start =
      co_await call.versions().resolve_commit(ctx, repository, std::move(request.ref));
  if (!start) {
    co_return std::move(start).error().wrap("ref");
  }
  graveler::LogRequest log;
  log.amount = request.amount <= 0 ? kDefaultPerPage : static_cast<std::size_t>(request.amount);
  log.first_parent = request.first_parent.value_or(false);
  log.since = request.since;
  log.objects = std::move(request.objects);
  log.prefixes = std::move(request.prefixes);
  if (request.after && !request.after->empty()) {
    Result<CommitPtr> after =
        co_await call.versions().resolve_commit(ctx, repository, *std::move(request.after));
    if (!after) {
      co_return std::move(after).error().wrap("from ref");
    }
    log.after = (*after)->id;
  }
  if (request.stop_at && !request.stop_at->empty()) {
    Result<CommitPtr> stop =
        co_await call.versions().resolve_commit(ctx, repository, *std::move(request.stop_at));
    if (!stop) {
      co_return std::move(stop).error().wrap("stop at ref");
    }
    log.stop_at = (*stop)->id;
  }
  CommitId first = (*start)->id;
  TARN_CO_TRY(
      graveler::Paged<CommitPtr> found,
      co_await call.versions().log(ctx, std::move(repository), std::move(first), std::move(log)));
  found.more = found.more && !request.limit.value_or(false);
  api::dto::CommitList out;
  for (const CommitPtr& commit : found.items) {
    out.results.push_back(to_dto(*commit));
  }
  out.pagination = pagination(found, out.results.empty() ? std::string() : out.results.back().id);
  co_return out;
}

}  // namespace tarn::endpoints::rest::handlers
