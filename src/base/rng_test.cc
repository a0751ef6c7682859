#include "base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace tarn {
namespace {

/// Gives the listed words, one a draw.
class ListedRng final : public Rng {
 public:
  explicit ListedRng(std::vector<std::uint64_t> words) : words_(std::move(words)) {}
  void fill(std::span<std::byte> out) override {
    ASSERT_LT(at_, words_.size()) << "drew more often than expected";
    std::memcpy(out.data(), &words_[at_++], out.size());
  }
  std::size_t drawn() const { return at_; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t at_ = 0;
};

TEST(Rng, BelowStaysInBounds) {
  SeededRng rng(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) {
    const std::uint64_t value = rng.below(7);
    ASSERT_LT(value, 7U);
    ++seen[value];
  }
  for (const int count : seen) {
    EXPECT_GT(count, 800) << "each value comes up about 1000 times";
  }
  EXPECT_EQ(rng.below(1), 0U);
}

// Without the second draw, the 2^64 mod bound smallest results would come up once more than the
// others.
TEST(Rng, BelowDrawsAgainWhereTheRangeDoesNotDivide) {
  // 2^64 mod 6 = 4: words 0 to 3 are refused.
  ListedRng rng({0, 3, 4});
  EXPECT_EQ(rng.below(6), 4U);
  EXPECT_EQ(rng.drawn(), 3U);
  ListedRng power({0});
  EXPECT_EQ(power.below(8), 0U) << "a power of two divides the range";
}

TEST(Rng, UnitIsHalfOpen) {
  ListedRng rng({0, ~std::uint64_t{0}});
  EXPECT_EQ(rng.unit(), 0.0);
  EXPECT_LT(rng.unit(), 1.0);
}

TEST(SeededRng, RepeatsFromItsSeed) {
  SeededRng a(42);
  SeededRng b(42);
  SeededRng c(43);
  const std::string bytes = a.bytes(33);
  EXPECT_EQ(bytes.size(), 33U);
  EXPECT_EQ(b.bytes(33), bytes);
  EXPECT_NE(c.bytes(33), bytes);
}

TEST(SystemRng, GivesFreshBytes) {
  SystemRng rng;
  EXPECT_NE(rng.bytes(16), rng.bytes(16));
  EXPECT_EQ(rng.bytes(0), "");
}

}  // namespace
}  // namespace tarn
