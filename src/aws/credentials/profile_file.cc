#include "aws/credentials/profile_file.h"

#include "aws/errors.h"
#include "aws/signature/canonical.h"
#include "base/bytes.h"
#include "base/text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

namespace tarn::aws::detail {
namespace {

constexpr std::size_t kFileBytesMax = kMiB;

constexpr std::string_view kBlanks = " \t\r";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

/// Up to a comment that follows a blank.
std::string_view without_comment(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if ((text[at] == '#' || text[at] == ';') && is_blank(text[at - 1])) {
      return text.substr(0, at);
    }
  }
  return text;
}

/// The profile that a section is about; nothing for sections of other things.
std::optional<std::string> profile_of(std::string_view section, ProfileFileKind kind) {
  section = trim(section, kBlanks);
  if (kind == ProfileFileKind::kCredentials || section == "default") {
    return std::string(section);
  }
  constexpr std::string_view kPrefix = "profile";
  if (!section.starts_with(kPrefix) || section.size() == kPrefix.size() ||
      !is_blank(section[kPrefix.size()])) {
    return std::nullopt;
  }
  std::string_view name = trim(section.substr(kPrefix.size()), kBlanks);
  if (name.size() >= 2 && (name.front() == '"' || name.front() == '\'') &&
      name.front() == name.back()) {
    name = name.substr(1, name.size() - 2);
  }
  return std::string(name);
}

std::string expand_home(std::string_view path, const Environment& environment) {
  const std::optional<std::string_view> home = environment.get("HOME");
  if (path.starts_with("~/") && home) {
    return std::string(*home).append(path.substr(1));
  }
  return std::string(path);
}

}  // namespace

Result<Profiles> parse_profiles(std::string_view text, ProfileFileKind kind,
                                std::string_view path) {
  Profiles profiles;
  Profile* profile = nullptr;  // null in a section of something else
  bool in_section = false;
  bool after_key = false;
  std::size_t number = 0;
  const auto bad = [&](std::string_view why) {
    return Error::with_message(kInvalid, fmt::format("{}:{}: {}", path, number, why));
  };
  for (const std::string& raw : split(text, '\n')) {
    ++number;
    std::string_view line = number == 1 && raw.starts_with("\xef\xbb\xbf")
                                ? std::string_view(raw).substr(3)
                                : std::string_view(raw);
    const bool indented = !line.empty() && is_blank(line.front());
    line = trim(line, kBlanks);
    if (line.empty() || line.front() == '#' || line.front() == ';' || (indented && after_key)) {
      continue;
    }
    if (line.front() == '[') {
      const std::size_t end = line.find(']');
      if (end == std::string_view::npos) {
        return bad("a section without its ]");
      }
      const std::optional<std::string> name = profile_of(line.substr(1, end - 1), kind);
      profile = name ? &profiles[*name] : nullptr;
      in_section = true;
      after_key = false;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_section) {
      return bad("a setting before the first [section]");
    }
    if (equals == std::string_view::npos || trim(line.substr(0, equals), kBlanks).empty()) {
      return bad("neither `key = value` nor a [section]");
    }
    after_key = true;
    if (profile != nullptr) {
      (*profile)[ascii_lower(trim(line.substr(0, equals), kBlanks))] =
          trim(without_comment(line.substr(equals + 1)), kBlanks);
    }
  }
  return profiles;
}

ProfilePaths profile_paths(const Environment& environment, std::string_view credentials_file) {
  const auto path = [&](std::string_view chosen, std::string_view name) -> std::string {
    if (!chosen.empty()) {
      return expand_home(chosen, environment);
    }
    const std::optional<std::string_view> home = environment.get("HOME");
    return home ? fmt::format("{}/.aws/{}", *home, name) : std::string();
  };
  const std::string_view shared = !credentials_file.empty()
                                      ? credentials_file
                                      : environment.get("AWS_SHARED_CREDENTIALS_FILE").value_or("");
  return {.credentials = path(shared, "credentials"),
          .config = path(environment.get("AWS_CONFIG_FILE").value_or(""), "config")};
}

std::string profile_name(const Environment& environment, std::string_view explicit_name) {
  return explicit_name.empty() ? environment.get_or("AWS_PROFILE", "default")
                               : std::string(explicit_name);
}

Result<std::string> read_small_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    text.resize(kFileBytesMax + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kFileBytesMax) {
      return Error::with_message(kInvalid, fmt::format("{}: larger than 1 MiB", path));
    }
  }
  // A folder opens and then fails to read.
  if (!file.is_open() || file.bad()) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) {
      return Error::with_message(kNotFound, fmt::format("{} does not exist", path));
    }
    return Error::with_message(kInvalid,
                               fmt::format("cannot read {}: {}", path, std::strerror(error)));
  }
  return text;
}

Result<Profiles> load_profiles(const ProfilePaths& paths) {
  Profiles merged;
  // The credentials file last: its keys count.
  for (const auto& [path, kind] : {std::pair(paths.config, ProfileFileKind::kConfig),
                                   std::pair(paths.credentials, ProfileFileKind::kCredentials)}) {
    if (path.empty()) {
      continue;
    }
    Result<std::string> text = read_small_file(path);
    if (!text) {
      if (text.error().is(kNotFound)) {
        continue;
      }
      return std::move(text).error();
    }
    TARN_TRY(Profiles profiles, parse_profiles(*text, kind, path));
    for (auto& [name, profile] : profiles) {
      for (auto& [key, value] : profile) {
        merged[name][key] = std::move(value);
      }
      merged.try_emplace(name);
    }
  }
  return merged;
}

std::string_view setting(const Profile& profile, std::string_view key) {
  const auto at = profile.find(key);
  return at == profile.end() ? std::string_view() : std::string_view(at->second);
}

}  // namespace tarn::aws::detail
