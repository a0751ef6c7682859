#include "endpoints/s3/operations.h"

namespace tarn::endpoints::s3::operations {

Outcome delete_object(Context ctx, Call call) {
  TARN_CO_TRY(catalog::UploadTarget target, call.target());
  const Result<void> removed = co_await call.objects().remove(
      ctx, std::move(target.repository), std::move(target.branch), std::move(target.path), false);
  // What is not there is deleted already, be it the path or its branch.
  if (!removed && removed.error().kind() != ErrorKind::kNotFound) {
    co_return removed.error();
  }
  http::Response response;
  response.status = 204;
  co_return response;
}

}  // namespace tarn::endpoints::s3::operations
