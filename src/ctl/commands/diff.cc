#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"

#include <algorithm>

namespace tarn::ctl {
namespace {

constexpr std::int64_t kFirstPage = 50;
constexpr std::int64_t kPageMax = 1000;

struct Shown {
  api::dto::DiffType type;
  std::string_view text;
  std::string_view color;
};
constexpr Shown kShown[] = {
    {api::dto::DiffType::kAdded, "+ added", color::kDarkGreen},
    {api::dto::DiffType::kRemoved, "- removed", color::kDarkRed},
    {api::dto::DiffType::kChanged, "~ modified", color::kDarkYellow},
    {api::dto::DiffType::kConflict, "* conflict", color::kYellow},
};

void print_diff(Console& console, const api::dto::Diff& diff) {
  const auto found = std::ranges::find(kShown, diff.type, &Shown::type);
  if (found == std::end(kShown)) {
    console.print(fmt::format("? {} {}\n", api::to_string(diff.type), diff.path));
    return;
  }
  console.print(console.paint(found->color, fmt::format("{} {}\n", found->text, diff.path)));
}

/// All pages of `Op`, larger and larger, so that the first lines come soon.
template <class Op>
Result<void> print_pages(Ctl& ctl, typename Op::Request request) {
  request.amount = kFirstPage;
  for (;;) {
    TARN_TRY(const api::dto::DiffList page, ctl.session().call<Op>(request));
    for (const api::dto::Diff& diff : page.results) {
      print_diff(ctl.console, diff);
    }
    if (!page.pagination.has_more) {
      return {};
    }
    request.after = page.pagination.next_offset;
    request.amount = std::min(request.amount * 2, kPageMax);
  }
}

Result<void> diff_branch(Ctl& ctl, std::string_view text) {
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(text));
  ctl.console.print(fmt::format("Ref: {}\n", uri.str()));
  api::DiffBranchRequest request;
  request.repository = uri.repository;
  request.branch = *uri.ref;
  return print_pages<api::ops::DiffBranch>(ctl, std::move(request));
}

Result<void> diff(Ctl& ctl, const Invocation& call) {
  if (call.arguments.size() == 1) {
    return diff_branch(ctl, call.arguments[0]);
  }
  TARN_TRY(const LakefsUri left, ctl.ref_uri(call.arguments[0], "left ref"));
  TARN_TRY(const LakefsUri right, ctl.ref_uri(call.arguments[1], "right ref"));
  ctl.console.print(fmt::format("Left ref: {}\nRight ref: {}\n", left.str(), right.str()));
  if (left.repository != right.repository) {
    return failure("both references must belong to the same repository");
  }
  api::DiffRefsRequest request;
  request.repository = left.repository;
  request.left_ref = *left.ref;
  request.right_ref = *right.ref;
  request.prefix = call.flags.text("prefix");
  if (call.flags.boolean("two-way")) {
    request.type = api::dto::DiffRefsMode::kTwoDot;
  }
  const Result<void> printed = print_pages<api::ops::DiffRefs>(ctl, std::move(request));
  if (!printed && is_api_error(printed.error())) {
    const std::string text = printed.error().message();
    const std::string_view status = api_status_line(text);
    return failure(fmt::format("diff remote failed. HTTP {}: {}",
                               status.substr(0, status.find(' ')), api_message(text)));
  }
  return printed;
}

}  // namespace

std::vector<Command> diff_commands() {
  return {
      {.words = "diff",
       .usage = "<ref URI> [ref URI]",
       .summary = "Show the uncommitted changes of a branch, or what differs between references",
       .arguments = {1, 2},
       .flags = {{.name = "two-way",
                  .kind = FlagKind::kBool,
                  .text = "Compare the references themselves, not the right one with their base"},
                 {.name = "prefix", .text = "Show differences of objects that start with this"}},
       .run = diff},
  };
}

}  // namespace tarn::ctl
