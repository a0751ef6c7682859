#pragma once

#include "ctl/command.h"

#include <vector>

namespace tarn::ctl {

/// The table: every row of every file here, the root first.
std::vector<Command> all_commands();
/// `lakectl --version`, which is no command by name.
const Command& version_command();

std::vector<Command> actions_commands();
std::vector<Command> annotate_commands();
std::vector<Command> auth_commands();
std::vector<Command> auth_user_commands();
std::vector<Command> bisect_commands();
std::vector<Command> branch_commands();
std::vector<Command> cat_sst_commands();
std::vector<Command> catalog_commands();
std::vector<Command> client_commands();
std::vector<Command> commit_commands();
std::vector<Command> completion_commands();
std::vector<Command> config_commands();
std::vector<Command> diff_commands();
std::vector<Command> docs_commands();
std::vector<Command> doctor_commands();
std::vector<Command> fs_commands();
std::vector<Command> fs_transfer_commands();
std::vector<Command> import_commands();
std::vector<Command> log_commands();
std::vector<Command> rules_commands();
std::vector<Command> refs_commands();
std::vector<Command> repo_commands();
std::vector<Command> tag_commands();
std::vector<Command> unsupported_commands();

}  // namespace tarn::ctl
