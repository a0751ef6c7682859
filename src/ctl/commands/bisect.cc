// The search for the commit that broke something: halves the commits between a good and a bad one.
#include "ctl/bisect.h"

#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tarn::ctl {
namespace {

constexpr std::int64_t kPage = 500;

Result<std::string> state_path(const Ctl& ctl) {
  const auto home = ctl.environment.get("HOME");
  if (!home) {
    return failure("$HOME is not defined");
  }
  return std::string(*home) + "/.lakectl.bisect.json";
}

Result<Bisect> load(const Ctl& ctl) {
  TARN_TRY(const std::string path, state_path(ctl));
  return load_bisect(path);
}

Result<void> save(const Ctl& ctl, const Bisect& bisect) {
  TARN_TRY(const std::string path, state_path(ctl));
  return save_bisect(path, bisect);
}

/// The commits from `bisect.bad_commit` to `bisect.good_commit`, without that.
Result<void> collect_commits(Ctl& ctl, Bisect& bisect) {
  api::LogCommitsRequest request;
  request.repository = bisect.repository;
  request.ref = bisect.bad_commit;
  request.amount = kPage;
  request.after = "";
  for (;;) {
    TARN_TRY(api::dto::CommitList page, ctl.session().call<api::ops::LogCommits>(request));
    for (api::dto::Commit& commit : page.results) {
      if (commit.id == bisect.good_commit) {
        return {};
      }
      bisect.commits.push_back(std::move(commit));
    }
    if (!page.pagination.has_more || page.results.empty()) {
      return failure("good commit not found");
    }
    request.after = page.pagination.next_offset;
  }
}

Result<void> start(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri bad, ctl.ref_uri(call.arguments[0], "bad ref URI"));
  TARN_TRY(const LakefsUri good, ctl.ref_uri(call.arguments[1], "good ref URI"));
  if (bad.repository != good.repository) {
    return failure("Two references doesn't use the same repository");
  }
  TARN_TRY(const api::dto::Repository repository,
           ctl.session().call<api::ops::GetRepository>({.repository = bad.repository}));
  TARN_TRY(const api::dto::Commit bad_commit,
           ctl.session().call<api::ops::GetCommit>(
               {.repository = bad.repository, .commit_id = *bad.ref}));
  TARN_TRY(const api::dto::Commit good_commit,
           ctl.session().call<api::ops::GetCommit>(
               {.repository = bad.repository, .commit_id = *good.ref}));
  Bisect bisect{.created = ctl.clock.now(),
                .repository = repository.id,
                .bad_commit = bad_commit.id,
                .good_commit = good_commit.id,
                .commits = {}};
  TARN_CHECK_OK(collect_commits(ctl, bisect));
  TARN_CHECK_OK(save(ctl, bisect));
  ctl.console.print(render_bisect_status(bisect));
  return {};
}

Result<void> judge(Ctl& ctl, bool good) {
  TARN_TRY(Bisect bisect, load(ctl));
  bisect.judge(good);
  TARN_CHECK_OK(save(ctl, bisect));
  ctl.console.print(render_bisect_status(bisect));
  return {};
}

Result<void> good(Ctl& ctl, const Invocation&) { return judge(ctl, true); }
Result<void> bad(Ctl& ctl, const Invocation&) { return judge(ctl, false); }

Result<void> log(Ctl& ctl, const Invocation&) {
  TARN_TRY(const Bisect bisect, load(ctl));
  ctl.console.print(render_bisect_status(bisect));
  return {};
}

Result<void> view(Ctl& ctl, const Invocation&) {
  TARN_TRY(const Bisect bisect, load(ctl));
  if (bisect.commits.empty()) {
    ctl.console.print(render_bisect_status(bisect));
  }
  for (const api::dto::Commit& commit : bisect.commits) {
    ctl.console.print(render_commit(ctl.console, commit, true));
  }
  return {};
}

