#include "endpoints/s3/operations.h"

namespace tarn::endpoints::s3::operations {

Outcome abort_multipart_upload(Context ctx, Call call) {
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  TARN_CO_CHECK_OK(
      co_await call.uploads().abort(ctx, std::move(target), call.parameter("uploadId")));
  http::Response response;
  response.status = 204;
  co_return response;
}

}  // namespace tarn::endpoints::s3::operations
