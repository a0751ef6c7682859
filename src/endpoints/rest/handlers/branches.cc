#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

#include <limits>

namespace tarn::endpoints::rest::handlers {

using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

Result<int> parent_argument(std::int64_t number, int least) {
  if (number < least || number > std::numeric_limits<int>::max()) {
    return Error(kInvalid, "argument parent_number");
  }
  return static_cast<int>(number);
}

}  // namespace

Task<Result<std::string>> create_branch(Context ctx, Call call, api::CreateBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kCreateBranch,
                                         arn::branch(request.repository, request.body.name)));
  Result<BranchId> id = argument<BranchId>("branch", request.body.name);
  if (!id) {
    co_return std::move(id).error().append(
        ": branch id must consist of letters, digits, underscores and dashes, and cannot start "
        "with a dash");
  }
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  graveler::VersionStore::NewBranch fresh;
  fresh.id = *std::move(id);
  fresh.source = std::move(request.body.source);
  fresh.hidden = request.body.hidden;
  fresh.force = request.body.force;
  TARN_CO_TRY(const graveler::Branch made,
              co_await call.versions().create_branch(ctx, std::move(repository), std::move(fresh)));
  co_return made.commit_id.str();
}

Task<Result<api::dto::Ref>> get_branch(Context ctx, Call call, api::GetBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kReadBranch,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId id, argument<BranchId>("branch", std::move(request.branch)));
  TARN_CO_TRY(const graveler::Branch branch,
              co_await call.versions().branch(ctx, std::move(repository), std::move(id)));
  api::dto::Ref out;
  out.id = branch.id.str();
  out.commit_id = branch.commit_id.str();
  co_return out;
}

Task<Result<api::dto::RefList>> list_branches(Context ctx, Call call,
                                              api::ListBranchesRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kListBranches, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  graveler::PageRequest page = page_request(request.prefix, request.after, request.amount);
  TARN_CO_TRY(const graveler::Paged<graveler::Branch> found,
              co_await call.versions().list_branches(ctx, std::move(repository), std::move(page),
                                                     request.show_hidden));
  api::dto::RefList out;
  for (const graveler::Branch& branch : found.items) {
    api::dto::Ref ref;
    ref.id = branch.id.str();
    ref.commit_id = branch.commit_id.str();
    out.results.push_back(std::move(ref));
  }
  out.pagination = pagination(found, out.results.empty() ? std::string() : out.results.back().id);
  co_return out;
}

Task<Result<api::NoContent>> delete_branch(Context ctx, Call call,
                                           api::DeleteBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kDeleteBranch,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId id, argument<BranchId>("branch", std::move(request.branch)));
  TARN_CO_CHECK_OK(co_await call.versions().delete_branch(ctx, std::move(repository), std::move(id),
                                                          request.force));
  co_return api::NoContent();
}

Task<Result<api::dto::DiffList>> diff_branch(Context ctx, Call call,
                                             api::DiffBranchRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kListObjects, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId id, argument<BranchId>("branch", std::move(request.branch)));
  graveler::ListRequest list;
  list.prefix = request.prefix.value_or(std::string());
  list.after = request.after.value_or(std::string());
  list.delimiter = request.delimiter.value_or(std::string());
  list.amount = request.amount <= 0 ? kDefaultPerPage : static_cast<std::size_t>(request.amount);
  TARN_CO_TRY(const graveler::Paged<graveler::Difference> found,
              co_await call.versions().diff_uncommitted(ctx, std::move(repository), std::move(id),
                                                        std::move(list)));
  co_return to_dto(found, false);
}

Task<Result<api::NoContent>> reset_branch(Context ctx, Call call, api::ResetBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kRevertBranch,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  graveler::VersionStore& versions = call.versions();
  std::string path = std::move(request.body.path).value_or(std::string());
  const api::dto::ResetCreationType type = request.body.type;
  const bool force = request.body.force;
  if (type == api::dto::ResetCreationType::kReset) {
    TARN_CO_CHECK_OK(co_await versions.reset(ctx, repository, branch, force));
  } else if (type == api::dto::ResetCreationType::kCommonPrefix) {
    TARN_CO_CHECK_OK(
        co_await versions.reset_prefix(ctx, repository, branch, std::move(path), force));
  } else if (type == api::dto::ResetCreationType::kObject) {
    TARN_CO_TRY(ObjectPath object, argument<ObjectPath>("path", std::move(path)));
    TARN_CO_CHECK_OK(
        co_await versions.reset_entry(ctx, repository, branch, std::move(object), force));
  } else {
    co_return Error(kInvalid, "argument type");
  }
  co_return api::NoContent();
}

Task<Result<api::NoContent>> hard_reset_branch(Context ctx, Call call,
                                               api::HardResetBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kRevertBranch,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  TARN_CO_CHECK_OK(co_await call.versions().hard_reset(
      ctx, std::move(repository), std::move(branch), std::move(request.ref), request.force));
  co_return api::NoContent();
}

Task<Result<api::NoContent>> revert_branch(Context ctx, Call call,
                                           api::RevertBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kRevertBranch,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  TARN_CO_TRY(const int parent_number, parent_argument(request.body.parent_number, 0));
  graveler::RevertRequest revert;
  revert.ref = std::move(request.body.ref);
  revert.parent_number = parent_number;
  revert.committer = call.committer();
  if (request.body.commit_overrides) {
    api::dto::CommitOverrides& overrides = *request.body.commit_overrides;
    revert.message = std::move(overrides.message).value_or(std::string());
    revert.metadata = std::move(overrides.metadata).value_or(graveler::Metadata());
  }
  revert.allow_empty = request.body.allow_empty;
  revert.force = request.body.force;
  TARN_CO_CHECK_OK(co_await call.versions().revert(ctx, std::move(repository), std::move(branch),
                                                   std::move(revert)));
  co_return api::NoContent();
}

Task<Result<api::dto::Commit>> cherry_pick(Context ctx, Call call, api::CherryPickRequest request) {
  std::vector<auth::Permission> needed{
      {action::kCreateCommit, arn::branch(request.repository, request.branch)},
      {action::kReadCommit, arn::repository(request.repository)}};
  TARN_CO_CHECK_OK(co_await call.require(ctx, std::move(needed)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  graveler::CherryPickRequest pick;
  pick.ref = std::move(request.body.ref);
  if (request.body.parent_number) {
    TARN_CO_TRY(pick.parent_number, parent_argument(*request.body.parent_number, 1));
  }
  pick.committer = call.committer();
  if (request.body.commit_overrides) {
    pick.message = std::move(request.body.commit_overrides->message).value_or(std::string());
    pick.metadata = std::move(request.body.commit_overrides->metadata);
  }
  pick.force = request.body.force;
  TARN_CO_TRY(const graveler::CommitPtr picked,
              co_await call.versions().cherry_pick(ctx, std::move(repository), std::move(branch),
                                                   std::move(pick)));
  co_return to_dto(*picked);
}

}  // namespace tarn::endpoints::rest::handlers
