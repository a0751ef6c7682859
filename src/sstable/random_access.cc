#include "sstable/random_access.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tarn::sstable {
namespace {

Result<void> check_bounds(std::uint64_t offset, std::size_t size, std::uint64_t source_size) {
  if (offset > source_size || size > source_size - offset) {
    return Error(kCorruption, fmt::format("{} bytes at {} of {} bytes", size, offset, source_size));
  }
  return {};
}

class MemorySource final : public RandomAccess {
 public:
  explicit MemorySource(std::string bytes) : owned_(std::move(bytes)), view_(owned_) {}
  explicit MemorySource(std::string_view bytes) : view_(bytes) {}

  std::uint64_t size() const override { return view_.size(); }
  Result<std::string_view> read(std::uint64_t offset, std::size_t size,
                                std::string& /*scratch*/) const override {
    TARN_CHECK_OK(check_bounds(offset, size, view_.size()));
    return view_.substr(offset, size);
  }

 private:
  std::string owned_;
  std::string_view view_;
};

Error system_error(const ErrorId& id, const std::string& path, int code) {
  return Error(id, fmt::format("{}: {}", path, std::generic_category().message(code)));
}

class FileSource final : public RandomAccess {
 public:
  FileSource(int descriptor, std::uint64_t size, std::string path)
      : descriptor_(descriptor), size_(size), path_(std::move(path)) {}
  ~FileSource() override { ::close(descriptor_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::uint64_t size() const override { return size_; }
  Result<std::string_view> read(std::uint64_t offset, std::size_t size,
                                std::string& scratch) const override {
    TARN_CHECK_OK(check_bounds(offset, size, size_));
    scratch.resize(size);
    for (std::size_t done = 0; done < size;) {
      const ssize_t got = ::pread(descriptor_, scratch.data() + done, size - done,
                                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got < 0) {
        return system_error(kUnavailable, path_, errno);
      }
      if (got == 0) {
        return Error(kCorruption, fmt::format("{}: became shorter than {} bytes", path_, size_));
      }
      done += static_cast<std::size_t>(got);
    }
    return std::string_view(scratch);
  }

 private:
  int descriptor_;
  std::uint64_t size_;
  std::string path_;
};

}  // namespace

std::shared_ptr<const RandomAccess> memory_source(std::string bytes) {
  return std::make_shared<MemorySource>(std::move(bytes));
}

std::shared_ptr<const RandomAccess> borrowed_source(std::string_view bytes) {
  return std::make_shared<MemorySource>(bytes);
}

Result<std::shared_ptr<const RandomAccess>> open_file_source(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return system_error(errno == ENOENT ? kFileNotFound : kUnavailable, path, errno);
  }
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) {
    const int code = errno;
    ::close(descriptor);
    return system_error(kUnavailable, path, code);
  }
  return std::make_shared<FileSource>(descriptor, static_cast<std::uint64_t>(info.st_size), path);
}

}  // namespace tarn::sstable
