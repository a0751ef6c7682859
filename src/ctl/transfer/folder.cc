#include "ctl/transfer/folder.h"

#include "base/encoding.h"
#include "base/rng.h"
#include "ctl/errors.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace tarn::ctl {
namespace {

constexpr int kTemporaryNameBytes = 8;

std::string temporary_name() {
  SystemRng rng;
  return ".lakectl-" + hex_encode(rng.bytes(kTemporaryNameBytes));
}

}  // namespace

Result<std::vector<std::string>> safe_parts(std::string_view relative) {
  std::vector<std::string> out;
  std::string_view rest = relative;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part == "..") {
      return failure(fmt::format("'{}' leads out of the destination", relative));
    }
    if (part.find('\0') != std::string_view::npos) {
      return failure(fmt::format("'{}' is no file name", relative.substr(0, relative.find('\0'))));
    }
    if (!part.empty() && part != ".") {
      out.emplace_back(part);
    }
  }
  if (out.empty() || relative.ends_with('/')) {
    return failure(fmt::format("'{}' is no file name", relative));
  }
  return out;
}

NewFile::NewFile(std::shared_ptr<Descriptor> folder, std::shared_ptr<Descriptor> file, Kept kept,
                 std::string temporary, std::string name, std::string shown)
    : folder_(std::move(folder)),
      file_(std::move(file)),
      kept_(kept),
      temporary_(std::move(temporary)),
      name_(std::move(name)),
      shown_(std::move(shown)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      file_(std::move(other.file_)),
      kept_(std::exchange(other.kept_, Kept::kInPlace)),
      temporary_(std::move(other.temporary_)),
      name_(std::move(other.name_)),
      shown_(std::move(other.shown_)) {}

NewFile::~NewFile() {
  if (kept_ == Kept::kTemporary) {
    ::unlinkat(folder_->get(), temporary_.c_str(), 0);
  }
}

Error NewFile::complaint(std::string_view action, int error_number) const {
  return system_error(action, shown_, error_number);
}

Result<void> NewFile::write(std::uint64_t offset, ByteView bytes) {
  const bool in_place = kept_ == Kept::kInPlace;
  while (!bytes.empty()) {
    const ssize_t put =
        in_place ? ::write(file_->get(), bytes.data(), bytes.size())
                 : ::pwrite(file_->get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put < 0) {
      return complaint("write", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

Result<void> NewFile::resize(std::uint64_t size_bytes) {
  if (kept_ != Kept::kInPlace && ::ftruncate(file_->get(), static_cast<off_t>(size_bytes)) != 0) {
    return complaint("truncate", errno);
  }
  return {};
}

Result<void> NewFile::publish() {
  if (kept_ == Kept::kUnnamed) {
    const std::string unnamed = fmt::format("/proc/self/fd/{}", file_->get());
    if (::linkat(AT_FDCWD, unnamed.c_str(), folder_->get(), temporary_.c_str(),
                 AT_SYMLINK_FOLLOW) != 0) {
      return complaint("link", errno);
    }
    kept_ = Kept::kTemporary;
  }
  if (const int error_number = file_->close(); error_number != 0) {
    return complaint("close", error_number);
  }
  if (kept_ == Kept::kTemporary) {
    if (::renameat(folder_->get(), temporary_.c_str(), folder_->get(), name_.c_str()) != 0) {
      return complaint("rename", errno);
    }
    kept_ = Kept::kInPlace;
  }
  return {};
}

Result<Folder> Folder::open(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) {
    return system_error("mkdir", path, failed.value());
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    return system_error("open", path, errno);
  }
  return Folder(std::make_shared<Descriptor>(descriptor), path);
}

std::string Folder::shown(std::string_view relative) const {
  return fmt::format("{}{}{}", path_, path_.ends_with('/') ? "" : "/", relative);
}

Result<std::pair<std::shared_ptr<Descriptor>, std::string>> Folder::enter(
    std::string_view relative) const {
  TARN_TRY(const std::vector<std::string> parts, safe_parts(relative));
  std::shared_ptr<Descriptor> folder = root_;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const char* name = parts[i].c_str();
    if (::mkdirat(folder->get(), name, 0777) != 0 && errno != EEXIST) {
      return system_error("mkdir", shown(relative), errno);
    }
    // O_NOFOLLOW: a link in the way, perhaps downloaded, would lead anywhere.
    const int next = ::openat(folder->get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) {
      return system_error("open", shown(relative), errno);
    }
    folder = std::make_shared<Descriptor>(next);
  }
  return std::pair(std::move(folder), parts.back());
}

Result<NewFile> Folder::create(std::string_view relative) const {
  TARN_TRY(auto place, enter(relative));
  auto& [folder, name] = place;
  struct stat status{};
  const bool exists = ::fstatat(folder->get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    return system_error("open", shown(relative), EISDIR);
  }
  // A pipe or a device is meant to be written to, not to be replaced.
  const bool in_place = exists && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode);
  const std::string temporary = temporary_name();
  NewFile::Kept kept = in_place ? NewFile::Kept::kInPlace : NewFile::Kept::kUnnamed;
  int file = in_place ? ::openat(folder->get(), name.c_str(), O_WRONLY | O_CLOEXEC)
                      : ::openat(folder->get(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0 && !in_place && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
    kept = NewFile::Kept::kTemporary;
    file =
        ::openat(folder->get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  if (file < 0) {
    return system_error("open", shown(relative), errno);
  }
  return NewFile(std::move(folder), std::make_shared<Descriptor>(file), kept, temporary,
                 std::move(name), shown(relative));
}

Result<void> Folder::link(std::string_view relative, const std::string& target) const {
  TARN_TRY(const auto place, enter(relative));
  const auto& [folder, name] = place;
  const std::string temporary = temporary_name();
  if (::symlinkat(target.c_str(), folder->get(), temporary.c_str()) != 0) {
    return system_error("symlink", shown(relative), errno);
  }
  if (::renameat(folder->get(), temporary.c_str(), folder->get(), name.c_str()) != 0) {
    const int error_number = errno;
    ::unlinkat(folder->get(), temporary.c_str(), 0);
    return system_error("symlink", shown(relative), error_number);
  }
  return {};
}

}  // namespace tarn::ctl
