#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

constexpr std::string_view kDefaultBranchName = "main";

}  // namespace

Task<Result<RepositoryPtr>> find_repository(Context ctx, Call call, std::string name) {
  TARN_CO_TRY(RepositoryId id, argument<RepositoryId>("repository", std::move(name)));
  co_return co_await call.versions().repository(std::move(ctx), std::move(id));
}

Task<Result<api::dto::Repository>> create_repository(Context ctx, Call call,
                                                     api::CreateRepositoryRequest request) {
  std::vector<auth::Permission> needed;
  needed.push_back({action::kCreateRepository, arn::repository(request.body.name)});
  needed.push_back(
      {action::kAttachStorageNamespace, arn::storage_namespace(request.body.storage_namespace)});
  TARN_CO_CHECK_OK(co_await call.require(ctx, std::move(needed)));
  if (request.body.storage_id && !request.body.storage_id->empty()) {
    co_return Error(kInvalidName, "storage id");
  }
  if (request.body.sample_data) {
    co_return Error(kNotImplemented);
  }
  graveler::NewRepository fresh;
  TARN_CO_TRY(fresh.id, argument<RepositoryId>("repository", request.body.name));
  TARN_CO_TRY(fresh.storage_namespace,
              argument<StorageNamespace>("storageNamespace", request.body.storage_namespace));
  TARN_CO_TRY(fresh.default_branch,
              argument<BranchId>(
                  "branch", request.body.default_branch.value_or(std::string(kDefaultBranchName))));
  fresh.read_only = request.body.read_only;
  fresh.bare = request.bare;
  TARN_CO_TRY(const RepositoryPtr made,
              co_await call.versions().create_repository(ctx, std::move(fresh)));
  co_return to_dto(*made);
}

Task<Result<api::dto::Repository>> get_repository(Context ctx, Call call,
                                                  api::GetRepositoryRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kReadRepository, arn::repository(request.repository)));
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  co_return to_dto(*repository);
}

Task<Result<api::NoContent>> delete_repository(Context ctx, Call call,
                                               api::DeleteRepositoryRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kDeleteRepository, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryId id, argument<RepositoryId>("repository", request.repository));
  const graveler::Trash::DeleteOptions options{.force = request.force,
                                               .purge_data = request.purge_data};
  TARN_CO_CHECK_OK(co_await call.services().removal.delete_repository(ctx, std::move(id), options));
  co_return api::NoContent();
}

Task<Result<api::dto::RepositoryList>> list_repositories(Context ctx, Call call,
                                                         api::ListRepositoriesRequest request) {
  TARN_CO_TRY(const auth::Service::PoliciesPtr policies,
              co_await call.auth().effective_policies(ctx, call.user()));
  if (!auth::allows_action_somewhere(*policies, action::kListRepositories)) {
    co_return Error(auth::kInsufficientPermissions);
  }
  // Rights are per repository: read on until the page is full of those that may be seen.
  graveler::PageRequest page = page_request(request.prefix, request.after, request.amount);
  const std::size_t wanted = page.amount;
  const std::string search = request.search.value_or(std::string());
  graveler::Paged<graveler::Repository> visible;
  for (bool more = true; more && !visible.more;) {
    TARN_CO_TRY(graveler::Paged<graveler::Repository> found,
                co_await call.versions().list_repositories(ctx, page, search));
    more = found.more;
    for (graveler::Repository& repository : found.items) {
      page.after = repository.id.str();
      const Result<void> allowed = co_await call.require(ctx, action::kListRepositories,
                                                         arn::repository(repository.id.str()));
      if (!allowed) {
        continue;
      }
      if (visible.items.size() == wanted) {
        visible.more = true;
        break;
      }
      visible.items.push_back(std::move(repository));
    }
    visible.more = visible.more || (more && visible.items.size() == wanted);
  }
  api::dto::RepositoryList out;
  for (const graveler::Repository& repository : visible.items) {
    out.results.push_back(to_dto(repository));
  }
  out.pagination =
      pagination(visible, visible.items.empty() ? std::string() : visible.items.back().id.str());
  co_return out;
}

}  // namespace tarn::endpoints::rest::handlers
