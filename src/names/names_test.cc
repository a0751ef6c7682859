// The rules of every kind of name, by example on both sides of each border.
#include "names/errors.h"
#include "names/ids.h"
#include "names/lakefs_uri.h"
#include "names/ref_expression.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace tarn {
namespace {

using Kind = RefExpression::Kind;

static_assert(!std::is_convertible_v<BranchId, TagId> && !std::is_constructible_v<BranchId, TagId>);
static_assert(!std::is_assignable_v<BranchId&, TagId> && !std::is_assignable_v<RangeId&, CommitId>);
static_assert(!std::is_convertible_v<std::string, BranchId> &&
              !std::is_convertible_v<RangeId, MetaRangeId>);

TEST(RepositoryId, AcceptsThreeTo63LowerCaseLettersDigitsAndDashes) {
  for (const std::string& good :
       std::vector<std::string>{"abc", "a-b", "0ab", "a--", std::string(63, 'a')}) {
    EXPECT_TRUE(RepositoryId::parse(good)) << good;
  }
  for (const std::string& bad : std::vector<std::string>{"", "ab", "-ab", "Abc", "a_b", "a.b",
                                                         "abc\n", std::string(64, 'a')}) {
    EXPECT_FALSE(RepositoryId::parse(bad)) << bad;
  }
  EXPECT_EQ(RepositoryId::parse("A").error().message(),
            "repository id: invalid value: validation error");
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
  for (const std::string bad : {"", "@", "a.", "a.lock", "a..b", "a/b", "a@{b", "a^", "a:", "a?",
                                "a*", "a[", "a\\", "a b", "\x01"}) {
    EXPECT_FALSE(TagId::parse(bad)) << bad;
  }
}

TEST(ObjectPath, HoldsOneTo1024Bytes) {
  EXPECT_TRUE(ObjectPath::parse(std::string(1024, 'x')));
  EXPECT_EQ(ObjectPath::parse("").error().message(),
            "missing path: required value: validation error");
  EXPECT_NE(ObjectPath::parse(std::string(1025, 'x'))
                .error()
                .message()
                .find("1025 is above maximum length (1024)"),
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
  for (const std::string bad :
       {"", "~1", "@", "main@1", "main@~1", "main~1@", "main$$", "main~x", "main~-1", "main^+1",
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
  for (const std::string bad :
       {"lakefs://foo@bar", "lakefssss://r", "lakefs:/foo/bar", "lakefs//foo", "repo1/main",
        "lakefs://", "lakefs://r:x/main", "lakefs://r/main/%zz"}) {
    EXPECT_FALSE(LakefsUri::parse(bad)) << bad;
  }
}

TEST(Names, AreValuesWithOrderHashAndFormat) {
  const BranchId a = BranchId::trusted("a");
  const BranchId b = BranchId::trusted("b");
  EXPECT_LT(a, b);
  EXPECT_LT(a, BranchId::trusted("\xff"));  // as unsigned bytes
  EXPECT_TRUE(BranchId().empty());
  EXPECT_EQ(fmt::format("<{}>", a), "<a>");
  EXPECT_EQ(fmt::to_string(a), "a");
  EXPECT_EQ(::testing::PrintToString(a), "a");
  EXPECT_EQ(std::unordered_set<BranchId>({a, b, a}).size(), 2U);
}

TEST(ObjectPath, NamesItsErrors) {
  EXPECT_TRUE(ObjectPath::parse("").error().is(kMissingPath));
  EXPECT_TRUE(ObjectPath::parse(std::string(1025, 'x')).error().is(kPathTooLong));
  EXPECT_EQ(ObjectPath::parse(std::string(1030, 'x')).error().message(),
            "invalid value: validation error: 1030 is above maximum length (1024)");
}

TEST(Names, RequireBranchAndTag) {
  EXPECT_TRUE(BranchId::parse("").error().is(kRequiredName));
  EXPECT_TRUE(TagId::parse("").error().is(kRequiredName));
}

TEST(StagingToken, CarriesRepositoryBranchAndUuid) {
  EXPECT_EQ(make_staging_token(RepositoryId::trusted("repo"), BranchId::trusted("main"), "6f1ed002")
                .str(),
            "repo-main:6f1ed002");
}

TEST(PullRequestId, IsAnXid) {
  EXPECT_TRUE(PullRequestId::parse("4ooeuvhksdue49r162mg"));
  for (const std::string bad :
       {"", "4ooeuvhksdue49r162m", "4ooeuvhksdue49r162mgg", "4Ooeuvhksdue49r162mg",
        "4ooeuvhksdue49r162mw", "4ooeuvhksdue49r162m1"}) {
    ASSERT_FALSE(PullRequestId::parse(bad)) << bad;
    EXPECT_EQ(PullRequestId::parse(bad).error().message(),
              "pull request id: invalid value: validation error");
  }
}

TEST(CommitPrefix, IsOneTo64HexDigitsOfEitherCase) {
  EXPECT_TRUE(looks_like_commit_prefix("a"));
  EXPECT_TRUE(looks_like_commit_prefix("DEADbeef"));
  EXPECT_FALSE(looks_like_commit_prefix(""));
  EXPECT_FALSE(looks_like_commit_prefix("xyz"));
  EXPECT_FALSE(looks_like_commit_prefix(std::string(65, '0')));
}

TEST(RefExpression, PrintsItsShortestForm) {
  for (const std::string text : {"main", "main~", "main~2^~^0", "main@", "main$"}) {
    EXPECT_EQ(RefExpression::parse(text)->str(), text);
  }
  EXPECT_EQ(RefExpression::parse("main~1")->str(), "main~");
}

TEST(LakefsUri, RefusesControlCharactersAndEscapesInTheHost) {
  for (const std::string bad :
       {"lakefs://r/a\n", "lakefs://%72/a", "lakefs://r r/a", "", "lakefs:///main"}) {
    EXPECT_FALSE(LakefsUri::parse(bad)) << bad;
  }
}

TEST(LakefsUri, PutsTheBaseBeforeARelativeText) {
  EXPECT_EQ(LakefsUri::parse("/main/x", "lakefs://repo1")->str(), "lakefs://repo1/main/x");
  EXPECT_EQ(LakefsUri::parse("repo1", "lakefs://")->str(), "lakefs://repo1");
  EXPECT_EQ(LakefsUri::parse("x", "lakefs://r/main")->ref, "mainx");
  EXPECT_EQ(LakefsUri::parse("lakefs://a/b", "lakefs://r/main")->str(), "lakefs://a/b");
  EXPECT_FALSE(LakefsUri::parse("main", ""));
}

std::string shape(Result<void> (*check)(const LakefsUri&), std::string_view text) {
  const Result<LakefsUri> uri = LakefsUri::parse(text);
  if (!uri) {
    return uri.error().message();
  }
  const Result<void> result = check(*uri);
  return result ? "ok" : result.error().message();
}

TEST(LakefsUriShape, RepositoryUriHasNothingElse) {
  EXPECT_EQ(shape(check_repository_uri, "lakefs://repo"), "ok");
  EXPECT_EQ(shape(check_repository_uri, "lakefs://repo/"), "ok");
  EXPECT_EQ(shape(check_repository_uri, "lakefs://R_x"),
            "contains invalid repository name (repo=R_x): not a valid repo URI");
  EXPECT_EQ(shape(check_repository_uri, "lakefs://repo/main"),
            "repository URI includes a ref part (ref=main): not a valid repo URI");
  EXPECT_EQ(shape(check_repository_uri, "lakefs://repo//x"),
            "repository URI includes path part (path=x): not a valid repo URI");
  const Result<void> empty = check_repository_uri(LakefsUri{});
  EXPECT_EQ(empty.error().message(), "missing repository part: not a valid repo URI");
}

TEST(LakefsUriShape, RefUriHasARefAndNoPath) {
  EXPECT_EQ(shape(check_ref_uri, "lakefs://repo/main~1"), "ok");
  EXPECT_EQ(shape(check_ref_uri, "lakefs://repo/main/"), "ok");
  EXPECT_EQ(shape(check_ref_uri, "lakefs://repo"), "missing reference part: not a valid ref URI");
  EXPECT_EQ(shape(check_ref_uri, "lakefs://repo/a b"),
            "contains invalid reference name: not a valid ref URI");
  EXPECT_EQ(shape(check_ref_uri, "lakefs://repo/main/x"),
            "ref URI includes a path part (path=x): not a valid ref URI");
}

TEST(LakefsUriShape, BranchUriHasABranchName) {
  EXPECT_EQ(shape(check_branch_uri, "lakefs://repo/main"), "ok");
  EXPECT_EQ(shape(check_branch_uri, "lakefs://repo/main//"), "ok");
  EXPECT_EQ(shape(check_branch_uri, "lakefs://repo/main/x"),
            "branch URI includes a path part: not a valid branch URI");
  EXPECT_EQ(shape(check_branch_uri, "lakefs://repo/main~1"),
            "contains invalid branch name: not a valid branch URI");
}

TEST(LakefsUriShape, PathUriHasAPathThatMayBeEmpty) {
  EXPECT_EQ(shape(check_path_uri, "lakefs://repo/main/"), "ok");
  EXPECT_EQ(shape(check_path_uri, "lakefs://repo/main/a/b"), "ok");
  EXPECT_EQ(shape(check_path_uri, "lakefs://repo/main"), "missing path part: not a valid path URI");
}

}  // namespace
}  // namespace tarn
