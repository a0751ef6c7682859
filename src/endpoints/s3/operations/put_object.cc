#include "endpoints/s3/conditions.h"
#include "endpoints/s3/metadata.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {
namespace {

constexpr std::string_view kDefaultContentType = "application/octet-stream";

}  // namespace

Outcome put_object(Context ctx, Call call) {
  // What cannot succeed is refused before the body is read.
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  catalog::Upload upload;
  TARN_CO_TRY(upload.condition, write_condition(call.request().headers));
  TARN_CO_TRY(upload.metadata, metadata_of(call.request().headers));
  TARN_CO_TRY(upload.body, call.take_body());
  upload.size_bytes = upload.body->remaining();
  const std::string_view content_type = call.header("Content-Type");
  upload.content_type = content_type.empty() ? kDefaultContentType : content_type;
  upload.storage_class = call.header("x-amz-storage-class");
  TARN_CO_TRY(
      const graveler::Entry entry,
      co_await call.objects().upload(ctx, std::move(target.repository), std::move(target.branch),
                                     std::move(target.path), std::move(upload)));
  http::Response response;
  response.headers.add("ETag", quoted(entry.etag));
  co_return response;
}

}  // namespace tarn::endpoints::s3::operations
