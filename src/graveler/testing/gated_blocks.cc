#include "graveler/testing/gated_blocks.h"

#include <utility>

namespace tarn::graveler::testing {

std::vector<std::string> GatedBlocks::done() const {
  MutexLock lock(mutex_);
  return done_;
}

Task<Result<block::ObjectInfo>> GatedBlocks::put(Context ctx, block::Location where,
                                                 std::unique_ptr<ByteSource> body,
                                                 std::optional<std::uint64_t> size,
                                                 block::PutOptions options) {
  const int now = ++running;
  for (int most = running_max; now > most && !running_max.compare_exchange_weak(most, now);) {
  }
  const std::string key = where.key;
  Result<void> allowed;
  if (before_put) {
    allowed = co_await before_put(key);
  }
  Result<block::ObjectInfo> out = Error(kInternal);
  if (allowed) {
    out = co_await inner_->put(std::move(ctx), std::move(where), std::move(body), size,
                               std::move(options));
  } else {
    out = std::move(allowed).error();
  }
  --running;
  if (out) {
    MutexLock lock(mutex_);
    done_.push_back(key);
  }
  co_return out;
}

Task<Result<block::ObjectBody>> GatedBlocks::get(Context ctx, block::Location where,
                                                 std::optional<block::ByteRange> range) {
  return inner_->get(std::move(ctx), std::move(where), range);
}
Task<Result<block::ObjectInfo>> GatedBlocks::stat(Context ctx, block::Location where) {
  return inner_->stat(std::move(ctx), std::move(where));
}
Task<Result<block::ObjectInfo>> GatedBlocks::copy(Context ctx, block::Location from,
                                                  block::Location to) {
  return inner_->copy(std::move(ctx), std::move(from), std::move(to));
}
Task<Result<void>> GatedBlocks::remove(Context ctx, block::Location where) {
  return inner_->remove(std::move(ctx), std::move(where));
}
Task<Result<block::ListPage>> GatedBlocks::list(Context ctx, std::string bucket, std::string prefix,
                                                std::string after, std::size_t limit) {
  return inner_->list(std::move(ctx), std::move(bucket), std::move(prefix), std::move(after),
                      limit);
}
Task<Result<std::string>> GatedBlocks::create_upload(Context ctx, block::Location where,
                                                     block::PutOptions options) {
  return inner_->create_upload(std::move(ctx), std::move(where), std::move(options));
}
Task<Result<block::UploadedPart>> GatedBlocks::put_part(Context ctx, block::Location where,
                                                        std::string upload_id, std::uint32_t number,
                                                        std::unique_ptr<ByteSource> body,
                                                        std::optional<std::uint64_t> size) {
  return inner_->put_part(std::move(ctx), std::move(where), std::move(upload_id), number,
                          std::move(body), size);
}
Task<Result<block::UploadedPart>> GatedBlocks::copy_part(Context ctx, block::Location where,
                                                         std::string upload_id,
                                                         std::uint32_t number, block::Location from,
                                                         std::optional<block::ByteRange> range) {
  return inner_->copy_part(std::move(ctx), std::move(where), std::move(upload_id), number,
                           std::move(from), range);
}
Task<Result<block::ObjectInfo>> GatedBlocks::complete_upload(
    Context ctx, block::Location where, std::string upload_id,
    std::vector<block::UploadedPart> parts) {
  return inner_->complete_upload(std::move(ctx), std::move(where), std::move(upload_id),
                                 std::move(parts));
}
Task<Result<void>> GatedBlocks::abort_upload(Context ctx, block::Location where,
                                             std::string upload_id) {
  return inner_->abort_upload(std::move(ctx), std::move(where), std::move(upload_id));
}
Task<Result<std::string>> GatedBlocks::presign(Context ctx, block::Location where,
                                               block::PresignRequest request) {
  return inner_->presign(std::move(ctx), std::move(where), std::move(request));
}

}  // namespace tarn::graveler::testing
