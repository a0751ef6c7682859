#pragma once

#include "base/error.h"
#include "ctl/ctl.h"

#include <string>
#include <string_view>

namespace tarn::ctl {

/// True with --yes, or when stdin answers `y` or `Y` and Enter.
bool confirmed(Ctl& ctl, bool yes, std::string_view question);

/// Asks for a line; Enter alone keeps `current`. A masked answer is not shown on a terminal.
/// Errors kFailed `^D` at the end of the input.
Result<std::string> ask(Ctl& ctl, std::string_view label, std::string_view current, bool masked);

}  // namespace tarn::ctl
