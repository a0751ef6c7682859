#include "base/file_descriptor.h"
#include "block/errors.h"
#include "block/local/beneath.h"
#include "block/local/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace tarn::block::local {
namespace {

class PosixFile final : public File {
 public:
  PosixFile(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Result<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(file_.get(), bytes.data(), bytes.size());
      if (wrote < 0) {
        if (errno == EINTR) {
          continue;
        }
        return file_failure("write", path_, errno);
      }
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  }

  Result<std::string> read_at(std::uint64_t offset, std::size_t size) override {
    std::string out(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t got =
          ::pread(file_.get(), out.data() + have, size - have, static_cast<off_t>(offset + have));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return file_failure("read", path_, errno);
      }
      if (got == 0) {
        break;
      }
      have += static_cast<std::size_t>(got);
    }
    out.resize(have);
    return out;
  }

  Result<void> sync() override {
    // After a failed fsync the kernel may have dropped the pages: the file is lost, never retried.
    if (::fsync(file_.get()) != 0) {
      return file_failure("fsync", path_, errno);
    }
    return {};
  }

  Result<FileInfo> info() override {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) {
      return file_failure("stat", path_, errno);
    }
    return to_file_info(status);
  }

  int descriptor() const override { return file_.get(); }

 private:
  FileDescriptor file_;
  std::string path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  explicit PosixFileSystem(FileDescriptor root) : root_(std::move(root)) {}

  Result<std::unique_ptr<File>> create(const std::string& path) override {
    return open_file(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, "create");
  }
  Result<std::unique_ptr<File>> open(const std::string& path) override {
    // Opening a pipe would wait for its other end.
    TARN_TRY(std::unique_ptr<File> file,
             open_file(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, "open"));
    struct stat status{};
    if (::fstat(file->descriptor(), &status) != 0) {
      return file_failure("stat", path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
      return file_failure("open", path, ENOENT);
    }
    return file;
  }

  Result<FileInfo> stat(const std::string& path) override {
    TARN_TRY(const FileDescriptor file, open_beneath(path, O_PATH | O_CLOEXEC, "stat"));
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) {
      return file_failure("stat", path, errno);
    }
    return to_file_info(status);
  }

  Result<void> rename(const std::string& from, const std::string& to, bool replace) override {
    TARN_TRY(const Parent source, parent(from));
    TARN_TRY(const Parent target, parent(to));
    if (::renameat2(source.folder.get(), source.name.c_str(), target.folder.get(),
                    target.name.c_str(), replace ? 0 : RENAME_NOREPLACE) != 0) {
      return file_failure("rename to", to, errno);
    }
    return {};
  }

  Result<void> remove(const std::string& path) override { return unlink(path, 0); }
  Result<void> remove_folder(const std::string& path) override {
    return unlink(path, AT_REMOVEDIR);
  }

  Result<bool> make_folder(const std::string& path) override {
    TARN_TRY(const Parent where, parent(path));
    if (::mkdirat(where.folder.get(), where.name.c_str(), 0755) == 0) {
      return true;
    }
    const int code = errno;
    struct stat status{};
    if (code == EEXIST && ::fstatat(where.folder.get(), where.name.c_str(), &status, 0) == 0 &&
        !S_ISDIR(status.st_mode)) {
      return file_failure("make folder", path, ENOTDIR);
    }
    if (code == EEXIST) {
      return false;
    }
    return file_failure("make folder", path, code);
  }

  Result<void> sync_folder(const std::string& path) override {
    TARN_TRY(const FileDescriptor folder,
             open_beneath(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, "open"));
    if (::fsync(folder.get()) != 0) {
      return file_failure("fsync", path, errno);
    }
    return {};
  }

  Result<std::vector<FolderEntry>> list(const std::string& path) override {
    TARN_TRY(const FileDescriptor folder,
             open_beneath(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, "open"));
    DIR* stream = ::fdopendir(::dup(folder.get()));
    if (stream == nullptr) {
      return file_failure("list", path, errno);
    }
    std::vector<FolderEntry> out;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") {
        continue;
      }
      bool is_folder = entry->d_type == DT_DIR;
      if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
        struct stat status{};
        is_folder =
            ::fstatat(folder.get(), entry->d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
      }
      out.push_back({std::string(name), is_folder});
    }
    const int code = errno;
    ::closedir(stream);
    if (code != 0) {
      return file_failure("list", path, code);
    }
    return out;
  }

 private:
  struct Parent {
    FileDescriptor folder;
    std::string name;
  };

  Result<FileDescriptor> open_beneath(const std::string& path, int flags, std::string_view what) {
    return local::open_beneath(root_.get(), path, flags, what);
  }

  Result<std::unique_ptr<File>> open_file(const std::string& path, int flags,
                                          std::string_view what) {
    TARN_TRY(FileDescriptor file, open_beneath(path, flags, what));
    std::unique_ptr<File> out = std::make_unique<PosixFile>(std::move(file), path);
    return out;
  }

  Result<Parent> parent(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
    TARN_TRY(FileDescriptor opened, open_beneath(folder, O_PATH | O_DIRECTORY | O_CLOEXEC, "open"));
    return Parent{std::move(opened), slash == std::string::npos ? path : path.substr(slash + 1)};
  }

  Result<void> unlink(const std::string& path, int flags) {
    TARN_TRY(const Parent where, parent(path));
    if (::unlinkat(where.folder.get(), where.name.c_str(), flags) != 0) {
      return file_failure("remove", path, errno);
    }
    return {};
  }

  FileDescriptor root_;
};

/// Makes `path` and its missing parents, each durable in the folder above it.
Result<void> make_folders(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    return {};
  }
  const std::size_t slash = path.find_last_of('/');
  const std::string above = slash == std::string::npos ? "."
                            : slash == 0               ? "/"
                                                       : path.substr(0, slash);
  TARN_CHECK_OK(make_folders(above));
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return file_failure("make folder", path, errno);
  }
  const FileDescriptor folder(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) {
    return file_failure("fsync", above, errno);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<FileSystem>> open_file_system(const std::string& root) {
  std::string path = root;
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  Result<void> made = make_folders(path);
  if (!made) {
    return std::move(made).error().wrap("block store folder");
  }
  return find_file_system(path);
}

Result<std::unique_ptr<FileSystem>> find_file_system(const std::string& root) {
  FileDescriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) {
    return file_failure("open block store folder", root, errno);
  }
  std::unique_ptr<FileSystem> out = std::make_unique<PosixFileSystem>(std::move(folder));
  return out;
}

}  // namespace tarn::block::local
