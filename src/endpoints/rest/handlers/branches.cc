#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

api::dto::DiffType to_dto(graveler::DiffType type) {
  switch (type) {
    case graveler::DiffType::kAdded:
      return api::dto::DiffType::kAdded;
    case graveler::DiffType::kRemoved:
      return api::dto::DiffType::kRemoved;
    case graveler::DiffType::kChanged:
      return api::dto::DiffType::kChanged;
    case graveler::DiffType::kPrefixChanged:
      return api::dto::DiffType::kPrefixChanged;
    case graveler::DiffType::kConflict:
      return api::dto::DiffType::kConflict;
  }
  return api::dto::DiffType::kChanged;
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
  api::dto::DiffList out;
  for (const graveler::Difference& difference : found.items) {
    api::dto::Diff item;
    item.type = to_dto(difference.type);
    item.path = difference.path;
    item.path_type =
        difference.entry ? api::dto::PathType::kObject : api::dto::PathType::kCommonPrefix;
    if (difference.entry) {
      item.size_bytes = difference.entry->size_bytes;
    }
    out.results.push_back(std::move(item));
  }
  out.pagination = pagination(found, out.results.empty() ? std::string() : out.results.back().path);
  co_return out;
}

}  // namespace tarn::endpoints::rest::handlers
