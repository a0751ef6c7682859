#pragma once

#include "base/environment.h"
#include "base/settings.h"

#include <string>
#include <vector>

namespace tarn::server {

struct FsckOptions {
  std::vector<std::string> repositories;
  bool objects = false;
  bool json = false;
};

/// Checks what the server of these settings stores, which may be running, and prints the report on
/// stdout. Changes nothing. The process's exit code: 0 all is well, 1 something is damaged, 2 it
/// could not be checked (stderr says why), or a part of it not.
int fsck(const Settings& settings, const Environment& environment, const FsckOptions& options);

}  // namespace tarn::server
