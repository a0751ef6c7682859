#include "ctl/commands/auth_common.h"

#include "ctl/format.h"

namespace tarn::ctl {

Table policy_table() {
  Table table({"Policy ID", "Creation Date", "Statement #", "Resource", "Effect", "Actions"});
  table.align_right(2);
  return table;
}

void add_policy(Table& table, const api::dto::Policy& policy) {
  for (std::size_t i = 0; i < policy.statement.size(); ++i) {
    const api::dto::Statement& statement = policy.statement[i];
    table.add({policy.id, format_date(policy.creation_date.value_or(0)), fmt::to_string(i),
               statement.resource, std::string(api::to_string(statement.effect)),
               fmt::format("{}", fmt::join(statement.action, ", "))});
  }
}

std::string render_created(const Console& console, std::string_view what, std::string_view id,
                           std::int64_t date) {
  return fmt::format("{}\nID: {}\nCreation Date: {}\n",
                     console.paint(color::kGreen, fmt::format("{} created successfully.", what)),
                     console.paint(color::kBold, id), format_date(date));
}

FlagSpec id_flag(std::string_view text, bool required) {
  return {.name = "id", .text = text, .required = required};
}

FlagSpec policy_flag() { return {.name = "policy", .text = "Id of the policy", .required = true}; }

}  // namespace tarn::ctl
