#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::block::local {

struct FileInfo {
  std::uint64_t size_bytes = 0;
  WallTime modified;
  bool is_folder = false;
};

struct FolderEntry {
  std::string name;
  bool is_folder = false;
};

/// An open file. Closed when destroyed. Writing is single-threaded; reading is thread-safe.
class File {
 public:
  virtual ~File() = default;
  virtual Result<void> append(std::string_view bytes) = 0;
  /// Up to `size` bytes from `offset`; fewer only at the end.
  virtual Result<std::string> read_at(std::uint64_t offset, std::size_t size) = 0;
  /// Contents and size are on stable storage when this returns.
  virtual Result<void> sync() = 0;
  virtual Result<FileInfo> info() = 0;
  /// For sendfile; -1 if there is none.
  virtual int descriptor() const = 0;
};

/// The calls on one folder tree that durability depends on, so that a test can watch their order or
/// lose power. Paths are relative to the root, made of safe components (`path_of_key`). Blocking.
/// Thread-safe. Errors: kObjectNotFound, kAccessDenied, kUnavailable with path and reason.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// A new empty file; an error if the name is taken.
  virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
  virtual Result<std::unique_ptr<File>> open(const std::string& path) = 0;
  virtual Result<FileInfo> stat(const std::string& path) = 0;
  /// Atomic. With `replace` false errors kPreconditionFailed if `to` exists.
  virtual Result<void> rename(const std::string& from, const std::string& to, bool replace) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  virtual Result<void> remove_folder(const std::string& path) = 0;
  /// True if it was made now, false if it was there.
  virtual Result<bool> make_folder(const std::string& path) = 0;
  /// The names in a folder are on stable storage when this returns. "" is the root.
  virtual Result<void> sync_folder(const std::string& path) = 0;
  virtual Result<std::vector<FolderEntry>> list(const std::string& path) = 0;
};

/// The machine's file system below `root`, which is created (and its new folders made durable) if
/// missing. Nothing outside `root` is reached, also not through symbolic links. Errors
/// kUnavailable.
Result<std::unique_ptr<FileSystem>> open_file_system(const std::string& root);
/// The same for a `root` that exists. Errors kObjectNotFound, kUnavailable.
Result<std::unique_ptr<FileSystem>> find_file_system(const std::string& root);

}  // namespace tarn::block::local
