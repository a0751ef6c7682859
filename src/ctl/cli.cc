#include "ctl/cli.h"

#include "base/log.h"
#include "ctl/command.h"
#include "ctl/commands/all.h"
#include "ctl/ctl.h"
#include "ctl/errors.h"
#include "ctl/help.h"
#include "ctl/plugin.h"

#include <fmt/format.h>

namespace tarn::ctl {
namespace {

void configure_log(const Flags& flags) {
  log::Config config;
  config.level = log::Level::kOff;
  config.output = "=";
  const std::string level = flags.text("log-level");
  if (level != "null") {
    log::parse_level(level, config.level);
  }
  config.json = flags.text("log-format") == "json";
  if (const std::vector<std::string> outputs = flags.list("log-output"); !outputs.empty()) {
    config.output = outputs.front();
  }
  log::configure(config);
}

/// Says what went wrong, in the form that its kind has; the exit code.
int report(const Ctl& ctl, const Error& error) {
  Console& console = ctl.console;
  if (error.is(kReported)) {
    return 1;
  }
  if (error.is(kUsage)) {
    console.complain(fmt::format("Error: {}\n", error.message()));
    return 1;
  }
  const std::string text = error.message();
  if (is_api_error(error)) {
    console.complain(fmt::format("{}\n{}\n", console.paint(color::kRed, api_message(text)),
                                 api_status_line(text)));
    return 1;
  }
  console.complain(fmt::format("{}\nError executing command.\n", console.paint(color::kRed, text)));
  return 1;
}

/// Warns when the server is another edition; it costs the first request of every command.
void check_edition(Ctl& ctl) {
  const auto skip = ctl.environment.get("LAKECTL_SKIP_ENTERPRISE_CHECK");
  if (skip && parse_go_bool(*skip).value_or(false)) {
    return;
  }
  const Result<api::dto::Config> config = ctl.probe_server_config();
  if (!config || !config->version_config) {
    return;
  }
  const std::string context = config->version_config->version_context.value_or("");
  if (!context.empty() && context != "lakeFS") {
    ctl.console.complain(
        "WARNING: This lakectl is built for lakeFS Community (OSS), but the connected server "
        "appears to be Enterprise. Use enterprise lakectl or set "
        "LAKECTL_SKIP_ENTERPRISE_CHECK=1 to suppress.\n");
  }
}

Result<void> check_required(const Command& command, const Flags& flags) {
  std::vector<std::string> missing;
  for (const FlagSpec& flag : command.flags) {
    if (flag.required && !flags.is_set(flag.name)) {
      missing.push_back(fmt::format("\"{}\"", flag.name));
    }
  }
  if (missing.empty()) {
    return {};
  }
  return Error::with_message(kUsage,
                             fmt::format("required flag(s) {} not set", fmt::join(missing, ", ")));
}

Result<void> run_command(Ctl& ctl, const Command& command, Invocation call) {
  if (command.prelude == Prelude::kFull) {
    TARN_CHECK_OK(ctl.start_session());
    check_edition(ctl);
  }
  TARN_CHECK_OK(check_required(command, call.flags));
  return command.run(ctl, call);
}

Result<void> invoke(Ctl& ctl, std::vector<std::string> words) {
  Found found = find_command(std::move(words));
  const Command& command = *found.command;
  if (command.words.empty()) {
    const std::vector<std::size_t> plain = plain_words(found.words, Flags(all_flags(command)));
    if (!plain.empty()) {
      const std::string& word = found.words[plain.front()];
      const std::vector<std::string> rest(
          found.words.begin() + static_cast<std::ptrdiff_t>(plain.front()) + 1, found.words.end());
      TARN_CHECK_OK(run_plugin(ctl, word, rest));
      return Error::with_message(kUsage, unknown_command(word));
    }
  }
  if (!command.supported) {
    return failure(fmt::format("lakectl {} is not supported yet", command.words));
  }
  Flags flags(all_flags(command));
  std::vector<std::string> arguments = found.words;
  if (!command.raw) {
    TARN_TRY(arguments, parse_flags(found.words, flags));
  }
  const bool group = command.run == nullptr;
  if (flags.boolean("help") || (group && !command.words.empty())) {
    ctl.console.print(render_help(command));
    return {};
  }
  if (!group) {
    const std::string path = fmt::format("lakectl {}", command.words);
    TARN_CHECK_OK(check_argument_count(command.arguments, arguments, path));
  }
  const std::string no_color_default = ctl.environment.get_or("NO_COLOR", "0");
  const bool no_color =
      flags.is_set("no-color") ? flags.boolean("no-color") : no_color_default != "0";
  ctl.console.set_interactive(
      is_interactive(ctl.environment, no_color, ctl.console.out_is_terminal()));
  configure_log(flags);
  ctl.verbose = flags.boolean("verbose");
  ctl.base_uri = flags.is_set("base-uri") ? flags.text("base-uri")
                                          : ctl.environment.get_or("LAKECTL_BASE_URI", "");
  ctl.config_file = config_file(flags.text("config"), ctl.environment);
  if (!group) {
    return run_command(ctl, command,
                       {.flags = std::move(flags), .arguments = std::move(arguments)});
  }
  if (flags.boolean("version")) {
    return run_command(ctl, version_command(), {.flags = std::move(flags)});
  }
  ctl.console.print(render_help(command));
  return {};
}

}  // namespace

int run_cli(std::vector<std::string> words, const Environment& environment, Console& console,
            const Clock& clock) {
  Ctl ctl(environment, console, clock);
  Result<void> done = invoke(ctl, std::move(words));
  if (done) {
    console.flush();
    done = console.check();
  }
  return done ? 0 : report(ctl, done.error());
}

}  // namespace tarn::ctl
