#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/prompt.h"
#include "ctl/table.h"

namespace tarn::ctl {
namespace {

Result<void> list_deleted(Ctl& ctl, const Invocation& call, const std::string& repository) {
  api::ListDeletedBranchesRequest request;
  request.repository = repository;
  set_page(request, call.flags);
  TARN_TRY(const api::dto::DeletedBranchList page,
           ctl.session().call<api::ops::ListDeletedBranches>(request));
  Table table({"Branch", "Instance", "Deleted", "Purged", "Commit ID"});
  for (const api::dto::DeletedBranch& branch : page.results) {
    table.add({branch.id, branch.instance, format_date(branch.deleted_at),
               format_date(branch.purged_at), branch.commit_id});
  }
  print_list(ctl.console, table, page.pagination, request.amount);
  return {};
}

Result<void> list(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  if (call.flags.boolean("deleted")) {
    return list_deleted(ctl, call, uri.repository);
  }
  api::ListBranchesRequest request;
  request.repository = uri.repository;
  set_page(request, call.flags);
  TARN_TRY(const api::dto::RefList page, ctl.session().call<api::ops::ListBranches>(request));
  Table table({"Branch", "Commit ID"});
  for (const api::dto::Ref& branch : page.results) {
    table.add({branch.id, branch.commit_id});
  }
  print_list(ctl.console, table, page.pagination, request.amount);
  return {};
}

Result<void> create(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(call.arguments[0]));
  const Result<LakefsUri> source = LakefsUri::parse(call.flags.text("source"), ctl.base_uri);
  if (!source) {
    return with_context(source.error(), "failed to parse source URI: ");
  }
  ctl.console.print(fmt::format("Source ref: {}\n", source->str()));
  if (source->repository != uri.repository) {
    return failure("source branch must be in the same repository");
  }
  api::CreateBranchRequest request;
  request.repository = uri.repository;
  request.body.name = *uri.ref;
  request.body.source = source->ref.value_or("");
  TARN_TRY(const std::string commit_id, ctl.session().call<api::ops::CreateBranch>(request));
  ctl.console.print(fmt::format("created branch '{}' {}\n", *uri.ref, commit_id));
  return {};
}

Result<void> remove(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(call.arguments[0]));
  if (!confirmed(ctl, call.flags.boolean("yes"), "Are you sure you want to delete branch")) {
    return failure("Delete branch aborted");
  }
  ctl.console.print(fmt::format("Branch: {}\n", uri.str()));
  TARN_CHECK_OK(ctl.session().call<api::ops::DeleteBranch>(
      {.repository = uri.repository, .branch = *uri.ref}));
  return {};
}

Result<void> undelete(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Branch: {}\n", uri.str()));
  api::UndeleteBranchRequest request;
  request.repository = uri.repository;
  request.branch = *uri.ref;
  if (call.flags.is_set("instance")) {
    request.instance = call.flags.text("instance");
  }
  TARN_TRY(const api::dto::Ref branch, ctl.session().call<api::ops::UndeleteBranch>(request));
  ctl.console.print(fmt::format("undeleted branch '{}' {}\n", branch.id, branch.commit_id));
  return {};
}

Result<void> show(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Branch: {}\n", uri.str()));
  TARN_TRY(const api::dto::Ref branch, ctl.session().call<api::ops::GetBranch>(
                                           {.repository = uri.repository, .branch = *uri.ref}));
  ctl.console.print(fmt::format("Commit ID: {}\n", branch.commit_id));
  return {};
}

Result<void> reset(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Branch: {}\n", uri.str()));
  const std::string prefix = call.flags.text("prefix");
  const std::string object = call.flags.text("object");
  api::ResetBranchRequest request;
  request.repository = uri.repository;
  request.branch = *uri.ref;
  request.body.type = api::dto::ResetCreationType::kReset;
  std::string question = "Are you sure you want to reset all uncommitted changes";
  if (!prefix.empty()) {
    request.body.type = api::dto::ResetCreationType::kCommonPrefix;
    request.body.path = prefix;
    question += " from path: " + prefix;
  } else if (!object.empty()) {
    request.body.type = api::dto::ResetCreationType::kObject;
    request.body.path = object;
    question += " for object: " + object;
  }
  if (!confirmed(ctl, call.flags.boolean("yes"), question)) {
    return failure("Reset aborted");
  }
  TARN_CHECK_OK(ctl.session().call<api::ops::ResetBranch>(request));
  return {};
}

