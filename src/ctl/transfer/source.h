#pragma once

#include "base/error.h"
#include "ctl/session.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn::ctl {

/// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }
  /// Closes early. Errors: errno, 0 without one.
  int close();

 private:
  int value_;
};

/// Counts the bytes that left, for who draws a bar.
using ByteCount = std::shared_ptr<std::atomic<std::uint64_t>>;

/// Bytes to upload: a file, the rest of stdin, or nothing at all. Copies share the descriptor.
/// Bodies read with blocking calls on the loop that sends them: nothing else waits for it but
/// other uploads.
class UploadSource {
 public:
  /// `-` is stdin. Errors kFailed: it cannot be opened, or is a folder.
  static Result<UploadSource> open(const std::string& path);
  static UploadSource empty() { return UploadSource(); }

  /// Absent when only reading to the end tells (a pipe).
  std::optional<std::uint64_t> size() const { return size_; }
  void count_in(ByteCount count) { count_ = std::move(count); }

  /// All of it. A pipe opens once.
  BodyOpener body() const;
  /// A part of a source with a size.
  BodyOpener part(std::uint64_t offset, std::uint64_t size_bytes) const;
  /// Its bytes, when they are at most `bytes_max`. Errors kFailed.
  Result<std::string> read_all(std::size_t bytes_max) const;
  /// Copies a pipe to an unlinked temporary file, so that it has a size and can be read again.
  Result<void> make_seekable(const std::string& temporary_folder);

 private:
  UploadSource() = default;

  std::shared_ptr<Descriptor> file_;
  std::uint64_t start_ = 0;
  std::optional<std::uint64_t> size_ = 0;
  ByteCount count_;
  std::string name_;
};

/// `before`, then what `content` opens, then `after`.
BodyOpener framed(std::string before, BodyOpener content, std::string after);

}  // namespace tarn::ctl
