#include "base/encoding.h"
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"

#include <algorithm>

namespace tarn::ctl {
namespace {

constexpr std::string_view kEndpointWrong = "It looks like endpoint url is wrong.";
constexpr std::string_view kKeysWrong =
    "It seems like the `access_key_id` or `secret_access_key` you supplied are wrong.";

struct Diagnosis {
  std::string text;
  std::string details;
};

Diagnosis diagnose(const Ctl& ctl, const Error& error) {
  if (error.is(kApiUnauthorized)) {
    return {std::string(kKeysWrong), std::string(api_message(error.message()))};
  }
  if (error.is(kNotJson)) {
    return {std::string(kEndpointWrong), ""};
  }
  if (is_api_error(error)) {
    const std::string message(api_message(error.message()));
    if (message.empty()) {
      // Whatever answered is no server of ours.
      return {std::string(kEndpointWrong), ""};
    }
    return {
        fmt::format("It looks like you have a problem with your `{}` file.", ctl.config_file.path),
        message};
  }
  return {std::string(kEndpointWrong), error.message()};
}

/// lakectl's pattern `^AKIA[I|J][A-Z0-9]{14}Q$`, the bar included.
bool looks_like_access_key(std::string_view id) {
  return id.size() == 20 && id.starts_with("AKIA") &&
         std::string_view("I|J").find(id[4]) != std::string_view::npos && id.back() == 'Q' &&
         std::ranges::all_of(id.substr(5, 14), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

bool looks_like_secret_key(const std::string& secret) {
  return secret.size() == 40 && base64_decode(secret).has_value();
}

Result<void> doctor(Ctl& ctl, const Invocation&) {
  const auto say = [&](std::string_view text) {
    if (ctl.verbose) {
      ctl.console.print(fmt::format("{}\n", text));
    }
  };
  const auto judge = [&](std::string_view what, bool good, std::string_view complaint) {
    say(fmt::format("Trying to validate {} format.", what));
    if (good) {
      say(fmt::format("Couldn't find a problem with {} format.", what));
    } else {
      ctl.console.print(fmt::format("{}\n", complaint));
    }
  };
  say("Trying to get endpoint URL and parse it as a URL format.");
  say("Trying to run a sanity command using current configuration.");
  const Result<api::dto::RepositoryList> listed =
      ctl.session().call<api::ops::ListRepositories>({});
  if (listed) {
    ctl.console.print(ctl.console.paint(color::kGreen, "Valid configuration") + "\n");
    return {};
  }
  say("Got error while trying to run a sanity command.");
  say("Trying to analyze error.");
  const Diagnosis found = diagnose(ctl, listed.error());
  ctl.console.print(
      fmt::format("{}\n{}\n", ctl.console.paint(color::kRed, found.text), found.details));
  const Config& config = ctl.config;
  judge("access key", looks_like_access_key(config.access_key_id),
        fmt::format("access_key_id value looks suspicious: {}", config.access_key_id));
  judge("secret access key", looks_like_secret_key(config.secret_access_key.reveal()),
        "secret_access_key value looks suspicious...");
  judge("endpoint URL", config.endpoint_url.ends_with(api::kBasePath),
        fmt::format("Suspicious URI format for server.endpoint_url: {}", config.endpoint_url));
  return {};
}

}  // namespace

std::vector<Command> doctor_commands() {
  return {{.words = "doctor",
           .summary = "Check the configuration, and say what may be wrong with it",
           .run = doctor}};
}

}  // namespace tarn::ctl
