#include "catalog/imports.h"
#include "endpoints/rest/convert.h"
#include "endpoints/rest/handlers.h"
#include "endpoints/rest/handlers/find.h"

namespace tarn::endpoints::rest::handlers {

using catalog::ImportSource;
using graveler::RepositoryPtr;
namespace action = auth::action;
namespace arn = auth::arn;

namespace {

/// Before the reason of every import that failed.
constexpr std::string_view kErrorPrefix = "import error: ";

api::dto::ImportStatus to_dto(const catalog::ImportRecord& record) {
  api::dto::ImportStatus out;
  out.completed = record.completed;
  out.update_time = record.updated_at;
  out.ingested_objects = record.objects;
  if (!record.meta_range_id.empty()) {
    out.metarange_id = record.meta_range_id.str();
  }
  if (record.commit) {
    out.commit = rest::to_dto(*record.commit);
  }
  if (!record.error.empty()) {
    out.error.emplace();
    out.error->message = std::string(kErrorPrefix).append(record.error);
  }
  return out;
}

}  // namespace

Task<Result<api::dto::ImportCreationResponse>> import_start(Context ctx, Call call,
                                                            api::ImportStartRequest request) {
  std::vector<auth::Permission> needed;
  const std::string on_branch = arn::branch(request.repository, request.branch);
  needed.push_back({action::kWriteObject, on_branch});
  needed.push_back({action::kCreateCommit, on_branch});
  for (const api::dto::ImportLocation& path : request.body.paths) {
    needed.push_back({action::kImportFromStorage, arn::storage_namespace(path.path)});
    needed.push_back({action::kWriteObject, arn::object(request.repository, path.destination)});
  }
  TARN_CO_CHECK_OK(co_await call.require(ctx, std::move(needed)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(BranchId branch, argument<BranchId>("branch", std::move(request.branch)));
  catalog::NewImport wanted;
  for (api::dto::ImportLocation& path : request.body.paths) {
    ImportSource source;
    source.kind = path.type == api::dto::PathType::kObject ? ImportSource::Kind::kObject
                                                           : ImportSource::Kind::kCommonPrefix;
    source.uri = std::move(path.path);
    source.destination = std::move(path.destination);
    wanted.sources.push_back(std::move(source));
  }
  wanted.committer = call.committer();
  wanted.message = std::move(request.body.commit.message);
  wanted.metadata = std::move(request.body.commit.metadata).value_or(graveler::Metadata());
  wanted.force = request.body.force;
  api::dto::ImportCreationResponse out;
  TARN_CO_TRY(out.id, co_await call.services().imports.start(ctx, std::move(repository),
                                                             std::move(branch), std::move(wanted)));
  co_return out;
}

Task<Result<api::dto::ImportStatus>> import_status(Context ctx, Call call,
                                                   api::ImportStatusRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kReadBranch,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_TRY(
      const catalog::ImportRecord record,
      co_await call.services().imports.status(ctx, std::move(repository), std::move(request.id)));
  co_return to_dto(record);
}

Task<Result<api::NoContent>> import_cancel(Context ctx, Call call,
                                           api::ImportCancelRequest request) {
  TARN_CO_CHECK_OK(co_await call.require(ctx, action::kImportCancel,
                                         arn::branch(request.repository, request.branch)));
  TARN_CO_TRY(RepositoryPtr repository,
              co_await find_repository(ctx, call, std::move(request.repository)));
  TARN_CO_CHECK_OK(
      co_await call.services().imports.cancel(ctx, std::move(repository), std::move(request.id)));
  co_return api::NoContent();
}

}  // namespace tarn::endpoints::rest::handlers
