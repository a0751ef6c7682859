#include "ctl/transfer/local_tree.h"

#include "ctl/errors.h"

#include <climits>
#include <fmt/format.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tarn::ctl {
namespace {

bool is_ours(std::string_view name) { return name == ".lakefs_ref.yaml" || name == ".DS_Store"; }

Result<std::vector<std::string>> entries(const std::string& path) {
  DIR* listing = ::opendir(path.c_str());
  if (listing == nullptr) {
    return system_error("open", path, errno);
  }
  std::vector<std::string> out;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(listing);
    if (entry == nullptr) {
      break;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && !is_ours(name)) {
      out.emplace_back(name);
    }
  }
  const int error_number = errno;
  ::closedir(listing);
  if (error_number != 0) {
    return system_error("read", path, error_number);
  }
  return out;
}

}  // namespace

Result<std::vector<LocalFile>> list_folder(const std::string& folder, NonRegularFiles non_regular) {
  std::vector<LocalFile> out;
  std::vector<std::string> waiting{""};  // relative folders, each with a slash at its end
  while (!waiting.empty()) {
    const std::string below = std::move(waiting.back());
    waiting.pop_back();
    TARN_TRY(const std::vector<std::string> names, entries(folder + "/" + below));
    for (const std::string& name : names) {
      LocalFile file;
      file.name = below + name;
      const std::string path = folder + "/" + file.name;
      struct stat status{};
      if (::lstat(path.c_str(), &status) != 0) {
        return system_error("lstat", path, errno);
      }
      if (S_ISDIR(status.st_mode)) {
        waiting.push_back(file.name + "/");
        continue;
      }
      file.size_bytes = static_cast<std::uint64_t>(status.st_size);
      file.mtime = status.st_mtim.tv_sec;
      if (!S_ISREG(status.st_mode)) {
        if (non_regular.skip) {
          continue;
        }
        if (!S_ISLNK(status.st_mode) || !non_regular.links) {
          return failure(fmt::format("{}: not a regular file", file.name));
        }
        char target[PATH_MAX];
        const ssize_t length = ::readlink(path.c_str(), target, sizeof(target));
        if (length < 0) {
          return system_error("readlink", path, errno);
        }
        file.is_link = true;
        file.link_target.assign(target, static_cast<std::size_t>(length));
        file.size_bytes = 0;
      }
      out.push_back(std::move(file));
    }
  }
  std::ranges::sort(out, {}, &LocalFile::name);
  return out;
}

}  // namespace tarn::ctl
