#include "runtime/byte_source.h"

#include "runtime/testing/run.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

using testing::run;

/// Gives its chunks one by one, then fails or ends; does not know its size.
class ChunkSource final : public ByteSource {
 public:
  ChunkSource(std::vector<Bytes> chunks, bool fails) : chunks_(std::move(chunks)), fails_(fails) {}
  Task<Result<Bytes>> read(Context, std::size_t) override {
    if (at_ < chunks_.size()) {
      co_return chunks_[at_++];
    }
    if (fails_) {
      co_return Error(kUnavailable, "cut");
    }
    co_return Bytes();
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  std::vector<Bytes> chunks_;
  bool fails_;
  std::size_t at_ = 0;
};

TEST(MemorySource, ReadsInBoundedChunks) {
  const std::unique_ptr<ByteSource> source = memory_source("abcdefg");
  EXPECT_EQ(source->remaining(), 7U);
  EXPECT_EQ(run(source->read(Context(), 3)).value(), "abc");
  EXPECT_EQ(run(source->read(Context(), 3)).value(), "def");
  EXPECT_EQ(source->remaining(), 1U);
  EXPECT_EQ(run(source->read(Context(), 3)).value(), "g");
  EXPECT_EQ(run(source->read(Context(), 3)).value(), "");
  EXPECT_EQ(source->remaining(), 0U);
  EXPECT_FALSE(source->file_region());
}

TEST(MemorySource, StartsOver) {
  const std::unique_ptr<ByteSource> source = memory_source("abc");
  EXPECT_EQ(run(source->read(Context(), 10)).value(), "abc");
  EXPECT_TRUE(source->rewind());
  EXPECT_EQ(run(source->read(Context(), 10)).value(), "abc");
}

TEST(ReadAll, GathersEveryChunk) {
  ChunkSource source({"ab", "c", "def"}, false);
  EXPECT_EQ(run(read_all(Context(), source, 6)).value(), "abcdef");
  const std::unique_ptr<ByteSource> large = memory_source(Bytes(1 << 20, 'x'));
  EXPECT_EQ(run(read_all(Context(), *large, 1 << 20)).value().size(), 1U << 20);
}

TEST(ReadAll, RefusesWhatIsTooLarge) {
  ChunkSource source({"ab", "c", "def"}, false);
  const Result<Bytes> result = run(read_all(Context(), source, 5));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "larger than 5 bytes");
}

TEST(ReadAll, PassesAnErrorOn) {
  ChunkSource source({"ab"}, true);
  EXPECT_TRUE(run(read_all(Context(), source, 100)).error().is(kUnavailable));
}

}  // namespace
}  // namespace tarn
