#include "ctl/plugin.h"

#include <fmt/format.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

namespace tarn::ctl {
namespace {

constexpr std::string_view kPrefix = "lakectl-";

std::vector<std::string> search_path(const Environment& environment) {
  std::vector<std::string> out;
  std::string_view rest = environment.get("PATH").value_or("");
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    out.emplace_back(folder.empty() ? "." : folder);
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return out;
}

bool is_program(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<void> run_plugin(Ctl& ctl, const std::string& name, const std::vector<std::string>& words) {
  if (name.find('/') != std::string::npos) {
    return {};
  }
  const std::string program = std::string(kPrefix) + name;
  for (const std::string& folder : search_path(ctl.environment)) {
    const std::string path = folder + "/" + program;
    if (!is_program(path)) {
      continue;
    }
    std::vector<char*> arguments{const_cast<char*>(program.c_str())};
    for (const std::string& word : words) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    ctl.console.flush();
    ::execv(path.c_str(), arguments.data());
    return failure(fmt::format("failed to run plugin {}: {}", program, system_text(errno)));
  }
  return {};
}

std::vector<std::string> find_plugins(const Environment& environment,
                                      std::vector<std::string>& warnings) {
  std::set<std::string> seen;
  std::set<std::string> names;
  for (const std::string& folder : search_path(environment)) {
    if (!seen.insert(folder).second) {
      continue;
    }
    DIR* listing = ::opendir(folder.c_str());
    if (listing == nullptr) {
      if (errno != ENOENT) {
        warnings.push_back(fmt::format("reading directory {} - {}", folder, system_text(errno)));
      }
      continue;
    }
    while (const dirent* entry = ::readdir(listing)) {
      const std::string_view name = entry->d_name;
      if (name.size() > kPrefix.size() && name.starts_with(kPrefix) &&
          is_program(fmt::format("{}/{}", folder, name))) {
        names.emplace(name.substr(kPrefix.size()));
      }
    }
    ::closedir(listing);
  }
  return {names.begin(), names.end()};
}

}  // namespace tarn::ctl
