#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/files.h"
#include "ctl/help.h"

namespace tarn::ctl {
namespace {

/// A section for the command and one for each below it.
void append_reference(std::string& out, const Command& command) {
  const std::string title =
      command.words.empty() ? "lakectl" : fmt::format("lakectl {}", command.words);
  out.append(fmt::format("{} {}\n\n```text\n{}```\n", command.words.empty() ? "#" : "##", title,
                         render_help(command)));
  for (const Command* below : children(command)) {
    if (!below->hidden) {
      out.append("\n");
      append_reference(out, *below);
    }
  }
}

Result<void> docs(Ctl& ctl, const Invocation& call) {
  std::string text;
  append_reference(text, root_command());
  if (call.arguments.size() == 1) {
    return write_file(call.arguments.front(), text, 0644);
  }
  ctl.console.print(text);
  return {};
}

}  // namespace

std::vector<Command> docs_commands() {
  return {{.words = "docs",
           .usage = "[file]",
           .summary = "Print a reference of all commands as Markdown",
           .arguments = {0, kAnyCount},
           .run = docs,
           .hidden = true,
           .prelude = Prelude::kNothing}};
}

}  // namespace tarn::ctl
