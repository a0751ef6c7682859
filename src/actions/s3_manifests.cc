#include "actions/s3_manifests.h"

#include "actions/lua/modules/server_functions.h"
#include "aws/errors.h"

#include <fmt/format.h>

namespace tarn::actions {

Task<Result<void>> S3Manifests::put(Context ctx, std::string bucket, std::string key,
                                    Bytes content) {
  return lua::put_s3_object(std::move(ctx), client_, std::move(bucket), std::move(key),
                            std::move(content));
}

Task<Result<Bytes>> S3Manifests::get(Context ctx, std::string bucket, std::string key) {
  TARN_CO_TRY(const aws::S3Client::Body object,
              co_await client_->get_object(ctx, std::move(bucket), std::move(key), std::nullopt));
  co_return co_await read_all(std::move(ctx), *object.body, kGiB);
}

Task<Result<tables::ManifestStore::Page>> S3Manifests::list(Context ctx, std::string bucket,
                                                            std::string prefix, std::string token) {
  aws::S3ListRequest request;
  request.bucket = std::move(bucket);
  request.prefix = std::move(prefix);
  request.continuation_token = std::move(token);
  TARN_CO_TRY(aws::S3ListPage listed,
              co_await client_->list_objects(std::move(ctx), std::move(request)));
  Page page;
  for (aws::S3Object& object : listed.objects) {
    page.items.push_back({.key = std::move(object.key), .last_modified = object.last_modified});
  }
  page.token = listed.is_truncated ? std::move(listed.next_continuation_token) : std::string();
  co_return page;
}

Task<Result<void>> S3Manifests::remove(Context ctx, std::string bucket,
                                       std::vector<std::string> keys) {
  TARN_CO_TRY(const std::vector<aws::S3DeleteFailure> failures,
              co_await client_->delete_objects(std::move(ctx), std::move(bucket), std::move(keys)));
  if (!failures.empty()) {
    const aws::S3DeleteFailure& first = failures.front();
    co_return Error::with_message(
        aws::kServiceFailed, fmt::format("{} manifests could not be deleted, among them {}: {}: {}",
                                         failures.size(), first.key, first.code, first.message));
  }
  co_return Result<void>();
}

}  // namespace tarn::actions
