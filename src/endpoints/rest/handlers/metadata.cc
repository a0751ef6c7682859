// Metadata of repositories and objects, and the files that commits are made of.
#include "block/namespace.h"
#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

/// The repository of a request for what its commits are made of.
Task<Result<RepositoryPtr>> authorised_repository(Context ctx, Call call, std::string name) {
  std::vector<auth::Permission> needed;
  needed.push_back({action::kListObjects, arn::repository(name)});
  needed.push_back({action::kReadRepository, arn::repository(name)});
  TARN_CO_CHECK_OK(co_await call.require(ctx, std::move(needed)));
  co_return co_await find_repository(ctx, call, std::move(name));
}

api::dto::StorageURI located(Call call, const std::string& id) {
  api::dto::StorageURI out;
  out.location = call.versions().tables().address(id);
  call.response_headers().add("Location", out.location);
  return out;
}

}  // namespace

Task<Result<api::dto::StorageURI>> get_meta_range(Context ctx, Call call,
                                                  api::GetMetaRangeRequest request) {
  TARN_CO_CHECK_OK(co_await authorised_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(const MetaRangeId id,
              argument<MetaRangeId>("meta_range", std::move(request.meta_range)));
  co_return located(call, id.str());
}

Task<Result<api::dto::StorageURI>> get_range(Context ctx, Call call, api::GetRangeRequest request) {
  TARN_CO_CHECK_OK(co_await authorised_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(const RangeId id, argument<RangeId>("range", std::move(request.range)));
  co_return located(call, id.str());
}

Task<Result<http::Response>> get_metadata_object(Context ctx, Call call,
                                                 api::GetMetadataObjectRequest request) {
  TARN_CO_TRY(const RepositoryPtr repository,
              co_await authorised_repository(ctx, call, std::move(request.repository)));
  // Ranges and metaranges lie in one folder and have ids of one form.
  TARN_CO_TRY(const RangeId id, argument<RangeId>("object_id", std::move(request.object_id)));
  graveler::Entry file;
  file.address = call.versions().tables().address(id.str());
  http::Response response;
  if (request.presign.value_or(false)) {
    TARN_CO_TRY(catalog::PresignedUrl presigned,
                co_await call.objects().presign_read(ctx, repository, std::move(file)));
    response.status = 302;
    response.headers.add("Location", std::move(presigned.url));
    co_return response;
  }
  TARN_CO_TRY(block::Location where,
              block::resolve(repository->storage_namespace, file.address, file.address_type));
  const std::optional<block::ByteRange> whole;
  Result<block::ObjectBody> found =
      co_await call.objects().blocks().get(ctx, std::move(where), whole);
  if (!found) {
    co_return found.error().is(block::kObjectNotFound) ? Error(catalog::kDataMissing)
                                                       : std::move(found).error();
  }
  response.content_length = found->info.size_bytes;
  response.body = std::move(found->body);
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Content-Security-Policy", "default-src 'none'");
  co_return response;
}

Task<Result<graveler::Metadata>> get_repository_metadata(
    Context ctx, Call call, api::GetRepositoryMetadataRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kReadRepository, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  co_return co_await call.versions().repository_metadata(ctx, std::move(repository));
}

Task<Result<api::NoContent>> set_repository_metadata(Context ctx, Call call,
                                                     api::SetRepositoryMetadataRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kUpdateRepository, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  const auto change = [&request](graveler::Metadata& metadata) {
    for (const auto& [key, value] : request.body.metadata) {
      metadata[key] = value;
    }
  };
  TARN_CO_CHECK_OK(
      co_await call.versions().change_repository_metadata(ctx, std::move(repository), change));
  co_return api::NoContent();
}

Task<Result<api::NoContent>> delete_repository_metadata(
    Context ctx, Call call, api::DeleteRepositoryMetadataRequest request) {
  TARN_CO_CHECK_OK(
      co_await call.require(ctx, action::kUpdateRepository, arn::repository(request.repository)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  const auto change = [&request](graveler::Metadata& metadata) {
    for (const std::string& key : request.body.keys) {
      metadata.erase(key);
    }
  };
  TARN_CO_CHECK_OK(
      co_await call.versions().change_repository_metadata(ctx, std::move(repository), change));
  co_return api::NoContent();
}

Task<Result<api::NoContent>> update_object_user_metadata(
    Context ctx, Call call, api::UpdateObjectUserMetadataRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kWriteObject,
                                         arn::object(request.repository, request.path)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  TARN_CO_TRY(ObjectPath path, argument<ObjectPath>("path", std::move(request.path)));
  TARN_CO_CHECK_OK(co_await call.versions().set_entry_metadata(
      ctx, std::move(repository), std::move(branch), std::move(path), std::move(request.body.set)));
  co_return api::NoContent();
}

}  // namespace tarn::endpoints::rest::handlers
