#include "ctl/help.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tarn::ctl {
namespace {

constexpr std::string_view kProgram = "lakectl";
constexpr std::size_t kNameColumn = 11;

std::string path_of(const Command& command) {
  return command.words.empty() ? std::string(kProgram)
                               : fmt::format("{} {}", kProgram, command.words);
}

std::string_view type_name(FlagKind kind) {
  switch (kind) {
    case FlagKind::kBool:
      return "";
    case FlagKind::kString:
      return "string";
    case FlagKind::kInt:
      return "int";
    case FlagKind::kStrings:
      return "strings";
    case FlagKind::kDuration:
      return "duration";
  }
  return "";
}

std::string default_text(const FlagSpec& flag) {
  const bool zero = flag.fallback.empty() || flag.fallback == "false" || flag.fallback == "0" ||
                    flag.fallback == "0s";
  if (zero) {
    return "";
  }
  return flag.kind == FlagKind::kString ? fmt::format(" (default \"{}\")", flag.fallback)
                                        : fmt::format(" (default {})", flag.fallback);
}

std::string render_flags(const std::vector<const FlagSpec*>& flags) {
  std::vector<std::string> heads;
  std::size_t width = 0;
  for (const FlagSpec* flag : flags) {
    const std::string letter = flag->letter != 0 ? fmt::format("-{}, ", flag->letter) : "    ";
    const std::string_view type = type_name(flag->kind);
    heads.push_back(fmt::format("  {}--{}{}{}", letter, flag->name, type.empty() ? "" : " ", type));
    width = std::max(width, heads.back().size());
  }
  std::string out;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    out.append(
        fmt::format("{:<{}}   {}{}\n", heads[i], width, flags[i]->text, default_text(*flags[i])));
  }
  return out;
}

std::vector<const Command*> visible_children(const Command& command) {
  std::vector<const Command*> out = children(command);
  std::erase_if(out, [](const Command* below) { return below->hidden; });
  return out;
}

}  // namespace

std::string render_help(const Command& command) {
  const std::string path = path_of(command);
  const std::vector<const Command*> below = visible_children(command);
  std::string out = fmt::format("{}\n", command.summary);
  if (!command.details.empty()) {
    out.append(fmt::format("\n{}\n", command.details));
  }
  out.append("\nUsage:\n");
  if (command.run != nullptr || command.words.empty()) {
    out.append(
        fmt::format("  {}{}{} [flags]\n", path, command.usage.empty() ? "" : " ", command.usage));
  }
  if (!below.empty()) {
    out.append(fmt::format("  {} [command]\n", path));
  }
  if (!command.aliases.empty()) {
    out.append(
        fmt::format("\nAliases:\n  {}, {}\n", name_of(command), fmt::join(command.aliases, ", ")));
  }
  if (!below.empty()) {
    std::size_t width = kNameColumn;
    for (const Command* child : below) {
      width = std::max(width, name_of(*child).size());
    }
    out.append("\nAvailable Commands:\n");
    for (const Command* child : below) {
      out.append(fmt::format("  {:<{}} {}\n", name_of(*child), width, child->summary));
    }
  }
  std::vector<const FlagSpec*> own;
  std::vector<const FlagSpec*> global;
  for (const FlagSpec* flag : all_flags(command)) {
    const bool is_global =
        std::ranges::any_of(global_flags(), [&](const FlagSpec& spec) { return &spec == flag; });
    if (!flag->hidden) {
      (is_global && !command.words.empty() ? global : own).push_back(flag);
    }
  }
  const bool paged = std::ranges::any_of(own, [](const FlagSpec* f) { return f->name == "after"; });
  if (!paged) {
    std::ranges::sort(own, {}, [](const FlagSpec* flag) { return flag->name; });
  }
  out.append("\nFlags:\n").append(render_flags(own));
  if (!global.empty()) {
    out.append("\nGlobal Flags:\n").append(render_flags(global));
  }
  if (!below.empty()) {
    out.append(
        fmt::format("\nUse \"{} [command] --help\" for more information about a command.\n", path));
  }
  return out;
}

std::string unknown_command(std::string_view word) {
  std::string out = fmt::format("unknown command \"{}\" for \"{}\"\n", word, kProgram);
  std::string near;
  for (const Command* command : visible_children(root_command())) {
    const std::string_view name = name_of(*command);
    if (edit_distance(word, name) <= 2 || name.starts_with(word)) {
      near.append(fmt::format("\t{}\n", name));
    }
  }
  if (!near.empty()) {
    out.append("\nDid you mean this?\n").append(near).append("\n");
  }
  return out.append(fmt::format("Run '{} --help' for usage.", kProgram));
}

}  // namespace tarn::ctl
