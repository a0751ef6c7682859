#pragma once

#include "base/error.h"
#include "ctl/ctl.h"

#include <string>
#include <vector>

namespace tarn::ctl {

/// Becomes the program `lakectl-<name>` from PATH with these arguments, and does not return then.
/// Nothing happens when there is none. Errors: it cannot be started.
Result<void> run_plugin(Ctl& ctl, const std::string& name, const std::vector<std::string>& words);

/// Names of programs `lakectl-*` in PATH, without the prefix, sorted. `warnings` says which folders
/// cannot be read.
std::vector<std::string> find_plugins(const Environment& environment,
                                      std::vector<std::string>& warnings);

}  // namespace tarn::ctl
