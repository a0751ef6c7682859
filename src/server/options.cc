#include "server/options.h"

#include "base/encoding.h"
#include "server/settings_table.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tarn::server {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Error::with_message(kUnavailable,
                               fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The first of the usual places that holds a file; empty if none does.
std::string find_config_file(const Environment& environment) {
  const std::string home = environment.get_or("HOME", "");
  std::vector<std::string> places{"config.yaml"};
  if (!home.empty()) {
    places.push_back(home + "/.lakefs/config.yaml");
  }
  places.push_back("/etc/lakefs/config.yaml");
  if (!home.empty()) {
    places.push_back(home + "/.lakefs.yaml");
  }
  std::error_code error;
  for (const std::string& place : places) {
    if (fs::is_regular_file(place, error)) {
      return place;
    }
  }
  return "";
}

constexpr SettingSpec kSecretsTable[] = {
    {.key = "auth.encrypt.secret_key", .type = SettingType::kSecret},
    {.key = "blockstore.signing.secret_key", .type = SettingType::kSecret},
};

/// Durable, readable by the owner only, never half-written.
Result<void> write_secrets_file(const std::string& path, const std::string& text) {
  const auto failed = [&path](const char* what) {
    return Error::with_message(kUnavailable,
                               fmt::format("{} {}: {}", what, path, std::strerror(errno)));
  };
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return failed("cannot create");
  }
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    return failed("cannot write");
  }
  const int folder =
      ::open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) {
    ::close(folder);
  }
  if (!synced) {
    return failed("cannot sync the folder of");
  }
  return {};
}

}  // namespace

Result<LoadedSettings> load_settings(const Options& options, const Environment& environment) {
  SettingSources sources;
  sources.environment = environment;
  if (options.local_settings || options.quickstart) {
    sources.defaults.emplace_back("database.type", "local");
    sources.defaults.emplace_back("blockstore.type", "local");
    sources.defaults.emplace_back("auth.encrypt.secret_key", "THIS_MUST_BE_CHANGED_IN_PRODUCTION");
  }
  if (options.quickstart) {
    sources.defaults.emplace_back("installation.user_name", "quickstart");
    sources.defaults.emplace_back("installation.access_key_id", "AKIAIOSFOLQUICKSTART");
    sources.defaults.emplace_back("installation.secret_access_key",
                                  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  }
  const std::string file =
      options.config_file.empty() ? find_config_file(environment) : options.config_file;
  if (!file.empty()) {
    TARN_TRY(sources.file_text, read_file(file));
    sources.file_name = file;
  }
  TARN_TRY(Settings settings, Settings::load(settings_table(), sources));
  return LoadedSettings{std::move(settings), file};
}

std::string path_or_default(const Settings& settings, std::string_view key,
                            std::string_view below) {
  const std::string& given = settings.get_string(key);
  return given.empty() ? settings.get_string("data_dir") + "/" + std::string(below) : given;
}

Result<ServerSecrets> load_secrets(const Settings& settings, Rng& rng) {
  ServerSecrets secrets;
  secrets.encryption_key = settings.get_secret("auth.encrypt.secret_key");
  secrets.signing_key = settings.get_secret("blockstore.signing.secret_key");
  if (!secrets.encryption_key.empty() && !secrets.signing_key.empty()) {
    return secrets;
  }
  const std::string& folder = settings.get_string("data_dir");
  const std::string path = folder + "/secrets.yaml";
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    std::error_code error;
    fs::create_directories(folder, error);
    const std::string text = fmt::format(
        "# Made at the first start. Keep it secret and keep it: stored credentials cannot be read "
        "without it.\n"
        "auth:\n  encrypt:\n    secret_key: {}\nblockstore:\n  signing:\n    secret_key: {}\n",
        hex_encode(rng.bytes(32)), hex_encode(rng.bytes(32)));
    TARN_CHECK_OK(write_secrets_file(path, text));
    secrets.generated = true;
  } else if ((status.st_mode & 077) != 0) {
    return Error::with_message(kInvalid, path + " may be read by others: chmod 600 it");
  }
  SettingSources sources;
  TARN_TRY(sources.file_text, read_file(path));
  sources.file_name = path;
  TARN_TRY(const Settings stored, Settings::load(kSecretsTable, sources));
  if (secrets.encryption_key.empty()) {
    secrets.encryption_key = stored.get_secret("auth.encrypt.secret_key");
  }
  if (secrets.signing_key.empty()) {
    secrets.signing_key = stored.get_secret("blockstore.signing.secret_key");
  }
  if (secrets.encryption_key.empty() || secrets.signing_key.empty()) {
    return Error::with_message(kInvalid, path + " lacks a key");
  }
  return secrets;
}

}  // namespace tarn::server