Result<void> reset(Ctl& ctl, const Invocation&) {
  TARN_TRY(const std::string path, state_path(ctl));
  if (::unlink(path.c_str()) == 0) {
    ctl.console.print("Cleared bisect session\n");
    return {};
  }
  if (errno != ENOENT) {
    return system_error("remove", path, errno);
  }
  ctl.console.complain(fmt::format("{} No active bisect session\n\n",
                                   ctl.console.paint(color::kYellow, "Warning:")));
  return {};
}

/// True if the program, told about `commit`, exits with 0. Errors: it cannot be started.
Result<bool> passes(Ctl& ctl, const std::vector<std::string>& words,
                    const api::dto::Commit& commit) {
  std::vector<std::string> arguments;
  for (const std::string& word : words) {
    arguments.push_back(expand_bisect_word(word, commit));
  }
  std::map<std::string, std::string> variables(ctl.environment.all().begin(),
                                               ctl.environment.all().end());
  for (const auto& [name, value] : bisect_variables(commit)) {
    variables[std::string(name)] = value;
  }
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) {
    lines.push_back(fmt::format("{}={}", name, value));
  }
  std::vector<char*> argv;
  std::ranges::transform(arguments, std::back_inserter(argv),
                         [](auto& text) { return text.data(); });
  argv.push_back(nullptr);
  std::vector<char*> envp;
  std::ranges::transform(lines, std::back_inserter(envp), [](auto& text) { return text.data(); });
  envp.push_back(nullptr);
  ctl.console.flush();
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), envp.data());
  if (error != 0) {
    return system_error("run", arguments.front(), error);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return system_error("wait for", arguments.front(), errno);
    }
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Result<void> run(Ctl& ctl, const Invocation& call) {
  TARN_TRY(Bisect bisect, load(ctl));
  while (!bisect.finished()) {
    const api::dto::Commit commit = bisect.commits[bisect.tested()];
    ctl.console.print(fmt::format("== Commit [{}] {}\n", commit.id, commit.message));
    TARN_TRY(const bool good, passes(ctl, call.arguments, commit));
    ctl.console.print(
        fmt::format("-- {} [{}] {}\n", good ? "GOOD" : "BAD", commit.id, commit.message));
    bisect.judge(good);
    // Each verdict is kept: who is interrupted goes on from here.
    TARN_CHECK_OK(save(ctl, bisect));
  }
  ctl.console.print(render_bisect_status(bisect));
  return {};
}

}  // namespace

std::vector<Command> bisect_commands() {
  return {
      {.words = "bisect",
       .summary = "Find the commit that broke something between a good and a bad one",
       .hidden = true},
      {.words = "bisect start",
       .usage = "<bad ref URI> <good ref URI>",
       .summary = "Begin with a reference that is broken and an older one that is not",
       .arguments = {2, 2},
       .run = start},
      {.words = "bisect good",
       .summary = "Say that the commit in question is not broken",
       .run = good,
       .aliases = {"old"},
       .prelude = Prelude::kNothing},
      {.words = "bisect bad",
       .summary = "Say that the commit in question is broken",
       .run = bad,
       .aliases = {"new"},
       .prelude = Prelude::kNothing},
      {.words = "bisect view",
       .summary = "List the commits that are left",
       .run = view,
       .prelude = Prelude::kNothing},
      {.words = "bisect log",
       .summary = "Show how far the search is",
       .run = log,
       .prelude = Prelude::kNothing},
      {.words = "bisect reset",
       .summary = "Forget the search",
       .run = reset,
       .prelude = Prelude::kNothing},
      {.words = "bisect run",
       .usage = "<command> [arguments...]",
       .summary = "Search by the exit code of a program, 0 for a good commit",
       .arguments = {1, kAnyCount},
       .run = run,
       .prelude = Prelude::kNothing,
       .details =
           "In the arguments :BISECT_ID:, :BISECT_MESSAGE:, :BISECT_METARANGE_ID: and\n"
           ":BISECT_COMMITTER: stand for the commit that is tested; variables of these names\n"
           "(without colons) are set. Write -- before a command that has flags of its own."},
  };
}

}  // namespace tarn::ctl
