#include "base/encoding.h"
#include "base/time_text.h"
#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/table.h"

#include <algorithm>

namespace tarn::ctl {
namespace {

constexpr std::int64_t kPageMax = 1000;

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A node and its edges in Graphviz's language.
std::string render_dot(const api::dto::Commit& commit, std::string_view commits_url) {
  const bool is_merge = commit.parents.size() > 1;
  std::string out = fmt::format(
      "\n\t\"{0}\" [shape=note target=\"_blank\" href=\"{1}/{0}\" label=< {2}{3}<br/> {4}{5} >]\n",
      commit.id, commits_url, is_merge ? "<b>" : "", commit.id.substr(0, 8),
      escape_html(commit.message), is_merge ? "</b>" : "");
  for (const std::string& parent : commit.parents) {
    out.append(fmt::format("\t\"{}\" -> \"{}\";\n", parent, commit.id));
  }
  return out;
}

Result<std::vector<std::string>> non_empty(std::vector<std::string> list, std::string_view what) {
  if (std::ranges::any_of(list, [](const std::string& item) { return item.empty(); })) {
    return failure(fmt::format("{} list contains empty string!", what));
  }
  return list;
}

Result<api::LogCommitsRequest> request_of(const LakefsUri& uri, const Flags& flags) {
  api::LogCommitsRequest request;
  request.repository = uri.repository;
  request.ref = *uri.ref;
  request.after = flags.text("after");
  request.first_parent = flags.boolean("first-parent");
  request.limit = flags.boolean("limit");
  request.stop_at = flags.text("stop-at");
  TARN_TRY(request.objects, non_empty(flags.list("objects"), "Objects"));
  TARN_TRY(request.prefixes, non_empty(flags.list("prefixes"), "Prefixes"));
  if (const std::string since = flags.text("since"); !since.empty()) {
    const Result<WallTime> time = parse_rfc3339(since);
    if (!time) {
      return failure(
          fmt::format("Failed to parse 'since' - parsing time \"{}\" as "
                      "\"2006-01-02T15:04:05Z07:00\": cannot parse it",
                      since));
    }
    request.since = *time;
  }
  return request;
}

Result<void> log(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.ref_uri(call.arguments[0]));
  TARN_TRY(api::LogCommitsRequest request, request_of(uri, call.flags));
  const bool dot = call.flags.boolean("dot");
  const bool no_merges = call.flags.boolean("no-merges");
  const bool with_meta_range_id = call.flags.boolean("show-meta-range-id");
  const std::int64_t amount = call.flags.integer("amount");
  std::string commits_url = ctl.session().endpoint().str();
  if (commits_url.ends_with(api::kBasePath)) {
    commits_url.resize(commits_url.size() - api::kBasePath.size());
  }
  commits_url += "/repositories/" + percent_encode(uri.repository) + "/commits";
  if (dot) {
    ctl.console.print("digraph {\n\trankdir=\"BT\"\n");
  }
  std::int64_t wanted = amount;
  for (bool more = true; more && (amount <= 0 || wanted > 0);) {
    request.amount = amount < 0 ? amount : amount == 0 ? kPageMax : std::min(wanted, kPageMax);
    if (no_merges && request.amount > 0 && request.amount < kPageMax / 3) {
      request.amount *= 3;
    }
    TARN_TRY(const api::dto::CommitList page, ctl.session().call<api::ops::LogCommits>(request));
    std::int64_t printed = 0;
    for (const api::dto::Commit& commit : page.results) {
      const bool unwanted = no_merges && commit.parents.size() > 1;
      if (unwanted || (amount > 0 && printed == wanted)) {
        continue;
      }
      ++printed;
      ctl.console.print(dot ? render_dot(commit, commits_url)
                            : render_commit(ctl.console, commit, with_meta_range_id));
    }
    wanted -= printed;
    more = page.pagination.has_more && !page.results.empty();
    request.after = page.pagination.next_offset;
    if (!dot) {
      api::dto::Pagination shown = page.pagination;
      shown.has_more = more && amount > 0 && wanted <= 0;
      ctl.console.print(more_results(ctl.console, shown, amount));
    }
  }
  if (dot) {
    ctl.console.print("\n}\n");
  }
  return {};
}

}  // namespace

std::vector<Command> log_commands() {
  return {
      {.words = "log",
       .usage = "<ref URI>",
       .summary = "List the commits behind a reference, newest first",
       .arguments = {1, 1},
       .flags = {{.name = "amount",
                  .kind = FlagKind::kInt,
                  .fallback = "0",
                  .text = "How many commits to show; 0 for all"},
                 {.name = "after", .text = "Show commits after this one"},
                 {.name = "limit",
                  .kind = FlagKind::kBool,
                  .text = "Look no further than --amount commits back"},
                 {.name = "since", .text = "Show commits since this time (RFC 3339)"},
                 {.name = "stop-at", .text = "Show commits up to this reference, inclusive"},
                 {.name = "first-parent",
                  .kind = FlagKind::kBool,
                  .text = "Follow only the first parent of merges"},
                 {.name = "no-merges", .kind = FlagKind::kBool, .text = "Leave merges out"},
                 {.name = "objects",
                  .kind = FlagKind::kStrings,
                  .text = "Show commits that changed one of these objects"},
                 {.name = "prefixes",
                  .kind = FlagKind::kStrings,
                  .text = "Show commits that changed something under one of these prefixes"},
                 {.name = "show-meta-range-id",
                  .kind = FlagKind::kBool,
                  .text = "Show the ids of metaranges"},
                 {.name = "dot",
                  .kind = FlagKind::kBool,
                  .text = "Print a graph in Graphviz's language"}},
       .run = log},
  };
}

}  // namespace tarn::ctl
