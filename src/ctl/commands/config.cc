#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/endpoint.h"
#include "ctl/files.h"
#include "ctl/prompt.h"

namespace tarn::ctl {
namespace {

Result<void> configure(Ctl& ctl, const Invocation&) {
  ConfigValues values = current_config_values(ctl.config_file, ctl.environment);
  ctl.console.print(fmt::format("Config file {} will be used\n", ctl.config_file.path));
  struct {
    std::string_view key;
    std::string_view label;
    bool masked;
  } const questions[] = {
      {"credentials.access_key_id", "Access key ID", false},
      {"credentials.secret_access_key", "Secret access key", true},
      {"server.endpoint_url", "Server endpoint URL (e.g. http://localhost:8000)", false},
  };
  for (const auto& question : questions) {
    std::string& value = values[std::string(question.key)];
    for (;;) {
      TARN_TRY(std::string answer, ask(ctl, question.label, value, question.masked));
      const bool is_url = question.key == "server.endpoint_url";
      if (is_url && split_url(answer).scheme.empty() && !answer.starts_with('/')) {
        ctl.console.print(fmt::format("invalid URI for request: \"{}\"\n", answer));
        continue;
      }
      value = std::move(answer);
      break;
    }
  }
  // 0644 is lakectl's; a file that holds a secret is its owner's business here.
  return write_file(ctl.config_file.path, render_config(values), 0600);
}

}  // namespace

std::vector<Command> config_commands() {
  return {{.words = "config",
           .summary = "Ask for the credentials and the server, and write the configuration file",
           .run = configure,
           .prelude = Prelude::kNothing}};
}

}  // namespace tarn::ctl
