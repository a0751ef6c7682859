#pragma once

#include "base/thread_annotations.h"
#include "block/adapter.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tarn::graveler::testing {

/// A block store that asks before each put, and remembers the order in which puts ended.
class GatedBlocks final : public block::Adapter {
 public:
  using Gate = std::function<Task<Result<void>>(std::string key)>;

  explicit GatedBlocks(std::unique_ptr<block::Adapter> inner) : inner_(std::move(inner)) {}

  /// Runs before each put, which fails with its error. Set while nothing is under way.
  Gate before_put;
  std::atomic<int> running = 0;
  std::atomic<int> running_max = 0;
  /// Keys of puts that are done.
  std::vector<std::string> done() const;

  Task<Result<block::ObjectInfo>> put(Context ctx, block::Location where,
                                      std::unique_ptr<ByteSource> body,
                                      std::optional<std::uint64_t> size,
                                      block::PutOptions options) override;
  Task<Result<block::ObjectBody>> get(Context ctx, block::Location where,
                                      std::optional<block::ByteRange> range) override;
  Task<Result<block::ObjectInfo>> stat(Context ctx, block::Location where) override;
  Task<Result<block::ObjectInfo>> copy(Context ctx, block::Location from,
                                       block::Location to) override;
  Task<Result<void>> remove(Context ctx, block::Location where) override;
  Task<Result<block::ListPage>> list(Context ctx, std::string bucket, std::string prefix,
                                     std::string after, std::size_t limit) override;
  Task<Result<std::string>> create_upload(Context ctx, block::Location where,
                                          block::PutOptions options) override;
  Task<Result<block::UploadedPart>> put_part(Context ctx, block::Location where,
                                             std::string upload_id, std::uint32_t number,
                                             std::unique_ptr<ByteSource> body,
                                             std::optional<std::uint64_t> size) override;
  Task<Result<block::UploadedPart>> copy_part(Context ctx, block::Location where,
                                              std::string upload_id, std::uint32_t number,
                                              block::Location from,
                                              std::optional<block::ByteRange> range) override;
  Task<Result<block::ObjectInfo>> complete_upload(Context ctx, block::Location where,
                                                  std::string upload_id,
                                                  std::vector<block::UploadedPart> parts) override;
  Task<Result<void>> abort_upload(Context ctx, block::Location where,
                                  std::string upload_id) override;
  Task<Result<std::string>> presign(Context ctx, block::Location where,
                                    block::PresignRequest request) override;
  const block::Capabilities& capabilities() const override { return inner_->capabilities(); }

 private:
  const std::unique_ptr<block::Adapter> inner_;
  mutable Mutex mutex_;
  std::vector<std::string> done_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::graveler::testing
