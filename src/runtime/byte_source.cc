#include "runtime/byte_source.h"

#include <algorithm>
#include <utility>

namespace tarn {
namespace {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(std::move(bytes)) {}

  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    Bytes chunk = bytes_.substr(at_, max_bytes);
    at_ += chunk.size();
    co_return chunk;
  }
  std::optional<std::uint64_t> remaining() const override { return bytes_.size() - at_; }
  bool rewind() override {
    at_ = 0;
    return true;
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> memory_source(Bytes bytes) { return std::make_unique<MemorySource>(std::move(bytes)); }

Task<Result<Bytes>> read_all(Context ctx, ByteSource& source, std::size_t max_bytes) {
  Bytes all;
  const std::optional<std::uint64_t> expected = source.remaining();
  if (expected) {
    all.reserve(std::min<std::uint64_t>(*expected, max_bytes));
  }
  for (;;) {
    Result<Bytes> chunk = co_await source.read(ctx, kStreamChunkBytes);
    if (!chunk) {
      co_return std::move(chunk).error();
    }
    if (chunk->empty()) {
      co_return all;
    }
    if (all.size() + chunk->size() > max_bytes) {
      co_return Error::with_message(kInvalid, "larger than " + std::to_string(max_bytes) + " bytes");
    }
    all.append(*chunk);
  }
}

}  // namespace tarn
