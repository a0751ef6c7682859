#pragma once

#include "api/models.h"
#include "ctl/command.h"
#include "ctl/ctl.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::ctl {

using Metadata = std::map<std::string, std::string>;

/// --amount, --after and --prefix of a list request.
template <class Request>
void set_page(Request& request, const Flags& flags) {
  request.amount = flags.integer("amount");
  request.after = flags.text("after");
  if constexpr (requires { request.prefix; }) {
    request.prefix = flags.text("prefix");
  }
}

/// Pairs `key=value`; only the first `=` separates. Errors kFailed.
Result<Metadata> parse_metadata(const std::vector<std::string>& pairs);
/// --message. Errors kFailed when it is empty and must not be.
Result<std::string> commit_message(const Flags& flags);

/// ID, message, time and parents of a new commit, and an empty line.
std::string render_new_commit(const Console& console, const api::dto::Commit& commit);
/// A commit as `log` and `show commit` list it; begins with a newline.
std::string render_commit(const Console& console, const api::dto::Commit& commit,
                          bool with_meta_range_id);
/// An object as `fs stat` and uploads show it.
std::string render_stats(const Console& console, const api::dto::ObjectStats& stats);

/// `key                = value`.
std::string key_value(std::string_view key, std::string_view value);

}  // namespace tarn::ctl
