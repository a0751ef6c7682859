#include "block/local/beneath.h"

#include "block/errors.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tarn::block::local {

Error file_failure(std::string_view what, std::string_view path, int code) {
  const std::string context = fmt::format("{} {}: {}", what, path, std::strerror(code));
  switch (code) {
    case ENOENT:
      return Error::with_message(kObjectNotFound, context);
    case EACCES:
    case EPERM:
    case EXDEV:  // openat2: the path leaves the root
    case ELOOP:
      return Error::with_message(kAccessDenied, context);
    case EEXIST:
      return Error::with_message(kPreconditionFailed, context);
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return Error::with_message(kInvalidAddress, context);
    default:
      return Error::with_message(kUnavailable, context);
  }
}

FileInfo to_file_info(const struct stat& status) {
  FileInfo info;
  info.size_bytes = static_cast<std::uint64_t>(status.st_size);
  info.modified = from_unix_seconds(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  info.is_folder = S_ISDIR(status.st_mode);
  return info;
}

Result<FileDescriptor> open_beneath(int root, const std::string& path, int flags,
                                    std::string_view what, Links links) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? 0644 : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (links == Links::kNone) {
    how.resolve |= RESOLVE_NO_SYMLINKS;
  }
  for (;;) {
    const auto opened =
        static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how)));
    if (opened >= 0) {
      return FileDescriptor(opened);
    }
    if (errno != EINTR && errno != EAGAIN) {
      return file_failure(what, path, errno);
    }
  }
}

}  // namespace tarn::block::local
