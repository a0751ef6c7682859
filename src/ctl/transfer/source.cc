#include "ctl/transfer/source.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace tarn::ctl {
namespace {

class FileBody final : public ByteSource {
 public:
  FileBody(std::shared_ptr<Descriptor> file, std::string name, std::uint64_t begin,
           std::uint64_t size_bytes, ByteCount count)
      : file_(std::move(file)),
        name_(std::move(name)),
        begin_(begin),
        size_(size_bytes),
        count_(std::move(count)) {}
  ~FileBody() override { uncount(); }

  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    Bytes out(static_cast<std::size_t>(std::min<std::uint64_t>(max_bytes, size_ - done_)), '\0');
    ssize_t got = 0;
    do {
      got = ::pread(file_->get(), out.data(), out.size(), static_cast<off_t>(begin_ + done_));
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      co_return system_error("read", name_, errno);
    }
    if (got == 0 && done_ < size_) {
      co_return failure(fmt::format("read {}: the file has become shorter", name_));
    }
    out.resize(static_cast<std::size_t>(got));
    done_ += out.size();
    if (count_) {
      *count_ += out.size();
    }
    finished_ = done_ == size_;
    co_return out;
  }
  std::optional<std::uint64_t> remaining() const override { return size_ - done_; }
  bool rewind() override {
    uncount();
    done_ = 0;
    finished_ = false;
    return true;
  }

 private:
  /// A try that failed is no progress.
  void uncount() {
    if (count_ && !finished_) {
      *count_ -= done_;
    }
  }

  std::shared_ptr<Descriptor> file_;
  std::string name_;
  std::uint64_t begin_;
  std::uint64_t size_;
  std::uint64_t done_ = 0;
  bool finished_ = false;
  ByteCount count_;
};

class PipeBody final : public ByteSource {
 public:
  PipeBody(std::shared_ptr<Descriptor> pipe, std::string name, ByteCount count)
      : pipe_(std::move(pipe)), name_(std::move(name)), count_(std::move(count)) {}

  Task<Result<Bytes>> read(Context, std::size_t max_bytes) override {
    Bytes out(max_bytes, '\0');
    ssize_t got = 0;
    do {
      got = ::read(pipe_->get(), out.data(), out.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      co_return system_error("read", name_, errno);
    }
    out.resize(static_cast<std::size_t>(got));
    if (count_) {
      *count_ += out.size();
    }
    co_return out;
  }
  std::optional<std::uint64_t> remaining() const override { return std::nullopt; }

 private:
  std::shared_ptr<Descriptor> pipe_;
  std::string name_;
  ByteCount count_;
};

class FramedBody final : public ByteSource {
 public:
  FramedBody(std::string before, std::unique_ptr<ByteSource> content, std::string after)
      : before_(std::move(before)), content_(std::move(content)), after_(std::move(after)) {}

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override {
    if (at_ < before_.size()) {
      Bytes piece = before_.substr(at_, max_bytes);
      at_ += piece.size();
      co_return piece;
    }
    if (!content_done_) {
      TARN_CO_TRY(Bytes piece, co_await content_->read(std::move(ctx), max_bytes));
      if (!piece.empty()) {
        co_return piece;
      }
      content_done_ = true;
    }
    Bytes piece = after_.substr(std::min(after_at_, after_.size()), max_bytes);
    after_at_ += piece.size();
    co_return piece;
  }
  std::optional<std::uint64_t> remaining() const override {
    const std::uint64_t frame = before_.size() - at_ + after_.size() - after_at_;
    if (content_done_) {
      return frame;
    }
    const std::optional<std::uint64_t> inner = content_->remaining();
    return inner ? std::optional(*inner + frame) : std::nullopt;
  }
  bool rewind() override {
    if (!content_->rewind()) {
      return false;
    }
    at_ = 0;
    after_at_ = 0;
    content_done_ = false;
    return true;
  }

 private:
  std::string before_;
  std::unique_ptr<ByteSource> content_;
  std::string after_;
  std::size_t at_ = 0;
  std::size_t after_at_ = 0;
  bool content_done_ = false;
};

}  // namespace

