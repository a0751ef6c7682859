#include "endpoints/s3/metadata.h"
#include "endpoints/s3/operations.h"
#include "endpoints/s3/response.h"

namespace tarn::endpoints::s3::operations {
namespace {

constexpr std::string_view kDefaultContentType = "application/octet-stream";

}  // namespace

Outcome create_multipart_upload(Context ctx, Call call) {
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  catalog::NewUpload upload;
  TARN_CO_TRY(upload.metadata, metadata_of(call.request().headers));
  const std::string_view content_type = call.header("Content-Type");
  upload.content_type = content_type.empty() ? kDefaultContentType : content_type;
  upload.storage_class = call.header("x-amz-storage-class");
  TARN_CO_TRY(const std::string id,
              co_await call.uploads().create(ctx, std::move(target), std::move(upload)));
  XmlBody body;
  body.xml()
      .open("InitiateMultipartUploadResult")
      .element("Bucket", call.address().repository)
      .element("Key", call.key())
      .element("UploadId", id)
      .close("InitiateMultipartUploadResult");
  co_return body.response();
}

}  // namespace tarn::endpoints::s3::operations
