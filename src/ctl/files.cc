#include "ctl/files.h"

#include "base/file_descriptor.h"
#include "ctl/errors.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace tarn::ctl {

Result<std::string> read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return system_error("open", path, errno);
  }
  std::string out;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno != EINTR) {
      return system_error("read", path, errno);
    }
    if (got == 0) {
      return out;
    }
    out.append(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
  }
}

Result<void> write_file(const std::string& path, std::string_view text, mode_t mode) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (file.get() < 0) {
    return system_error("open", path, errno);
  }
  while (!text.empty()) {
    const ssize_t put = ::write(file.get(), text.data(), text.size());
    if (put < 0 && errno != EINTR) {
      return system_error("write", path, errno);
    }
    text.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
  }
  return {};
}

Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::string temporary = fmt::format("{}.{}", path, ::getpid());
  Result<void> written = write_file(temporary, text, mode);
  if (written && std::rename(temporary.c_str(), path.c_str()) != 0) {
    written = system_error("rename", path, errno);
  }
  if (!written) {
    ::unlink(temporary.c_str());
  }
  return written;
}

}  // namespace tarn::ctl
