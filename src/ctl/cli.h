#pragma once

#include "base/clock.h"
#include "base/environment.h"
#include "ctl/console.h"

#include <string>
#include <vector>

namespace tarn::ctl {

/// One invocation: `words` are the arguments without the program's name. Returns the exit code: 0,
/// or 1 after saying on stderr what failed.
int run_cli(std::vector<std::string> words, const Environment& environment, Console& console,
            const Clock& clock);

}  // namespace tarn::ctl
