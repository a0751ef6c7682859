#include "base/error.h"

#include <gtest/gtest.h>

#include <memory>

namespace tarn {
namespace {

constexpr ErrorId kBranchNotFound{ErrorKind::kNotFound, "branch not found"};
constexpr ErrorId kSameText{ErrorKind::kNotFound, "branch not found"};

Result<int> half(int n) {
  if (n % 2 != 0) {
    return Error(kBranchNotFound, "odd");
  }
  return n / 2;
}

Result<int> quarter(int n) {
  TARN_TRY(const int once, half(n));
  TARN_TRY(const int twice, half(once));
  return twice;
}

Result<void> check(int n) {
  TARN_CHECK_OK(half(n));
  return {};
}

TEST(Error, IdentityIsTheConstantNotItsText) {
  const Error error(kBranchNotFound);
  EXPECT_TRUE(error.is(kBranchNotFound));
  EXPECT_FALSE(error.is(kSameText));
  EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
}

TEST(Error, MessagesHaveTheFormClientsKnow) {
  EXPECT_EQ(Error(kBranchNotFound).message(), "branch not found");
  EXPECT_EQ(Error(kBranchNotFound, "main").message(), "main: branch not found");
  EXPECT_EQ(Error(kBranchNotFound, "").message(), "branch not found");
  EXPECT_EQ(Error::with_message(kBranchNotFound, "no such thing").message(), "no such thing");
}

TEST(Error, WrapAndAppendKeepTheIdentity) {
  Error error = Error(kBranchNotFound).wrap("get branch").append(" (main)");
  EXPECT_EQ(error.message(), "get branch: branch not found (main)");
  EXPECT_TRUE(error.is(kBranchNotFound));
  EXPECT_EQ(Error(kBranchNotFound).append("!").message(), "branch not found!");
}

TEST(Result, TryUnwrapsOrReturns) {
  EXPECT_EQ(quarter(8).value(), 2);
  const Result<int> odd = quarter(6);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().message(), "odd: branch not found");
  EXPECT_TRUE(check(2));
  EXPECT_FALSE(check(3));
}

TEST(Result, HoldsMoveOnlyValues) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const auto pass = [&]() -> Result<std::unique_ptr<int>> {
    TARN_TRY(std::unique_ptr<int> value, make());
    return value;
  };
  EXPECT_EQ(**pass(), 7);
}

TEST(ErrorKind, HasANameForEach) {
  EXPECT_EQ(to_string(ErrorKind::kInvalid), "invalid");
  EXPECT_EQ(to_string(ErrorKind::kUnknownOutcome), "unknown_outcome");
  EXPECT_EQ(to_string(ErrorKind::kInternal), "internal");
}

}  // namespace
}  // namespace tarn
