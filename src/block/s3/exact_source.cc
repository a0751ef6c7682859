#include "block/s3/exact_source.h"

#include "block/errors.h"

namespace tarn::block::s3 {
namespace {

class ExactSource final : public ByteSource {
 public:
  ExactSource(std::unique_ptr<ByteSource> source, std::uint64_t size_bytes)
      : source_(std::move(source)), size_bytes_(size_bytes) {}

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    if (ended_) {
      co_return Bytes();
    }
    TARN_CO_TRY(Bytes chunk, co_await source_->read(ctx, max_bytes));
    given_ += chunk.size();
    if (given_ > size_bytes_ || (chunk.empty() && given_ < size_bytes_)) {
      co_return Error(kBodyMismatch);
    }
    if (given_ == size_bytes_) {
      ended_ = true;
      if (!chunk.empty()) {
        TARN_CO_TRY(const Bytes more, co_await source_->read(std::move(ctx), 1));
        if (!more.empty()) {
          co_return Error(kBodyMismatch);
        }
      }
    }
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return size_bytes_ - given_; }
  bool rewind() override {
    given_ = 0;
    ended_ = false;
    return source_->rewind();
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::uint64_t size_bytes_;
  std::uint64_t given_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> exact_source(std::unique_ptr<ByteSource> source,
                                         std::uint64_t size_bytes) {
  return std::make_unique<ExactSource>(std::move(source), size_bytes);
}

}  // namespace tarn::block::s3
