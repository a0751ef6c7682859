#include "ctl/command.h"

#include "ctl/commands/all.h"
#include "ctl/errors.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::ctl {
namespace {

const FlagSpec kHelpFlag{
    .name = "help", .letter = 'h', .kind = FlagKind::kBool, .text = "Print help"};

std::string_view parent_words(std::string_view words) {
  const std::size_t space = words.rfind(' ');
  return space == std::string_view::npos ? std::string_view() : words.substr(0, space);
}

const Command* child(const Command& parent, std::string_view word) {
  for (const Command& command : commands()) {
    if (command.words.empty() || parent_words(command.words) != parent.words) {
      continue;
    }
    if (name_of(command) == word ||
        std::ranges::find(command.aliases, word) != command.aliases.end()) {
      return &command;
    }
  }
  return nullptr;
}

}  // namespace

Result<void> check_argument_count(const ArgumentCount& allowed,
                                  std::span<const std::string> arguments, std::string_view path) {
  const std::size_t count = arguments.size();
  if (count >= allowed.min && count <= allowed.max) {
    return {};
  }
  std::string text;
  if (allowed.max == 0) {
    text = fmt::format("unknown command \"{}\" for \"{}\"\nRun 'lakectl --help' for usage.",
                       arguments.front(), path);
  } else if (allowed.min == allowed.max) {
    text = fmt::format("accepts {} arg(s), received {}", allowed.min, count);
  } else if (allowed.max == kAnyCount) {
    text = fmt::format("requires at least {} arg(s), only received {}", allowed.min, count);
  } else {
    text = fmt::format("accepts between {} and {} arg(s), received {}", allowed.min, allowed.max,
                       count);
  }
  return Error::with_message(kUsage, std::move(text));
}

std::span<const Command> commands() {
  static const std::vector<Command> table = all_commands();
  return table;
}

std::span<const FlagSpec> global_flags() {
  static constexpr FlagSpec flags[] = {
      {.name = "base-uri",
       .text = "Put before URI arguments that do not start with lakefs:// "
               "(environment: LAKECTL_BASE_URI)"},
      {.name = "config", .letter = 'c', .text = "Configuration file (default $HOME/.lakectl.yaml)"},
      {.name = "log-format", .text = "Format of log lines: text or json"},
      {.name = "log-level",
       .fallback = "none",
       .text = "What is logged: trace, debug, info, warn, error, none"},
      {.name = "log-output",
       .kind = FlagKind::kStrings,
       .text = "Where log lines go: - for stdout, = for stderr, or a file"},
      {.name = "no-color",
       .kind = FlagKind::kBool,
       .text = "No colors and no drawn tables (environment: NO_COLOR)"},
      {.name = "verbose", .kind = FlagKind::kBool, .text = "Say more"},
      {.name = "version", .letter = 'v', .kind = FlagKind::kBool, .text = "Print the version"},
  };
  return flags;
}

const Command& root_command() { return commands().front(); }

std::vector<const Command*> children(const Command& parent) {
  std::vector<const Command*> out;
  for (const Command& command : commands()) {
    if (!command.words.empty() && parent_words(command.words) == parent.words) {
      out.push_back(&command);
    }
  }
  std::ranges::sort(out, {}, [](const Command* command) { return command->words; });
  return out;
}

std::string_view name_of(const Command& command) {
  const std::size_t space = command.words.rfind(' ');
  return space == std::string_view::npos ? command.words : command.words.substr(space + 1);
}

std::vector<const FlagSpec*> all_flags(const Command& command) {
  std::vector<const FlagSpec*> out;
  for (const FlagSpec& flag : command.flags) {
    out.push_back(&flag);
  }
  for (const FlagSpec& flag : global_flags()) {
    if (flag.name != "version" || command.words.empty()) {
      out.push_back(&flag);
    }
  }
  out.push_back(&kHelpFlag);
  return out;
}

Found find_command(std::vector<std::string> words) {
  Found found{.command = &root_command(), .words = std::move(words)};
  for (;;) {
    const std::vector<std::size_t> plain =
        plain_words(found.words, Flags(all_flags(*found.command)));
    const Command* next =
        plain.empty() ? nullptr : child(*found.command, found.words[plain.front()]);
    if (next == nullptr) {
      return found;
    }
    found.words.erase(found.words.begin() + static_cast<std::ptrdiff_t>(plain.front()));
    found.command = next;
  }
}

std::vector<FlagSpec> pagination_flags() {
  return {{.name = "amount",
           .kind = FlagKind::kInt,
           .fallback = "100",
           .text = "How many results to return"},
          {.name = "after", .text = "Show results after this value"},
          {.name = "prefix", .text = "Show results that start with this"}};
}

std::vector<FlagSpec> message_flags(bool empty_allowed) {
  return {{.name = "message", .letter = 'm', .text = "Commit message"},
          {.name = "allow-empty-message",
           .kind = FlagKind::kBool,
           .fallback = empty_allowed ? "true" : "false",
           .text = "Allow an empty commit message"},
          {.name = "meta", .kind = FlagKind::kStrings, .text = "Metadata as key=value pairs"}};
}

FlagSpec yes_flag() {
  return {
      .name = "yes", .letter = 'y', .kind = FlagKind::kBool, .text = "Answer yes to all questions"};
}

}  // namespace tarn::ctl
