#pragma once

#include "ctl/command.h"

#include <string>

namespace tarn::ctl {

/// The text of `--help`.
std::string render_help(const Command& command);
/// What is printed for a first word that is no command.
std::string unknown_command(std::string_view word);

}  // namespace tarn::ctl
