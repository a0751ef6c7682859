#pragma once

#include "api/models.h"
#include "ctl/session.h"
#include "ctl/transfer/folder.h"
#include "ctl/transfer/presign.h"

#include <cstdint>
#include <string>

namespace tarn::ctl {

inline constexpr std::string_view kSymlinkTargetKey = "::lakefs::symlink-target";
inline constexpr std::string_view kClientMtimeKey = "::lakefs::client-mtime";

struct DownloadOptions {
  /// An object of this size and above is fetched in ranges, where signed URLs are used.
  std::uint64_t part_bytes = 8 * kMiB;
  bool symlink_support = false;
  bool skip_non_regular_files = false;
};

/// Downloads objects into a folder, through the server or from signed URLs. Constant memory; a file
/// is complete or not there. Thread-safe.
class Downloader {
 public:
  Downloader(Session& session, PreSign presign, DownloadOptions options)
      : session_(session), presign_(presign), options_(options) {}

  /// Whether a download begins by asking what the object is.
  bool asks_first() const { return presign_.on || options_.symlink_support; }
  /// `relative` is where it goes in `folder`. False when it was skipped. Errors: kFailed `request
  /// failed: 404 Not Found` and the like, those of the folder.
  Result<bool> download(const std::string& repository, const std::string& ref,
                        const std::string& path, const Folder& folder, const std::string& relative);

 private:
  struct Object {
    const std::string& repository;
    const std::string& ref;
    const std::string& path;
  };
  Result<void> fetch(const Object& object, NewFile& file);
  Result<void> fetch_parts(const Object& object, std::uint64_t size_bytes, NewFile& file);
  Result<api::dto::ObjectStats> stat(const Object& object, bool presign);

  Session& session_;
  const PreSign presign_;
  const DownloadOptions options_;
};

}  // namespace tarn::ctl
