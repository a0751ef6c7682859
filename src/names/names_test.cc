// The rules of every kind of name, by example on both sides of each border.
#include <gtest/gtest.h>

#include <type_traits>

#include "names/ids.h"
#include "names/lakefs_uri.h"
#include "names/ref_expression.h"

namespace tarn {
namespace {

using Kind = RefExpression::Kind;

static_assert(!std::is_convertible_v<BranchId, TagId> && !std::is_constructible_v<BranchId, TagId>);

TEST(RepositoryId, AcceptsThreeTo63LowerCaseLettersDigitsAndDashes) {
  for (const std::string& good : std::vector<std::string>{"abc", "a-b", "0ab", "a--", std::string(63, 'a')}) {
    EXPECT_TRUE(RepositoryId::parse(good)) << good;
  }
  for (const std::string& bad : std::vector<std::string>{"", "ab", "-ab", "Abc", "a_b", "a.b", "abc\n", std::string(64, 'a')}) {
    EXPECT_FALSE(RepositoryId::parse(bad)) << bad;
  }
  EXPECT_EQ(RepositoryId::parse("A").error().message(), "repository id: invalid value: validation error");
}

TEST(BranchId, AcceptsWordsAndDashes) {
  for (const std::string good : {"main", "_x", "a-b_c9", "A"}) {
    EXPECT_TRUE(BranchId::parse(good)) << good;
  }
  for (const std::string bad : {"-a", "a/b", "a.b", "a b", "a\n", "\xc3\xa9"}) {
    EXPECT_FALSE(BranchId::parse(bad)) << bad;
    EXPECT_EQ(BranchId::parse(bad).error().message(), "branch id: invalid value: validation error");
  }
}

TEST(TagId, FollowsGitsRules) {
  for (const std::string good : {"v1", "v1.0", "a~b", "a@b", "a$", "\xc3\xa9"}) {
    EXPECT_TRUE(TagId::parse(good)) << good;
  }
  for (const std::string bad : {"", "@", "a.", "a.lock", "a..b", "a/b", "a@{b", "a^", "a:", "a?", "a*", "a[", "a\\", "a b", "\x01"}) {
    EXPECT_FALSE(TagId::parse(bad)) << bad;
  }
}

TEST(ObjectPath, HoldsOneTo1024Bytes) {
  EXPECT_TRUE(ObjectPath::parse(std::string(1024, 'x')));
  EXPECT_EQ(ObjectPath::parse("").error().message(), "missing path: required value: validation error");
  EXPECT_NE(ObjectPath::parse(std::string(1025, 'x')).error().message().find("1025 is above maximum length (1024)"),
            std::string::npos);
}

TEST(HexIds, TakeSixtyFourLowerCaseDigits) {
  EXPECT_TRUE(CommitId::parse(std::string(64, 'a')));
  EXPECT_FALSE(CommitId::parse(std::string(64, 'A')));
  EXPECT_FALSE(CommitId::parse(std::string(63, 'a')));
  EXPECT_FALSE(CommitId::parse(""));
  EXPECT_TRUE(MetaRangeId::parse(""));
}

TEST(RefExpression, TakesModifiersApart) {
  const auto ref = RefExpression::parse("main~2^~^0");
  ASSERT_TRUE(ref);
  EXPECT_EQ(ref->base, "main");
  const std::vector<RefExpression::Modifier> expected{
      {Kind::kAncestor, 2}, {Kind::kParent, 1}, {Kind::kAncestor, 1}, {Kind::kParent, 0}};
  EXPECT_EQ(ref->modifiers, expected);
  EXPECT_TRUE(RefExpression::parse("main@")->has(Kind::kCommitted));
  EXPECT_TRUE(RefExpression::parse("main$")->has(Kind::kStaging));
}

TEST(RefExpression, RefusesWhatIsOutsideTheGrammar) {
  for (const std::string bad : {"", "~1", "@", "main@1", "main@~1", "main~1@", "main$$", "main~x", "main~-1", "main^+1",
                                "ma in", "main\n", "main~99999999999999999999"}) {
    const auto ref = RefExpression::parse(bad);
    ASSERT_FALSE(ref) << bad;
    EXPECT_EQ(ref.error().message(), "ref: invalid value: validation error");
  }
}

TEST(LakefsUri, ReadsItsVectors) {
  const auto full = LakefsUri::parse("lakefs://foo/bar/baz/path@with.foo");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->repository, "foo");
  EXPECT_EQ(full->ref, "bar");
  EXPECT_EQ(full->path, "baz/path@with.foo");
  EXPECT_EQ(LakefsUri::parse("lakefs://foo/bar//")->path, "/");
  EXPECT_EQ(LakefsUri::parse("lakefs://r//x")->ref, "");
  EXPECT_EQ(LakefsUri::parse("lakefs://r/main/a?x#y")->path, "a");
  EXPECT_EQ(LakefsUri::parse("lakefs://r/main/a%3Fb")->path, "a?b");
  EXPECT_EQ(LakefsUri::parse("lakefs://repo1:80/main/")->repository, "repo1");
  EXPECT_EQ(LakefsUri::parse("LAKEFS://r/b")->path, std::nullopt);
  EXPECT_EQ(LakefsUri::parse("lakefs://r/b/")->path, "");
  EXPECT_EQ(LakefsUri::parse("lakefs://r/")->ref, std::nullopt);
  EXPECT_EQ(LakefsUri::parse("lakefs://r/b/x y")->str(), "lakefs://r/b/x y");
}

TEST(LakefsUri, RefusesMalformedOnes) {
  for (const std::string bad : {"lakefs://foo@bar", "lakefssss://r", "lakefs:/foo/bar", "lakefs//foo", "repo1/main",
                                "lakefs://", "lakefs://r:x/main", "lakefs://r/main/%zz"}) {
    EXPECT_FALSE(LakefsUri::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace tarn
