#pragma once

#include "base/error.h"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace tarn::ctl {

// Small files of the client's own. All errors are kFailed, with the system's words.

/// Absence is an error like others: `open x: no such file or directory`.
Result<std::string> read_file(const std::string& path);
/// `mode` is of a new file; an old one keeps its own.
Result<void> write_file(const std::string& path, std::string_view text, mode_t mode);
/// Whoever reads finds the old text or the new one, never a part.
Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode);

}  // namespace tarn::ctl
