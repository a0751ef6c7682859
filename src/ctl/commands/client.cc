// Commands about the client and its user.
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/help.h"
#include "ctl/plugin.h"

namespace tarn::ctl {
namespace {

Result<void> identity(Ctl& ctl, const Invocation&) {
  TARN_TRY(const api::dto::CurrentUser current, ctl.session().call<api::ops::GetCurrentUser>({}));
  const api::dto::User& user = current.user;
  const std::string email = user.email.value_or("");
  ctl.console.print(
      fmt::format("User ID:          {}\nEmail:            {}\nCreation Date:    {}\n",
                  ctl.console.paint(color::kYellow, user.id),
                  email.empty() ? "" : ctl.console.paint(color::kBlue, email),
                  format_date(user.creation_date)));
  return {};
}

/// Asks no release server, unlike lakectl: only what the user's own server says of itself.
Result<void> version(Ctl& ctl, const Invocation&) {
  Console& console = ctl.console;
  console.print("lakectl version: " TARN_VERSION " (tarn)\n");
  const Result<api::dto::Config> config = ctl.server_config();
  if (!config) {
    if (ctl.verbose) {
      const std::string text = is_api_error(config.error())
                                   ? std::string(api_message(config.error().message()))
                                   : config.error().message();
      console.print(console.paint(color::kRed, "Failed getting lakeFS server version: " + text) +
                    "\n");
    }
    return {};
  }
  if (!config->version_config) {
    return {};
  }
  const api::dto::VersionConfig& server = *config->version_config;
  console.print(fmt::format("lakeFS version: {}\n", server.version.value_or("")));
  if (server.upgrade_recommended.value_or(false) && !server.upgrade_url.value_or("").empty()) {
    console.print(
        fmt::format("\n{}\nGet the latest release {}\n",
                    console.paint(color::kYellow, fmt::format("lakeFS out of date! (Available: {})",
                                                              server.latest_version.value_or(""))),
                    console.paint(color::kBlue, *server.upgrade_url)));
  }
  return {};
}

Result<void> help(Ctl& ctl, const Invocation& call) {
  const Found found = find_command(call.arguments);
  if (!found.words.empty()) {
    ctl.console.print(fmt::format("Unknown help topic [`{}`]\n", fmt::join(call.arguments, "` `")));
    ctl.console.print(render_help(root_command()));
    return {};
  }
  ctl.console.print(render_help(*found.command));
  return {};
}

Result<void> list_plugins(Ctl& ctl, const Invocation&) {
  std::vector<std::string> warnings;
  const std::vector<std::string> names = find_plugins(ctl.environment, warnings);
  for (const std::string& warning : warnings) {
    ctl.console.complain(
        fmt::format("{} {}\n\n", ctl.console.paint(color::kYellow, "Warning:"), warning));
  }
  if (names.empty()) {
    ctl.console.complain("No lakectl plugins found in your PATH.\n");
    return {};
  }
  ctl.console.complain(fmt::format("Available plugins:\n  {}\n", fmt::join(names, "\n  ")));
  return {};
}

}  // namespace

const Command& version_command() {
  static const Command command{.words = "version", .summary = "Print the version", .run = version};
  return command;
}

std::vector<Command> client_commands() {
  return {
      {.words = "identity", .summary = "Show who the credentials belong to", .run = identity},
      {.words = "help",
       .usage = "[command]",
       .summary = "Print help about a command",
       .arguments = {0, kAnyCount},
       .run = help,
       .prelude = Prelude::kNothing},
      {.words = "plugin", .summary = "Look at plugins"},
      {.words = "plugin list",
       .summary = "List the programs in PATH that extend lakectl",
       .run = list_plugins,
       .prelude = Prelude::kNothing},
  };
}

}  // namespace tarn::ctl
