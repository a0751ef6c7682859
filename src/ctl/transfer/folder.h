#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "ctl/transfer/source.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::ctl {

/// A file that appears under its name when it is complete. Until then it has no name (or, where the
/// file system cannot do that, a temporary one beside it) and goes away with this object. Writing
/// is thread-safe at distinct places.
class NewFile {
 public:
  /// How the file is kept until it is published.
  enum class Kept : std::uint8_t { kUnnamed, kTemporary, kInPlace };

  /// `name` in `folder`; for kTemporary, `file` has `temporary` as its name there.
  NewFile(std::shared_ptr<Descriptor> folder, std::shared_ptr<Descriptor> file, Kept kept,
          std::string temporary, std::string name, std::string shown);
  ~NewFile();
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;

  Result<void> write(std::uint64_t offset, ByteView bytes);
  Result<void> resize(std::uint64_t size_bytes);
  /// Takes the place of what has that name, except of a folder.
  Result<void> publish();

 private:
  Error complaint(std::string_view action, int error_number) const;

  std::shared_ptr<Descriptor> folder_;
  std::shared_ptr<Descriptor> file_;
  Kept kept_;
  std::string temporary_;
  std::string name_;
  std::string shown_;
};

/// A folder that downloads go to. Nothing is ever made outside of it: names with `..` are refused,
/// and below it no symbolic link is followed. Thread-safe.
class Folder {
 public:
  /// Makes the folder and its parents if they are missing.
  static Result<Folder> open(const std::string& path);

  /// `relative` is slash-separated; missing folders are made, empty parts and `.` are skipped.
  Result<NewFile> create(std::string_view relative) const;
  /// A symbolic link instead of a file, whatever its target is.
  Result<void> link(std::string_view relative, const std::string& target) const;

 private:
  Folder(std::shared_ptr<Descriptor> root, std::string path)
      : root_(std::move(root)), path_(std::move(path)) {}
  /// The innermost folder, and the name in it.
  Result<std::pair<std::shared_ptr<Descriptor>, std::string>> enter(
      std::string_view relative) const;
  std::string shown(std::string_view relative) const;

  std::shared_ptr<Descriptor> root_;
  std::string path_;
};

/// The parts of a slash-separated name. Errors kFailed: it leads outside, or is no file's name.
Result<std::vector<std::string>> safe_parts(std::string_view relative);

}  // namespace tarn::ctl
