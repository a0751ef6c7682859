#include "block/testing/prefixed_adapter.h"

#include <utility>

namespace tarn::block::testing {
namespace {

class PrefixedAdapter final : public Adapter {
 public:
  PrefixedAdapter(std::unique_ptr<Adapter> inner, std::string bucket, std::string prefix)
      : inner_(std::move(inner)), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

  Task<Result<ObjectInfo>> put(Context ctx, Location where, std::unique_ptr<ByteSource> body,
                               std::optional<std::uint64_t> size, PutOptions options) override {
    return inner_->put(std::move(ctx), at(where), std::move(body), size, std::move(options));
  }
  Task<Result<ObjectBody>> get(Context ctx, Location where,
                               std::optional<ByteRange> range) override {
    return inner_->get(std::move(ctx), at(where), range);
  }
  Task<Result<ObjectInfo>> stat(Context ctx, Location where) override {
    return inner_->stat(std::move(ctx), at(where));
  }
  Task<Result<ObjectInfo>> copy(Context ctx, Location from, Location to) override {
    return inner_->copy(std::move(ctx), at(from), at(to));
  }
  Task<Result<void>> remove(Context ctx, Location where) override {
    return inner_->remove(std::move(ctx), at(where));
  }
  Task<Result<ListPage>> list(Context ctx, std::string, std::string prefix, std::string after,
                              std::size_t limit) override {
    if (!after.empty()) {
      after.insert(0, prefix_);
    }
    TARN_CO_TRY(ListPage page, co_await inner_->list(std::move(ctx), bucket_, prefix_ + prefix,
                                                     std::move(after), limit));
    for (ListedObject& object : page.objects) {
      object.key.erase(0, prefix_.size());
    }
    if (!page.next_after.empty()) {
      page.next_after.erase(0, prefix_.size());
    }
    co_return page;
  }
  Task<Result<std::string>> create_upload(Context ctx, Location where,
                                          PutOptions options) override {
    return inner_->create_upload(std::move(ctx), at(where), std::move(options));
  }
  Task<Result<UploadedPart>> put_part(Context ctx, Location where, std::string upload_id,
                                      std::uint32_t number, std::unique_ptr<ByteSource> body,
                                      std::optional<std::uint64_t> size) override {
    return inner_->put_part(std::move(ctx), at(where), std::move(upload_id), number,
                            std::move(body), size);
  }
  Task<Result<UploadedPart>> copy_part(Context ctx, Location where, std::string upload_id,
                                       std::uint32_t number, Location from,
                                       std::optional<ByteRange> range) override {
    return inner_->copy_part(std::move(ctx), at(where), std::move(upload_id), number, at(from),
                             range);
  }
  Task<Result<ObjectInfo>> complete_upload(Context ctx, Location where, std::string upload_id,
                                           std::vector<UploadedPart> parts) override {
    return inner_->complete_upload(std::move(ctx), at(where), std::move(upload_id),
                                   std::move(parts));
  }
  Task<Result<void>> abort_upload(Context ctx, Location where, std::string upload_id) override {
    return inner_->abort_upload(std::move(ctx), at(where), std::move(upload_id));
  }
  Task<Result<std::string>> presign(Context ctx, Location where, PresignRequest request) override {
    return inner_->presign(std::move(ctx), at(where), std::move(request));
  }
  const Capabilities& capabilities() const override { return inner_->capabilities(); }

 private:
  Location at(const Location& where) const { return Location{bucket_, prefix_ + where.key}; }

  const std::unique_ptr<Adapter> inner_;
  const std::string bucket_;
  const std::string prefix_;
};

}  // namespace

std::unique_ptr<Adapter> prefixed_adapter(std::unique_ptr<Adapter> inner, std::string bucket,
                                          std::string prefix) {
  return std::make_unique<PrefixedAdapter>(std::move(inner), std::move(bucket), std::move(prefix));
}

}  // namespace tarn::block::testing