Result<void> revert(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Branch: {}\n", uri.str()));
  const std::int64_t parent = call.flags.integer("parent-number");
  if (call.flags.is_set("parent-number") && parent <= 0) {
    return failure("parent number must be number greater than 0, if specified");
  }
  const std::vector<std::string> refs(call.arguments.begin() + 1, call.arguments.end());
  if (!confirmed(ctl, call.flags.boolean("yes"),
                 fmt::format("Are you sure you want to revert the effect of commits {}",
                             fmt::join(refs, " ")))) {
    return failure("Revert aborted");
  }
  for (const std::string& ref : refs) {
    api::RevertBranchRequest request;
    request.repository = uri.repository;
    request.branch = *uri.ref;
    request.body.ref = ref;
    request.body.parent_number = parent;
    request.body.allow_empty = call.flags.boolean("allow-empty-commit");
    TARN_CHECK_OK(ctl.session().call<api::ops::RevertBranch>(request));
    ctl.console.print(fmt::format("commit {} successfully reverted\n", ref));
  }
  return {};
}

}  // namespace

std::vector<Command> branch_commands() {
  return {
      {.words = "branch", .summary = "Work with branches"},
      {.words = "branch list",
       .usage = "<repository URI>",
       .summary = "List the branches of a repository",
       .arguments = {1, 1},
       .flags =
           flags_of(pagination_flags(),
                    std::vector<FlagSpec>{{.name = "deleted",
                                           .kind = FlagKind::kBool,
                                           .text = "Those that can be brought back (Tarn only)"}}),
       .run = list},
      {.words = "branch create",
       .usage = "<branch URI> -s <source ref URI>",
       .summary = "Create a branch",
       .arguments = {1, 1},
       .flags = {{.name = "source",
                  .letter = 's',
                  .text = "Where the branch begins: a ref URI",
                  .required = true}},
       .run = create},
      {.words = "branch delete",
       .usage = "<branch URI>",
       .summary = "Delete a branch with its uncommitted changes",
       .arguments = {1, 1},
       .flags = {yes_flag()},
       .run = remove},
      {.words = "branch undelete",
       .usage = "<branch URI>",
       .summary = "Bring back a deleted branch with its uncommitted changes (Tarn only)",
       .arguments = {1, 1},
       .flags = {{.name = "instance",
                  .text = "Which one of that name, as branch list --deleted shows it; the last one "
                          "deleted if not given"}},
       .run = undelete},
      {.words = "branch show",
       .usage = "<branch URI>",
       .summary = "Show the latest commit of a branch",
       .arguments = {1, 1},
       .run = show},
      {.words = "branch reset",
       .usage = "<branch URI> [--prefix | --object]",
       .summary = "Drop uncommitted changes: all, those under a prefix, or those of an object",
       .arguments = {1, 1},
       .flags = {{.name = "prefix", .text = "Drop changes of objects that start with this"},
                 {.name = "object", .text = "Drop changes of this object"},
                 yes_flag()},
       .run = reset},
      {.words = "branch revert",
       .usage = "<branch URI> <commit ref> [<commit ref>...]",
       .summary = "Record commits that undo others",
       .arguments = {2, kAnyCount},
       .flags = {{.name = "parent-number",
                  .letter = 'm',
                  .kind = FlagKind::kInt,
                  .fallback = "0",
                  .text = "Parent of a merge commit, from 1, relative to which to revert it"},
                 {.name = "allow-empty-commit",
                  .kind = FlagKind::kBool,
                  .text = "Record a commit even if nothing changes"},
                 yes_flag()},
       .run = revert},
  };
}

}  // namespace tarn::ctl
