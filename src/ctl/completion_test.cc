#include "ctl/completion.h"

#include "base/error.h"
#include "ctl/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tarn::ctl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

Result<std::vector<std::string>> two_repositories(const std::string& prefix) {
  std::vector<std::string> out;
  for (const std::string id : {"lake", "land"}) {
    if (id.starts_with(prefix)) {
      out.push_back(id);
    }
  }
  return out;
}

Completion at(std::vector<std::string> words, std::string_view partial) {
  return complete(std::move(words), partial, two_repositories);
}

std::vector<std::string> words_of(const Completion& completion) {
  std::vector<std::string> out;
  for (const std::string& candidate : completion.candidates) {
    out.push_back(candidate.substr(0, candidate.find('\t')));
  }
  return out;
}

TEST(Completion, ListsCommands) {
  const Completion root = at({}, "");
  EXPECT_EQ(root.directive, directive::kNoFiles);
  EXPECT_THAT(words_of(root), Contains("branch"));
  EXPECT_THAT(words_of(root), Not(Contains("bisect"))) << "hidden ones stay hidden";
  EXPECT_THAT(root.candidates, Contains("tag\tWork with tags"));
  EXPECT_THAT(words_of(at({}, "br")), ElementsAre("branch", "branch-protect"));
  EXPECT_THAT(words_of(at({"branch"}, "re")), ElementsAre("reset", "revert"));
  EXPECT_THAT(words_of(at({"bisect"}, "")),
              ElementsAre("bad", "good", "log", "reset", "run", "start", "view"));
  EXPECT_THAT(words_of(at({"--base-uri", "lakefs://lake", "branch"}, "sh")), ElementsAre("show"));
  EXPECT_THAT(words_of(at({"help", "branch"}, "sh")), ElementsAre("show"));
  EXPECT_THAT(at({"branch", "nonsense"}, "").candidates, IsEmpty());
}

TEST(Completion, ListsFlags) {
  const Completion all = at({"branch", "list"}, "-");
  EXPECT_THAT(words_of(all), Contains("--amount"));
  EXPECT_THAT(words_of(all), Contains("-h"));
  EXPECT_THAT(words_of(at({"branch", "list"}, "--am")), ElementsAre("--amount"));
  EXPECT_THAT(words_of(at({"commit", "lakefs://lake/main"}, "--e")), IsEmpty())
      << "--epoch-time-seconds is hidden";
  // A value is not ours to know; the shell may offer files.
  EXPECT_THAT(at({"gc", "set-config", "-f"}, "").directive, 0U);
  EXPECT_THAT(at({"gc", "set-config", "--filename"}, "-").candidates, IsEmpty());
  EXPECT_THAT(at({"branch", "list"}, "--amount=1").candidates, IsEmpty());
  EXPECT_THAT(at({"bisect", "run", "--"}, "--am").candidates, IsEmpty());
}

TEST(Completion, ListsRepositoriesWhereAUriBelongs) {
  const Completion both = at({"branch", "list"}, "");
  EXPECT_EQ(both.directive, directive::kNoSpace | directive::kNoFiles);
  EXPECT_THAT(both.candidates, ElementsAre("lakefs://lake", "lakefs://land"));
  EXPECT_THAT(at({"log"}, "lake").candidates, ElementsAre("lakefs://lake", "lakefs://land"));
  EXPECT_THAT(at({"log"}, "lakefs://lak").candidates, ElementsAre("lakefs://lake"));
  EXPECT_THAT(at({"merge", "lakefs://lake/dev"}, "lakefs://la").candidates,
              ElementsAre("lakefs://lake", "lakefs://land"));
  for (const char* other : {"lakefs://lake/", "lakefs://lake/ma", "main", "s3://"}) {
    EXPECT_THAT(at({"log"}, other).candidates, IsEmpty()) << other;
    EXPECT_EQ(at({"log"}, other).directive, directive::kNoSpace | directive::kNoFiles) << other;
  }
  EXPECT_EQ(at({"branch", "list", "lakefs://lake"}, "").directive, directive::kNoFiles)
      << "one argument is enough";
  EXPECT_EQ(at({"repo", "create", "lakefs://new"}, "").directive, 0U)
      << "a storage namespace is no URI of ours";
  EXPECT_EQ(at({"branch", "create", "lakefs://lake/x", "--yes"}, "").directive,
            directive::kNoFiles);
}

TEST(Completion, HasNoneWithoutAnAnswer) {
  const Completion failed = complete({"log"}, "", [](const std::string&) {
    return Result<std::vector<std::string>>(failure("nobody is there"));
  });
  EXPECT_THAT(failed.candidates, IsEmpty());
  EXPECT_EQ(failed.directive, directive::kError);
}

TEST(Completion, KnowsItsShells) {
  EXPECT_THAT(at({"completion"}, "").candidates, ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(at({"completion"}, "z").candidates, ElementsAre("zsh"));
  for (const std::string& shell : at({"completion"}, "").candidates) {
    EXPECT_NE(completion_script(shell), nullptr) << shell;
  }
  EXPECT_EQ(completion_script("powershell"), nullptr);
}

TEST(Completion, ReadsTheNamesOfArguments) {
  EXPECT_EQ(argument_name("<branch URI>", 0), "branch URI");
  EXPECT_EQ(argument_name("<branch URI>", 1), "");
  EXPECT_EQ(argument_name("<ref URI> [ref URI]", 1), "ref URI");
  EXPECT_EQ(argument_name("<branch URI> -s <source ref URI>", 1), "");
  EXPECT_EQ(argument_name("-f <file | -> <branch URI>", 0), "branch URI");
  EXPECT_EQ(argument_name("<branch URI> [--prefix | --object]", 1), "");
  EXPECT_EQ(argument_name("<branch URI> <commit ref> [<commit ref>...]", 2), "commit ref");
  EXPECT_EQ(argument_name("<branch URI> <commit ref> [<commit ref>...]", 9), "commit ref");
  EXPECT_EQ(argument_name("", 0), "");
  EXPECT_EQ(argument_name("<never closed", 0), "never closed");
  EXPECT_EQ(argument_name("[<a", 0), "a");
}

}  // namespace
}  // namespace tarn::ctl
