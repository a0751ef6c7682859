#include "ctl/completion.h"

#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"

namespace tarn::ctl {
namespace {

constexpr std::int64_t kPage = 1000;

Result<void> completion(Ctl& ctl, const Invocation& call) {
  const std::string& shell = call.arguments.front();
  const char* script = completion_script(shell);
  if (script == nullptr) {
    return Error::with_message(
        kUsage, fmt::format("invalid argument \"{}\" for \"lakectl completion\"", shell));
  }
  ctl.console.print(script);
  return {};
}

Result<std::vector<std::string>> repositories(Ctl& ctl, const std::string& prefix) {
  TARN_CHECK_OK(ctl.start_session());
  std::vector<std::string> out;
  api::ListRepositoriesRequest request;
  request.prefix = prefix;
  request.amount = kPage;
  request.after = "";
  for (;;) {
    TARN_TRY(const api::dto::RepositoryList page,
             ctl.session().call<api::ops::ListRepositories>(request));
    for (const api::dto::Repository& repository : page.results) {
      out.push_back(repository.id);
    }
    if (!page.pagination.has_more) {
      return out;
    }
    request.after = page.pagination.next_offset;
  }
}

/// The flags that say where the server is hold for the completion too.
void take_global_flags(Ctl& ctl, const std::vector<std::string>& words) {
  const Found found = find_command(words);
  Flags flags(all_flags(*found.command));
  if (parse_flags(found.words, flags) && flags.is_set("config")) {
    ctl.config_file = config_file(flags.text("config"), ctl.environment);
  }
}

Result<void> complete_line(Ctl& ctl, const Invocation& call) {
  std::vector<std::string> words = call.arguments;
  const std::string partial = std::move(words.back());
  words.pop_back();
  take_global_flags(ctl, words);
  const Completion found = complete(
      words, partial, [&](const std::string& prefix) { return repositories(ctl, prefix); });
  for (const std::string& candidate : found.candidates) {
    ctl.console.print(candidate + "\n");
  }
  ctl.console.print(fmt::format(":{}\n", found.directive));
  ctl.console.complain(
      fmt::format("{} candidates, directive {}\n", found.candidates.size(), found.directive));
  return {};
}

}  // namespace

std::vector<Command> completion_commands() {
  return {
      {.words = "completion",
       .usage = "<bash|zsh|fish>",
       .summary = "Print a script that completes command lines in a shell",
       .arguments = {1, 1},
       .run = completion,
       .prelude = Prelude::kNothing},
      {.words = "__complete",
       .usage = "<word>...",
       .summary = "List how the last word may go on; what the scripts of completion call",
       .arguments = {1, kAnyCount},
       .run = complete_line,
       .hidden = true,
       .prelude = Prelude::kNothing,
       .raw = true},
  };
}

}  // namespace tarn::ctl