Descriptor::~Descriptor() { close(); }

int Descriptor::close() {
  const int closing = std::exchange(value_, -1);
  return closing > STDERR_FILENO && ::close(closing) != 0 ? errno : 0;
}

Result<UploadSource> UploadSource::open(const std::string& path) {
  UploadSource out;
  out.name_ = path;
  const bool is_stdin = path == "-";
  const int descriptor = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return system_error("open", path, errno);
  }
  out.file_ = std::make_shared<Descriptor>(descriptor);
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) {
    return system_error("read", path, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return system_error("read", path, EISDIR);
  }
  out.size_.reset();
  if (S_ISREG(status.st_mode)) {
    const off_t at = ::lseek(descriptor, 0, SEEK_CUR);
    out.start_ = at > 0 ? static_cast<std::uint64_t>(at) : 0;
    const auto all = static_cast<std::uint64_t>(status.st_size);
    out.size_ = all - std::min(all, out.start_);
  }
  return out;
}

BodyOpener UploadSource::body() const {
  if (size_) {
    return part(0, *size_);
  }
  auto pipe = std::make_shared<std::shared_ptr<Descriptor>>(file_);
  return [pipe, name = name_, count = count_]() -> std::unique_ptr<ByteSource> {
    std::shared_ptr<Descriptor> once = std::exchange(*pipe, nullptr);
    return once ? std::make_unique<PipeBody>(std::move(once), name, count) : nullptr;
  };
}

BodyOpener UploadSource::part(std::uint64_t offset, std::uint64_t size_bytes) const {
  if (!file_) {
    return [] { return memory_source(Bytes()); };
  }
  return [file = file_, name = name_, begin = start_ + offset, size_bytes,
          count = count_]() -> std::unique_ptr<ByteSource> {
    return std::make_unique<FileBody>(file, name, begin, size_bytes, count);
  };
}

Result<std::string> UploadSource::read_all(std::size_t bytes_max) const {
  // One byte more than allowed shows that there is too much.
  std::string out;
  std::size_t size_bytes = 0;
  while (size_bytes <= bytes_max) {
    if (size_bytes == out.size()) {
      out.resize(std::min(bytes_max + 1, std::max<std::size_t>(2 * size_bytes, 64 * 1024)));
    }
    const ssize_t got = ::read(file_->get(), out.data() + size_bytes, out.size() - size_bytes);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return system_error("read", name_, errno);
    }
    if (got == 0) {
      out.resize(size_bytes);
      return out;
    }
    size_bytes += static_cast<std::size_t>(got);
  }
  return failure(fmt::format("read {}: larger than {} bytes", name_, bytes_max));
}

Result<void> UploadSource::make_seekable(const std::string& temporary_folder) {
  if (size_) {
    return {};
  }
  std::string path = temporary_folder + "/lakectl-stdin-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return system_error("open", path, errno);
  }
  auto file = std::make_shared<Descriptor>(descriptor);
  ::unlink(path.c_str());
  std::string buffer(kStreamChunkBytes, '\0');
  std::uint64_t size_bytes = 0;
  for (;;) {
    const ssize_t got = ::read(file_->get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return system_error("read", name_, errno);
    }
    if (got == 0) {
      break;
    }
    for (ssize_t done = 0; done < got;) {
      const ssize_t put =
          ::write(descriptor, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno != EINTR) {
        return system_error("write", path, errno);
      }
      done += std::max<ssize_t>(put, 0);
    }
    size_bytes += static_cast<std::uint64_t>(got);
  }
  file_ = std::move(file);
  start_ = 0;
  size_ = size_bytes;
  return {};
}

BodyOpener framed(std::string before, BodyOpener content, std::string after) {
  return [before = std::move(before), content = std::move(content),
          after = std::move(after)]() -> std::unique_ptr<ByteSource> {
    std::unique_ptr<ByteSource> inner = content();
    return inner ? std::make_unique<FramedBody>(before, std::move(inner), after) : nullptr;
  };
}

}  // namespace tarn::ctl
