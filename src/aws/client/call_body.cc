#include "aws/client/call_body.h"

#include "base/encoding.h"
#include "base/hash.h"

namespace tarn::aws {

class CallBody::Lent final : public ByteSource {
 public:
  explicit Lent(std::shared_ptr<CallBody> owner) : owner_(std::move(owner)) {}

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    owner_->touched_ = true;
    Result<Bytes> chunk = co_await owner_->source_->read(std::move(ctx), max_bytes);
    if (!chunk) {
      owner_->failure_ = chunk.error();
    } else {
      given_ += chunk->size();
      if (chunk->empty() && given_ < owner_->size_bytes_) {
        owner_->failure_ = Error::with_message(kInvalid, "body is shorter than announced");
        co_return *owner_->failure_;
      }
    }
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return owner_->size_bytes_ - given_; }
  /// For a pooled connection that turned out closed.
  bool rewind() override {
    given_ = 0;
    return owner_->restart();
  }

 private:
  std::shared_ptr<CallBody> owner_;
  std::uint64_t given_ = 0;
};

std::shared_ptr<CallBody> CallBody::in_memory(Bytes bytes, bool hashed) {
  std::optional<std::string> digest;
  if (hashed) {
    digest = hex_encode(sha256(bytes));
  }
  const std::uint64_t size = bytes.size();
  auto body = std::make_shared<CallBody>(memory_source(std::move(bytes)), size);
  body->sha256_hex_ = std::move(digest);
  return body;
}

std::unique_ptr<ByteSource> CallBody::lend() { return std::make_unique<Lent>(shared_from_this()); }

bool CallBody::restart() {
  if (touched_ && !source_->rewind()) {
    return false;
  }
  touched_ = false;
  return true;
}

}  // namespace tarn::aws
