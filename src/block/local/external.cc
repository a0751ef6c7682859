#include "block/local/external.h"

#include "block/errors.h"
#include "block/local/key_path.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace tarn::block::local {
namespace {

std::string without_final_slash(std::string path) {
  while (path.ends_with('/')) {
    path.pop_back();
  }
  return path;
}

/// What of `path` lies below `folder`, if it does; both without final slashes.
std::optional<std::string> below(std::string_view path, const std::string& folder) {
  if (!path.starts_with(folder)) {
    return std::nullopt;
  }
  const std::string_view rest = path.substr(folder.size());
  if (rest.empty()) {
    return ".";
  }
  return rest.front() == '/' ? std::optional(std::string(rest.substr(1))) : std::nullopt;
}

}  // namespace

Result<ExternalFolders> ExternalFolders::make(std::string root,
                                              const std::vector<std::string>& prefixes) {
  ExternalFolders out;
  out.root_ = without_final_slash(std::move(root));
  for (const std::string& prefix : prefixes) {
    if (!check(prefix) || !prefix.starts_with('/')) {
      return Error::with_message(
          kInvalid, "allowed external prefix \"" + prefix + "\" is not an absolute path");
    }
    out.prefixes_.push_back(without_final_slash(prefix));
  }
  return out;
}

Result<void> ExternalFolders::check(std::string_view path) {
  if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) {
    return Error(kInvalidAddress, path);
  }
  for (std::size_t at = 1; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view component = path.substr(at, end - at);
    if (component.empty() || component == "." || component == "..") {
      return Error(kInvalidAddress, path);
    }
    at = end + 1;
  }
  return {};
}

Result<FolderPath> ExternalFolders::find(std::string_view path) const {
  TARN_CHECK_OK(check(path));
  const std::string wanted = without_final_slash(std::string(path));
  if (!root_.empty()) {
    // First: a prefix may hold the store's folder, too.
    if (std::optional<std::string> found = below(wanted, root_)) {
      if (is_reserved_path(*found)) {
        return Error(kAccessDenied, path);
      }
      return FolderPath{root_, *std::move(found)};
    }
  }
  for (const std::string& prefix : prefixes_) {
    if (std::optional<std::string> found = below(wanted, prefix)) {
      return FolderPath{prefix.empty() ? "/" : prefix, *std::move(found)};
    }
  }
  return Error(kAccessDenied, path);
}

}  // namespace tarn::block::local
