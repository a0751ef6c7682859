#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

Task<Result<api::dto::MergeResult>> merge_into_branch(Context ctx, Call call,
                                                      api::MergeIntoBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(
      ctx, action::kCreateCommit, arn::branch(request.repository, request.destination_branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId destination,
              argument<BranchId>("destinationBranch", std::move(request.destination_branch)));
  api::dto::Merge body = std::move(request.body).value_or(api::dto::Merge());
  graveler::MergeRequest merge;
  merge.source = std::move(request.source_ref);
  const std::string strategy = std::move(body.strategy).value_or(std::string());
  const auto known = graveler::merge_strategy_from_string(strategy);
  if (!known) {
    co_return Error(graveler::kInvalidRef, "argument strategy");
  }
  merge.strategy = *known;
  merge.committer = call.committer();
  merge.message = std::move(body.message).value_or(std::string());
  merge.metadata = std::move(body.metadata).value_or(graveler::Metadata());
  merge.squash = body.squash_merge;
  merge.allow_empty = body.allow_empty;
  merge.force = body.force;
  TARN_CO_TRY(graveler::Merged merged,
              co_await call.versions().merge(ctx, std::move(repository), std::move(destination),
                                             std::move(merge)));
  api::dto::MergeResult out;
  if (merged.commit) {
    out.reference = merged.commit->id.str();
  } else {
    call.set_status(409);
    out.conflicts = std::move(merged.conflicts);
  }
  co_return out;
}

Task<Result<api::dto::FindMergeBaseResult>> find_merge_base(Context ctx, Call call,
                                                            api::FindMergeBaseRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kListCommits, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(
      const graveler::VersionStore::MergeBase found,
      co_await call.versions().merge_base(ctx, std::move(repository), std::move(request.source_ref),
                                          std::move(request.destination_branch)));
  api::dto::FindMergeBaseResult out;
  out.source_commit_id = found.source.str();
  out.destination_commit_id = found.destination.str();
  out.base_commit_id = found.base.str();
  co_return out;
}

Task<Result<api::dto::DiffList>> diff_refs(Context ctx, Call call, api::DiffRefsRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kListObjects, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  graveler::ListRequest list;
  list.prefix = std::move(request.prefix).value_or(std::string());
  list.after = std::move(request.after).value_or(std::string());
  list.delimiter = std::move(request.delimiter).value_or(std::string());
  list.amount = request.amount <= 0 ? kDefaultPerPage : static_cast<std::size_t>(request.amount);
  const bool three_dot = request.type != api::dto::DiffRefsMode::kTwoDot;
  TARN_CO_TRY(
      const graveler::Paged<graveler::Difference> found,
      co_await call.versions().diff_refs(ctx, std::move(repository), std::move(request.left_ref),
                                         std::move(request.right_ref), three_dot, std::move(list)));
  co_return to_dto(found, request.include_right_stats);
}

}  // namespace tarn::endpoints::rest::handlers
