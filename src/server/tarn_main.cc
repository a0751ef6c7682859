// The server's command line: `tarn [-c FILE] run|setup|fsck|version`.
#include "base/fault_points.h"
#include "base/log.h"
#include "server/app.h"
#include "server/fsck.h"
#include "server/options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

namespace tarn::server {
namespace {

constexpr std::chrono::seconds kStopGrace{30};
constexpr const char* kFirstAdmin = "admin";

Environment process_environment() {
  Environment::Map variables;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view line = *at;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return Environment(std::move(variables));
}

int fail(const Error& error) {
  fmt::print(stderr, "tarn: {}\n", error.message());
  return 1;
}

void configure_log(const Settings& settings) {
  log::Config config;
  log::parse_level(settings.get_string("logging.level"), config.level);
  config.json = settings.get_string("logging.format") == "json";
  config.output = settings.get_list("logging.output").empty()
                      ? "-"
                      : settings.get_list("logging.output").front();
  log::configure(config);
}

void print_credentials(const auth::Credentials& credentials) {
  fmt::print("credentials:\n  access_key_id: {}\n  secret_access_key: {}\n",
             credentials.access_key_id, credentials.secret_access_key.reveal());
  std::fflush(stdout);
}

/// The key pair of `installation.*`; absent unless all is there.
std::optional<auth::GivenKey> installation_key(const Settings& settings) {
  const std::string& id = settings.get_string("installation.access_key_id");
  const Secret& secret = settings.get_secret("installation.secret_access_key");
  if (settings.get_string("installation.user_name").empty() || id.empty() || secret.empty()) {
    return std::nullopt;
  }
  return auth::GivenKey{id, secret};
}

#if defined(TARN_FAULT_POINTS)
/// `TARN_FAULT_EXIT=<point>[:<pass>]` ends a debug server where it passes the point, for crash
/// tests.
void arm_faults(const Environment& environment) {
  const std::string text = environment.get_or("TARN_FAULT_EXIT", "");
  const std::size_t colon = text.find(':');
  if (!text.empty()) {
    const std::size_t pass = colon == std::string::npos ? 1 : std::stoul(text.substr(colon + 1));
    if (!arm_fault_exit(text.substr(0, colon), pass)) {
      log::warn("no such fault point", {{"name", text}});
    }
  }
}
#endif

int run(const Options& options) {
  // Every thread is born with these blocked, so that the main thread alone takes them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const Environment environment = process_environment();
#if defined(TARN_FAULT_POINTS)
  arm_faults(environment);
#endif
  const Result<LoadedSettings> loaded = load_settings(options, environment);
  if (!loaded) {
    return fail(loaded.error());
  }
  const Settings& settings = loaded->settings;
  configure_log(settings);
  for (const std::string& warning : settings.warnings()) {
    log::warn(warning);
  }
  SystemRng rng;
  Result<ServerSecrets> secrets = load_secrets(settings, rng);
  if (!secrets) {
    return fail(secrets.error());
  }
  const bool keys_are_ours = settings.get_secret("auth.encrypt.secret_key").empty();
  Result<std::unique_ptr<App>> app = App::create(settings, *std::move(secrets), environment);
  if (!app) {
    return fail(app.error());
  }
  std::optional<auth::GivenKey> key = installation_key(settings);
  if (key || keys_are_ours) {
    // An unconfigured server is its own operator: it makes the first administrator and says so,
    // once.
    const bool given = key.has_value();
    const std::string user = given ? settings.get_string("installation.user_name") : kFirstAdmin;
    const auto made = (*app)->ensure_admin(user, std::move(key));
    if (!made) {
      return fail(made.error());
    }
    if (*made && !given) {
      print_credentials(***made);
    }
  }
  const Result<void> listening = (*app)->listen();
  if (!listening) {
    return fail(Error(listening.error())
                    .wrap("Failed to listen on " + settings.get_string("listen_address")));
  }
  log::info("listening", {{"address", settings.get_string("listen_address")},
                          {"port", (*app)->port()},
                          {"version", TARN_VERSION}});
  int signal = 0;
  sigwait(&signals, &signal);
  log::info("stopping", {{"signal", signal}});
  (*app)->stop(kStopGrace);
  app->reset();
  log::info("stopped");
  return 0;
}

int setup(const Options& options, const std::string& user, const std::string& access_key_id,
          const std::string& secret) {
  const Environment environment = process_environment();
  const Result<LoadedSettings> loaded = load_settings(options, environment);
  if (!loaded) {
    return fail(loaded.error());
  }
  SystemRng rng;
  Result<ServerSecrets> secrets = load_secrets(loaded->settings, rng);
  if (!secrets) {
    return fail(secrets.error());
  }
  Result<std::unique_ptr<App>> app =
      App::create(loaded->settings, *std::move(secrets), environment);
  if (!app) {
    return fail(app.error());
  }
  std::optional<auth::GivenKey> key;
  if (!access_key_id.empty()) {
    key = auth::GivenKey{access_key_id, Secret(secret)};
  }
  const auto made = (*app)->ensure_admin(user, std::move(key));
  if (!made) {
    return fail(made.error());
  }
  if (!*made) {
    fmt::print("Setup is already complete.\n");
    return 1;
  }
  print_credentials(***made);
  return 0;
}

int check(const Options& options, const FsckOptions& wanted) {
  const Environment environment = process_environment();
  const Result<LoadedSettings> loaded = load_settings(options, environment);
  if (!loaded) {
    fail(loaded.error());
    return 2;
  }
  // Reports go to stdout; warnings and errors of the log stay on stderr.
  return fsck(loaded->settings, environment, wanted);
}

int main_of(int argc, char** argv) {
  CLI::App cli("Tarn: Git-like versions for data in object storage", "tarn");
  Options options;
  std::string user;
  std::string access_key_id;
  std::string secret;
  cli.add_option("-c,--config", options.config_file, "Configuration file");
  cli.add_flag("--local-settings", options.local_settings,
               "Embedded database and local block store with a well-known secret, for trials");
  cli.add_flag("--quickstart", options.quickstart, "The same with a well-known administrator");
  cli.set_version_flag("-v,--version", std::string("tarn ") + TARN_VERSION);
  cli.require_subcommand(0, 1);
  CLI::App* run_command = cli.add_subcommand("run", "Run the server");
  CLI::App* setup_command =
      cli.add_subcommand("setup", "Create the first administrator")->alias("init");
  setup_command->add_option("--user-name", user, "Name of the administrator")->required();
  setup_command->add_option("--access-key-id", access_key_id,
                            "Access key id instead of a generated one");
  setup_command->add_option("--secret-access-key", secret, "Its secret");
  FsckOptions wanted;
  CLI::App* fsck_command = cli.add_subcommand(
      "fsck", "Check what is stored, also beside a running server (exit code 1: damaged)");
  fsck_command->fallthrough();
  fsck_command->add_option("--repository", wanted.repositories,
                           "Check this repository alone; may be repeated");
  fsck_command->add_flag("--objects", wanted.objects,
                         "Also ask the block store for every object and its size");
  fsck_command->add_flag("--json", wanted.json, "Write the report as JSON lines");
  CLI::App* version_command = cli.add_subcommand("version", "Print the version");
  CLI11_PARSE(cli, argc, argv);
  if (run_command->parsed()) {
    return run(options);
  }
  if (setup_command->parsed()) {
    return setup(options, user, access_key_id, secret);
  }
  if (fsck_command->parsed()) {
    return check(options, wanted);
  }
  if (version_command->parsed()) {
    fmt::print("tarn {}\n", TARN_VERSION);
    return 0;
  }
  fmt::print("{}", cli.help());
  return 0;
}

}  // namespace
}  // namespace tarn::server

int main(int argc, char** argv) { return tarn::server::main_of(argc, argv); }
