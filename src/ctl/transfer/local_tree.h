#pragma once

#include "base/error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tarn::ctl {

/// What to do with links, pipes and devices in a folder.
struct NonRegularFiles {
  /// Leave them out; also links, whatever `links` says.
  bool skip = false;
  /// Take symbolic links as what they are.
  bool links = false;
};

struct LocalFile {
  /// Slash-separated, relative to the folder.
  std::string name;
  std::uint64_t size_bytes = 0;
  /// Seconds since the epoch.
  std::int64_t mtime = 0;
  bool is_link = false;
  std::string link_target;
};

/// All files below a folder in the order of their names as keys (bytewise). Links to folders are
/// not followed; .lakefs_ref.yaml and .DS_Store are left out. Errors: what cannot be read, and
/// `<name>: not a regular file`.
Result<std::vector<LocalFile>> list_folder(const std::string& folder, NonRegularFiles non_regular);

}  // namespace tarn::ctl
