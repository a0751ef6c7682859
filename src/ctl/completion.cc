#include "ctl/completion.h"

#include "ctl/command.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarn::ctl {
namespace {

constexpr std::string_view kScheme = "lakefs://";

std::string candidate(std::string_view word, std::string_view text) {
  return fmt::format("{}\t{}", word, text);
}

Completion complete_command(const Command& group, std::string_view partial) {
  Completion out{.candidates = {}, .directive = directive::kNoFiles};
  for (const Command* command : children(group)) {
    if (!command->hidden && name_of(*command).starts_with(partial)) {
      out.candidates.push_back(candidate(name_of(*command), command->summary));
    }
  }
  return out;
}

Completion complete_flag(const Command& command, std::string_view partial) {
  Completion out{.candidates = {}, .directive = directive::kNoFiles};
  for (const FlagSpec* flag : all_flags(command)) {
    const std::string word = fmt::format("--{}", flag->name);
    if (!flag->hidden && word.starts_with(partial)) {
      out.candidates.push_back(candidate(word, flag->text));
    }
    if (!flag->hidden && flag->letter != 0 && partial == "-") {
      out.candidates.push_back(candidate(fmt::format("-{}", flag->letter), flag->text));
    }
  }
  std::ranges::sort(out.candidates);
  return out;
}

Completion complete_uri(std::string_view partial, const RepositoryLister& repositories) {
  Completion out{.candidates = {}, .directive = directive::kNoSpace | directive::kNoFiles};
  std::string_view typed;
  if (partial.starts_with(kScheme)) {
    typed = partial.substr(kScheme.size());
  } else if (!kScheme.starts_with(partial)) {
    return out;
  }
  if (typed.find('/') != std::string_view::npos) {
    return out;
  }
  const Result<std::vector<std::string>> ids = repositories(std::string(typed));
  if (!ids) {
    return {.candidates = {}, .directive = directive::kError};
  }
  for (const std::string& id : *ids) {
    out.candidates.push_back(fmt::format("{}{}", kScheme, id));
  }
  return out;
}

/// One of the words between the bars of `name`.
Completion complete_choice(std::string_view name, std::string_view partial) {
  Completion out{.candidates = {}, .directive = directive::kNoFiles};
  while (!name.empty()) {
    const std::string_view word = name.substr(0, name.find('|'));
    if (word.starts_with(partial)) {
      out.candidates.emplace_back(word);
    }
    name.remove_prefix(std::min(name.size(), word.size() + 1));
  }
  return out;
}

/// Whether the last of `words` is a flag whose value comes next.
bool wants_value(const std::vector<std::string>& words, const Flags& flags) {
  if (words.empty() || std::ranges::find(words, "--") != words.end()) {
    return false;
  }
  const std::string_view word = words.back();
  if (word.size() < 2 || word[0] != '-' || word.find('=') != std::string_view::npos) {
    return false;
  }
  const FlagSpec* flag = word[1] == '-' ? flags.find(word.substr(2)) : flags.find(word.back());
  return flag != nullptr && flag->kind != FlagKind::kBool;
}

/// Where the bracket that opens `text` closes.
std::size_t closing(std::string_view text) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    depth += text[at] == '<' || text[at] == '[' ? 1 : 0;
    depth -= text[at] == '>' || text[at] == ']' ? 1 : 0;
    if (depth == 0) {
      return at;
    }
  }
  return text.size();
}

}  // namespace

std::string_view argument_name(std::string_view usage, std::size_t index) {
  std::vector<std::string_view> names;
  bool of_flag = false;
  while (!usage.empty()) {
    if (usage.front() == '-') {
      of_flag = true;
      usage.remove_prefix(std::min(usage.find(' '), usage.size()));
      continue;
    }
    if (usage.front() != '<' && usage.front() != '[') {
      usage.remove_prefix(1);
      continue;
    }
    const std::size_t end = closing(usage);
    const std::string_view inside = usage.substr(1, end - 1);
    usage.remove_prefix(std::min(end + 1, usage.size()));
    if (!of_flag && !inside.starts_with('-')) {
      names.push_back(inside);
    }
    of_flag = false;
  }
  if (names.empty() || (index >= names.size() && !names.back().ends_with("..."))) {
    return {};
  }
  std::string_view name = names[std::min(index, names.size() - 1)];
  // `[<commit ref>...]` holds the name once more.
  if (name.starts_with('<')) {
    name = name.substr(1, name.find('>') - 1);
  }
  return name;
}

Completion complete(std::vector<std::string> words, std::string_view partial,
                    const RepositoryLister& repositories) {
  Found found = find_command(std::move(words));
  const Command* command = found.command;
  if (command->words == "help") {
    found = find_command(std::move(found.words));
    return found.words.empty() ? complete_command(*found.command, partial)
                               : Completion{.candidates = {}, .directive = directive::kNoFiles};
  }
  const Flags flags(all_flags(*command));
  if (wants_value(found.words, flags)) {
    return {};
  }
  const bool flags_ended = std::ranges::find(found.words, "--") != found.words.end();
  if (partial.starts_with('-') && !flags_ended) {
    return partial.find('=') == std::string_view::npos ? complete_flag(*command, partial)
                                                       : Completion{};
  }
  std::size_t index = plain_words(found.words, flags).size();
  if (flags_ended) {
    index += static_cast<std::size_t>(found.words.end() - std::ranges::find(found.words, "--")) - 1;
  }
  if (command->run == nullptr) {
    // Behind a word that is no command, nothing can follow.
    return index == 0 ? complete_command(*command, partial)
                      : Completion{.candidates = {}, .directive = directive::kNoFiles};
  }
  if (index >= command->arguments.max) {
    return {.candidates = {}, .directive = directive::kNoFiles};
  }
  const std::string_view name = argument_name(command->usage, index);
  if (name.ends_with("URI")) {
    return complete_uri(partial, repositories);
  }
  const bool choice = name.find('|') != std::string_view::npos && name.find(' ') == name.npos;
  return choice ? complete_choice(name, partial) : Completion{};
}

}  // namespace tarn::ctl
