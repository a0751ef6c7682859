#include "block/open.h"

#include <utility>

namespace tarn::block {
namespace {

class ReadOnlyAdapter final : public Adapter {
 public:
  explicit ReadOnlyAdapter(std::unique_ptr<Adapter> inner) : inner_(std::move(inner)) {}

  Task<Result<ObjectBody>> get(Context ctx, Location where,
                               std::optional<ByteRange> range) override {
    return inner_->get(std::move(ctx), std::move(where), range);
  }
  Task<Result<ObjectInfo>> stat(Context ctx, Location where) override {
    return inner_->stat(std::move(ctx), std::move(where));
  }
  Task<Result<ListPage>> list(Context ctx, std::string bucket, std::string prefix,
                              std::string after, std::size_t limit) override {
    return inner_->list(std::move(ctx), std::move(bucket), std::move(prefix), std::move(after),
                        limit);
  }
  const Capabilities& capabilities() const override { return inner_->capabilities(); }

  Task<Result<ObjectInfo>> put(Context, Location, std::unique_ptr<ByteSource>,
                               std::optional<std::uint64_t>, PutOptions) override {
    return refuse<ObjectInfo>();
  }
  Task<Result<ObjectInfo>> copy(Context, Location, Location) override {
    return refuse<ObjectInfo>();
  }
  Task<Result<void>> remove(Context, Location) override { return refuse<void>(); }
  Task<Result<std::string>> create_upload(Context, Location, PutOptions) override {
    return refuse<std::string>();
  }
  Task<Result<UploadedPart>> put_part(Context, Location, std::string, std::uint32_t,
                                      std::unique_ptr<ByteSource>,
                                      std::optional<std::uint64_t>) override {
    return refuse<UploadedPart>();
  }
  Task<Result<UploadedPart>> copy_part(Context, Location, std::string, std::uint32_t, Location,
                                       std::optional<ByteRange>) override {
    return refuse<UploadedPart>();
  }
  Task<Result<ObjectInfo>> complete_upload(Context, Location, std::string,
                                           std::vector<UploadedPart>) override {
    return refuse<ObjectInfo>();
  }
  Task<Result<void>> abort_upload(Context, Location, std::string) override {
    return refuse<void>();
  }
  /// Whoever holds the URL may write with it.
  Task<Result<std::string>> presign(Context, Location, PresignRequest) override {
    return refuse<std::string>();
  }

 private:
  template <class T>
  static Task<Result<T>> refuse() {
    co_return Error(kReadOnlyStore);
  }

  std::unique_ptr<Adapter> inner_;
};

}  // namespace

std::unique_ptr<Adapter> read_only(std::unique_ptr<Adapter> inner) {
  return std::make_unique<ReadOnlyAdapter>(std::move(inner));
}

}  // namespace tarn::block
