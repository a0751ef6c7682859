// Deleted repositories and branches: operations of our own.
#include "graveler/trash.h"

#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using graveler::DeletedBranch;
using graveler::DeletedRepository;
using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

Task<Result<api::dto::DeletedRepositoryList>> list_deleted_repositories(
    Context ctx, Call call, api::ListDeletedRepositoriesRequest request) {
  TARN_CO_TRY(const auth::Service::PoliciesPtr policies,
              co_await call.auth().effective_policies(ctx, call.user()));
  if (!auth::allows_action_somewhere(*policies, action::kListRepositories)) {
    co_return Error(auth::kInsufficientPermissions);
  }
  const graveler::Trash& trash = call.versions().trash();
  // Rights are per repository: read on until the page is full of those that may be seen.
  graveler::PageRequest page = page_request(request.prefix, request.after, request.amount);
  const std::size_t wanted = page.amount;
  graveler::Paged<DeletedRepository> visible;
  for (bool more = true; more && !visible.more;) {
    TARN_CO_TRY(graveler::Paged<DeletedRepository> found,
                co_await call.versions().trash().list_repositories(ctx, page));
    more = found.more;
    for (DeletedRepository& deleted : found.items) {
      page.after = deleted.key();
      const Result<void> allowed = co_await call.require(
          ctx, action::kListRepositories, arn::repository(deleted.repository.id.str()));
      if (!allowed) {
        continue;
      }
      if (visible.items.size() == wanted) {
        visible.more = true;
        break;
      }
      visible.items.push_back(std::move(deleted));
    }
  }
  api::dto::DeletedRepositoryList out;
  for (const DeletedRepository& deleted : visible.items) {
    api::dto::DeletedRepository item;
    item.repository = to_dto(deleted.repository);
    item.instance = deleted.repository.instance_uid;
    item.deleted_at = deleted.deleted_at;
    item.purged_at = trash.due_at(deleted.deleted_at);
    item.purge_data = deleted.purge_data;
    out.results.push_back(std::move(item));
  }
  out.pagination =
      pagination(visible, visible.items.empty() ? std::string() : visible.items.back().key());
  co_return out;
}

Task<Result<api::dto::Repository>> undelete_repository(Context ctx, Call call,
                                                       api::UndeleteRepositoryRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kCreateRepository, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryId id, argument<RepositoryId>("repository", std::move(request.repository)));
  TARN_CO_TRY(const RepositoryPtr repository, co_await call.versions().trash().undelete_repository(
                                                  ctx, std::move(id), std::move(request.instance)));
  co_return to_dto(*repository);
}

Task<Result<api::dto::DeletedBranchList>> list_deleted_branches(
    Context ctx, Call call, api::ListDeletedBranchesRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kListBranches, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  const graveler::Trash& trash = call.versions().trash();
  graveler::PageRequest page = page_request(request.prefix, request.after, request.amount);
  TARN_CO_TRY(
      const graveler::Paged<DeletedBranch> found,
      co_await call.versions().trash().list_branches(ctx, std::move(repository), std::move(page)));
  api::dto::DeletedBranchList out;
  for (const DeletedBranch& deleted : found.items) {
    api::dto::DeletedBranch item;
    item.id = deleted.branch.id.str();
    item.commit_id = deleted.branch.commit_id.str();
    item.instance = deleted.uid;
    item.deleted_at = deleted.deleted_at;
    item.purged_at = trash.due_at(deleted.deleted_at);
    out.results.push_back(std::move(item));
  }
  out.pagination =
      pagination(found, found.items.empty() ? std::string() : found.items.back().key());
  co_return out;
}

Task<Result<api::dto::Ref>> undelete_branch(Context ctx, Call call,
                                            api::UndeleteBranchRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kCreateBranch,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId id, argument<BranchId>("branch", std::move(request.branch)));
  TARN_CO_TRY(const graveler::Branch branch, co_await call.versions().trash().undelete_branch(
                                                 ctx, std::move(repository), std::move(id),
                                                 std::move(request.instance), request.force));
  api::dto::Ref out;
  out.id = branch.id.str();
  out.commit_id = branch.commit_id.str();
  co_return out;
}

}  // namespace tarn::endpoints::rest::handlers
