#include "endpoints/s3/conditions.h"

#include "endpoints/s3/copy_source.h"
#include "endpoints/s3/errors.h"

#include <gtest/gtest.h>

namespace tarn::endpoints::s3 {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

http::Headers fields(const Pairs& pairs) {
  http::Headers out;
  for (const auto& [name, value] : pairs) {
    out.add(name, value);
  }
  return out;
}

constexpr const char* kBefore = "Tue, 14 Nov 2023 22:13:19 GMT";
constexpr const char* kSame = "Tue, 14 Nov 2023 22:13:20 GMT";
constexpr const char* kAfter = "Tue, 14 Nov 2023 22:13:21 GMT";

/// For an object with ETag `abc`, half a second after kSame.
std::string judge(const Pairs& pairs, std::string_view prefix = "") {
  switch (
      judge_conditions(fields(pairs), prefix, "abc", from_unix_seconds(1700000000, 500000000))) {
    case Verdict::kProceed:
      return "proceed";
    case Verdict::kNotModified:
      return "not modified";
    case Verdict::kFailed:
      return "failed";
  }
  return "";
}

TEST(Conditions, AreJudgedInOrder) {
  EXPECT_EQ(judge({}), "proceed");
  EXPECT_EQ(judge({{"If-Match", "\"abc\""}}), "proceed");
  EXPECT_EQ(judge({{"If-Match", "\"x\", \"abc\""}}), "proceed");
  EXPECT_EQ(judge({{"If-Match", "*"}}), "proceed");
  EXPECT_EQ(judge({{"If-Match", "\"x\""}}), "failed");
  EXPECT_EQ(judge({{"If-None-Match", "\"abc\""}}), "not modified");
  EXPECT_EQ(judge({{"If-None-Match", "W/\"abc\""}}), "not modified");
  EXPECT_EQ(judge({{"If-None-Match", "\"x\""}}), "proceed");
  EXPECT_EQ(judge({{"If-Modified-Since", kBefore}}), "proceed");
  EXPECT_EQ(judge({{"If-Modified-Since", kSame}}), "not modified");
  EXPECT_EQ(judge({{"If-Modified-Since", kAfter}}), "not modified");
  EXPECT_EQ(judge({{"If-Unmodified-Since", kBefore}}), "failed");
  EXPECT_EQ(judge({{"If-Unmodified-Since", kSame}}), "proceed");
  EXPECT_EQ(judge({{"If-Modified-Since", "yesterday"}}), "proceed");
  EXPECT_EQ(judge({{"If-Unmodified-Since", "yesterday"}}), "proceed");
  // The ETag outweighs the date.
  EXPECT_EQ(judge({{"If-Match", "abc"}, {"If-Unmodified-Since", kBefore}}), "proceed");
  EXPECT_EQ(judge({{"If-None-Match", "\"x\""}, {"If-Modified-Since", kAfter}}), "proceed");
  EXPECT_EQ(judge({{"If-None-Match", "abc"}, {"If-Modified-Since", kBefore}}), "not modified");
}

TEST(Conditions, OfACopyHaveAPrefix) {
  EXPECT_EQ(judge({{"x-amz-copy-source-if-match", "\"x\""}}), "proceed");
  EXPECT_EQ(judge({{"x-amz-copy-source-if-match", "\"x\""}}, "x-amz-copy-source-"), "failed");
  EXPECT_EQ(judge({{"If-Match", "\"x\""}}, "x-amz-copy-source-"), "proceed");
}

TEST(Conditions, OfWritesAreTwo) {
  EXPECT_FALSE(write_condition(fields({}))->any());
  EXPECT_TRUE(write_condition(fields({{"If-None-Match", "*"}}))->if_absent);
  EXPECT_EQ(write_condition(fields({{"If-Match", "\"abc\""}}))->if_match_etag, "abc");
  for (const Pairs& pairs :
       {Pairs{{"If-None-Match", "\"abc\""}}, Pairs{{"If-Match", "*"}}, Pairs{{"If-Match", "a, b"}},
        Pairs{{"If-Match", "a"}, {"If-None-Match", "*"}}}) {
    EXPECT_TRUE(write_condition(fields(pairs)).error().is(kNotImplemented));
  }
}

std::string source(std::string_view field) {
  const Result<CopySource> found = parse_copy_source(field);
  return found ? found->repository + "|" + found->ref + "|" + found->path : found.error().message();
}

TEST(CopySource, IsARepositoryAReferenceAndAPath) {
  EXPECT_EQ(source("/repo/main/a/b"), "repo|main|a/b");
  EXPECT_EQ(source("//repo/main//a"), "repo|main|/a");
  EXPECT_EQ(source("repo%2Fmain%2Fa%20b+c"), "repo|main|a b+c");
  EXPECT_EQ(source("repo/main/a?versionId=null"), "repo|main|a");
  EXPECT_EQ(source("repo/main/a%3FversionId=null"), "repo|main|a?versionId=null");
  EXPECT_EQ(source("repo/main/100%"), "repo|main|100%");
  EXPECT_EQ(source("repo/main/"), "repo|main|");
  for (const char* bad : {"", "/", "repo", "repo/main", "repo//x"}) {
    EXPECT_TRUE(parse_copy_source(bad).error().is(kInvalidCopySource)) << bad;
  }
}

TEST(CopySource, HasARangeInside) {
  const auto range = [](std::string_view field) {
    const Result<block::ByteRange> found = parse_copy_range(field, 10);
    return found ? std::to_string(found->offset) + "+" + std::to_string(found->size_bytes)
                 : std::string(found.error().id().text);
  };
  EXPECT_EQ(range("bytes=0-9"), "0+10");
  EXPECT_EQ(range("bytes=3-3"), "3+1");
  EXPECT_EQ(range("bytes=3-10"), kInvalidRange.text);
  for (const char* bad : {"", "bytes=", "bytes=-3", "bytes=3-", "bytes=3-2", "3-4", "bytes=a-b",
                          "bytes=0-1,3-4", "bytes=0-99999999999999999999"}) {
    EXPECT_EQ(range(bad), kInvalidArgument.text) << bad;
  }
}

}  // namespace
}  // namespace tarn::endpoints::s3
