#include "ctl/bisect.h"

#include "base/error.h"
#include "runtime/testing/temp_folder.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <utility>

namespace tarn::ctl {
namespace {

using ::testing::HasSubstr;

/// Commits `c<count>` to `c1`, newest first, of which the oldest was made last by nobody's fault.
Bisect search(int count) {
  Bisect out{.created = from_unix_seconds(1700000000),
             .repository = "repo",
             .bad_commit = fmt::format("c{}", count),
             .good_commit = "c0",
             .commits = {}};
  for (int number = count; number > 0; --number) {
    out.commits.push_back({.id = fmt::format("c{}", number),
                           .parents = {fmt::format("c{}", number - 1)},
                           .committer = "me",
                           .message = fmt::format("message {}", number),
                           .creation_date = 1700000000 + number,
                           .meta_range_id = fmt::format("m{}", number),
                           .metadata = std::map<std::string, std::string>{{"key", "<\"&\n"}},
                           .generation = number,
                           .version = 1});
  }
  return out;
}

std::vector<std::string> ids(const Bisect& bisect) {
  std::vector<std::string> out;
  for (const api::dto::Commit& commit : bisect.commits) {
    out.push_back(commit.id);
  }
  return out;
}

// The vector is of lakectl's interface facts.
TEST(Bisect, GoesOnAsLakectlDoes) {
  Bisect bisect = search(5);
  EXPECT_EQ(render_bisect_status(bisect),
            "Repository: repo\n"
            "Bisecting: 1 commits left to test after this (roughly 2 steps)\n"
            "Current commit lakefs://repo/c4 message 4\n");
  bisect.judge(true);
  EXPECT_EQ(ids(bisect), (std::vector<std::string>{"c5", "c4"}));
  EXPECT_EQ(render_bisect_status(bisect),
            "Repository: repo\n"
            "Bisecting: 0 commits left to test after this (roughly 1 steps)\n"
            "Current commit lakefs://repo/c5 message 5\n");
  bisect.judge(false);
  EXPECT_EQ(render_bisect_status(bisect),
            "Repository: repo\nFound commit lakefs://repo/c4 message 4\n");
  bisect.judge(true);
  bisect.judge(false);
  EXPECT_EQ(ids(bisect), std::vector<std::string>{"c4"}) << "what is found stays found";
}

TEST(Bisect, FindsEveryCulpritInFewSteps) {
  for (int count = 1; count <= 33; ++count) {
    for (int culprit = 1; culprit <= count; ++culprit) {
      Bisect bisect = search(count);
      int steps = 0;
      while (!bisect.finished()) {
        const std::string tested = bisect.commits[bisect.tested()].id;
        bisect.judge(std::stoi(tested.substr(1)) < culprit);
        ++steps;
      }
      EXPECT_EQ(ids(bisect), std::vector<std::string>{fmt::format("c{}", culprit)}) << count;
      EXPECT_LT(1 << steps, 2 * count) << culprit;
    }
  }
}

TEST(Bisect, SaysWhatIsMissing) {
  Bisect bisect = search(0);
  EXPECT_EQ(render_bisect_status(bisect), "Repository: repo\nNo commits found\n");
  bisect.good_commit.clear();
  EXPECT_EQ(render_bisect_status(bisect),
            "Repository: repo\nBad commit lakefs://repo/c0, waiting for good commit\n");
  bisect.good_commit = std::exchange(bisect.bad_commit, "");
  EXPECT_EQ(render_bisect_status(bisect),
            "Repository: repo\nGood commit lakefs://repo/c0, waiting for bad commit\n");
  bisect.good_commit.clear();
  EXPECT_EQ(render_bisect_status(bisect), "Repository: repo\nMissing both good and bad commits\n");
}

TEST(Bisect, IsKeptInAFile) {
  const testing::TempFolder folder;
  const std::string path = folder.path() / "state.json";
  EXPECT_EQ(load_bisect(path).error().message(), "You need to start by \"bisect start\"");
  const Bisect saved = search(3);
  ASSERT_TRUE(save_bisect(path, search(7)));
  ASSERT_TRUE(save_bisect(path, saved));
  const Result<Bisect> loaded = load_bisect(path);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->created, saved.created);
  EXPECT_EQ(loaded->repository, saved.repository);
  EXPECT_EQ(loaded->bad_commit, "c3");
  EXPECT_EQ(loaded->good_commit, "c0");
  EXPECT_EQ(loaded->commits, saved.commits);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1)
      << "nothing but the file itself is left";
  for (const char* damaged :
       {"", "[]", "{\"commits\":[{\"id\":", "{\"commits\":{}}", "{\"commits\":[{\"id\":5}]}"}) {
    std::ofstream(path, std::ios::trunc) << damaged;
    const Result<Bisect> refused = load_bisect(path);
    ASSERT_FALSE(refused) << damaged;
    EXPECT_THAT(refused.error().message(), HasSubstr(path + ": not a bisect session: "));
  }
  // As lakectl writes a session without commits.
  std::ofstream(path, std::ios::trunc)
      << R"({"created":"2026-11-23T02:58:16.402334884+01:00","repository":"r","badCommit":"b",)"
      << R"("goodCommit":"g","commits":null})";
  EXPECT_EQ(render_bisect_status(*load_bisect(path)), "Repository: r\nNo commits found\n");
}

TEST(Bisect, PutsTheCommitIntoTheWordsOfACommand) {
  api::dto::Commit commit = search(1).commits.front();
  commit.message = "about :BISECT_ID: itself";
  EXPECT_EQ(expand_bisect_word("lakefs://repo/:BISECT_ID:/x", commit), "lakefs://repo/c1/x");
  EXPECT_EQ(expand_bisect_word(":BISECT_MESSAGE::BISECT_COMMITTER:", commit),
            "about :BISECT_ID: itselfme");
  EXPECT_EQ(expand_bisect_word("::BISECT_METARANGE_ID:: BISECT_ID :BISECT", commit),
            ":m1: BISECT_ID :BISECT");
}

}  // namespace
}  // namespace tarn::ctl
