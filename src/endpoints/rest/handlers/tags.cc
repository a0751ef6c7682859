#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

api::dto::Ref to_dto(const graveler::Tag& tag) {
  api::dto::Ref out;
  out.id = tag.id.str();
  out.commit_id = tag.commit_id.str();
  return out;
}

}  // namespace

Task<Result<api::dto::Ref>> create_tag(Context ctx, Call call, api::CreateTagRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kCreateTag,
                                         arn::tag(request.repository, request.body.id)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(TagId id, argument<TagId>("tagID", std::move(request.body.id)));
  TARN_CO_TRY(const graveler::Tag tag,
              co_await call.versions().create_tag(ctx, std::move(repository), std::move(id),
                                                  std::move(request.body.ref), request.body.force));
  co_return to_dto(tag);
}

Task<Result<api::dto::Ref>> get_tag(Context ctx, Call call, api::GetTagRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kReadTag, arn::tag(request.repository, request.tag)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(TagId id, argument<TagId>("tagID", std::move(request.tag)));
  TARN_CO_TRY(const graveler::Tag tag,
              co_await call.versions().tag(ctx, std::move(repository), std::move(id)));
  co_return to_dto(tag);
}

Task<Result<api::dto::RefList>> list_tags(Context ctx, Call call, api::ListTagsRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kListTags, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  graveler::PageRequest page = page_request(request.prefix, request.after, request.amount);
  TARN_CO_TRY(const graveler::Paged<graveler::Tag> found,
              co_await call.versions().list_tags(ctx, std::move(repository), std::move(page)));
  api::dto::RefList out;
  for (const graveler::Tag& tag : found.items) {
    out.results.push_back(to_dto(tag));
  }
  out.pagination = pagination(found, out.results.empty() ? std::string() : out.results.back().id);
  co_return out;
}

Task<Result<api::NoContent>> delete_tag(Context ctx, Call call, api::DeleteTagRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kDeleteTag, arn::tag(request.repository, request.tag)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(TagId id, argument<TagId>("tagID", std::move(request.tag)));
  TARN_CO_CHECK_OK(co_await call.versions().delete_tag(ctx, std::move(repository), std::move(id),
                                                       request.force.value_or(false)));
  co_return api::NoContent();
}

}  // namespace tarn::endpoints::rest::handlers
