#include "ctl/commands/all.h"

namespace tarn::ctl {

std::vector<Command> all_commands() {
  std::vector<Command> out;
  out.push_back({
      .words = "",
      .summary =
          "Works with the repositories, branches, commits and objects of a Tarn or lakeFS server",
      .details =
          "A word that is no command runs the program lakectl-<word> from PATH, if there is one.",
  });
  for (const auto& part :
       {actions_commands,     annotate_commands, auth_commands,       auth_user_commands,
        bisect_commands,      branch_commands,   cat_sst_commands,    catalog_commands,
        client_commands,      commit_commands,   completion_commands, config_commands,
        diff_commands,        docs_commands,     doctor_commands,     fs_commands,
        fs_transfer_commands, import_commands,   log_commands,        refs_commands,
        repo_commands,        rules_commands,    tag_commands,        unsupported_commands}) {
    std::vector<Command> rows = part();
    out.insert(out.end(), std::make_move_iterator(rows.begin()),
               std::make_move_iterator(rows.end()));
  }
  return out;
}

}  // namespace tarn::ctl
