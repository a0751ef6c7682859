#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace tarn::block::local {

/// Where a file of this machine lies: a folder that may be read, and the way from there.
struct FolderPath {
  std::string folder;
  /// `.` for the folder itself.
  std::string below;
};

/// Which files an absolute path (`local:///data/a.csv`) may name: those of the store's own folder
/// and those below the folders that the configuration allows. Immutable.
class ExternalFolders {
 public:
  /// None: no absolute path is allowed.
  ExternalFolders() = default;
  /// `root` is the store's folder, absolute and without links. Errors: kInvalid (a prefix that is
  /// not an absolute path).
  static Result<ExternalFolders> make(std::string root, const std::vector<std::string>& prefixes);

  /// `path` begins with a slash; one at its end does not count. Errors: kInvalidAddress (empty, `.`
  /// or `..` components, NUL), kAccessDenied.
  Result<FolderPath> find(std::string_view path) const;
  const std::string& root() const { return root_; }

  /// Nothing but the way of writing is checked. Errors: kInvalidAddress.
  static Result<void> check(std::string_view path);

 private:
  std::string root_;
  std::vector<std::string> prefixes_;
};

}  // namespace tarn::block::local
