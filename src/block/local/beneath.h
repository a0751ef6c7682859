#pragma once

#include "base/error.h"
#include "base/file_descriptor.h"
#include "block/local/file_system.h"

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace tarn::block::local {

/// What a failed system call means for the store; `code` is errno.
Error file_failure(std::string_view what, std::string_view path, int code);

FileInfo to_file_info(const struct stat& status);

enum class Links : bool { kInside, kNone };

/// Opens `path` (not empty; `.` for the folder itself) below `root` without ever leaving it: links
/// that lead out of it fail with kAccessDenied, with Links::kNone every link on the way does.
Result<FileDescriptor> open_beneath(int root, const std::string& path, int flags,
                                    std::string_view what, Links links = Links::kInside);

}  // namespace tarn::block::local
