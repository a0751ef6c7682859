#pragma once

#include "api/models.h"
#include "ctl/commands/common.h"
#include "ctl/table.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::ctl {

// What the commands under `auth` share.

/// Sends a request whose answer is empty, and prints `done`.
template <class Op>
Result<void> perform(Ctl& ctl, const typename Op::Request& request, std::string_view done) {
  TARN_CHECK_OK(ctl.session().call<Op>(request));
  ctl.console.print(done);
  return {};
}

/// One page of `Op` as a table; `row` makes a row of a result.
template <class Op, class Row>
Result<void> print_page(Ctl& ctl, const Flags& flags, typename Op::Request request, Table table,
                        Row row) {
  set_page(request, flags);
  TARN_TRY(const auto page, ctl.session().call<Op>(request));
  for (const auto& result : page.results) {
    row(table, result);
  }
  print_list(ctl.console, table, page.pagination, request.amount);
  return {};
}

/// Rows of `… policies list`: one for each statement.
Table policy_table();
void add_policy(Table& table, const api::dto::Policy& policy);

/// What is printed for a new user or group.
std::string render_created(const Console& console, std::string_view what, std::string_view id,
                           std::int64_t date);

FlagSpec id_flag(std::string_view text, bool required);
FlagSpec policy_flag();

}  // namespace tarn::ctl
