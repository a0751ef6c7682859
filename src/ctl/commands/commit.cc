#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"

namespace tarn::ctl {
namespace {

Result<void> commit(Ctl& ctl, const Invocation& call) {
  TARN_TRY(std::string message, commit_message(call.flags));
  TARN_TRY(Metadata metadata, parse_metadata(call.flags.list("meta")));
  TARN_TRY(const LakefsUri uri, ctl.branch_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Branch: {}\n", uri.str()));
  api::CommitRequest request;
  request.repository = uri.repository;
  request.branch = *uri.ref;
  request.body.message = std::move(message);
  request.body.metadata = std::move(metadata);
  request.body.allow_empty = call.flags.boolean("allow-empty-commit");
  if (const std::int64_t date = call.flags.integer("epoch-time-seconds"); date >= 0) {
    request.body.date = date;
  }
  TARN_TRY(const api::dto::Commit made, ctl.session().call<api::ops::Commit>(request));
  ctl.console.print(fmt::format("Commit for branch \"{}\" completed.\n\n{}", *uri.ref,
                                render_new_commit(ctl.console, made)));
  return {};
}

Result<void> merge(Ctl& ctl, const Invocation& call) {
  TARN_TRY(std::string message, commit_message(call.flags));
  TARN_TRY(Metadata metadata, parse_metadata(call.flags.list("meta")));
  TARN_TRY(const LakefsUri source, ctl.branch_uri(call.arguments[0], "source ref"));
  TARN_TRY(const LakefsUri destination, ctl.branch_uri(call.arguments[1], "destination ref"));
  ctl.console.print(fmt::format("Source: {}\nDestination: {}\n", source.str(), destination.str()));
  if (source.repository != destination.repository) {
    return failure("both references must belong to the same repository");
  }
  const std::string strategy = call.flags.text("strategy");
  if (!strategy.empty() && strategy != "dest-wins" && strategy != "source-wins") {
    return failure("Invalid strategy value. Expected \"dest-wins\" or \"source-wins\"");
  }
  api::MergeIntoBranchRequest request;
  request.repository = source.repository;
  request.source_ref = *source.ref;
  request.destination_branch = *destination.ref;
  request.body.emplace();
  request.body->message = std::move(message);
  request.body->metadata = std::move(metadata);
  request.body->strategy = strategy;
  request.body->force = call.flags.boolean("force");
  request.body->allow_empty = call.flags.boolean("allow-empty");
  request.body->squash_merge = call.flags.boolean("squash");
  const Result<api::dto::MergeResult> merged =
      ctl.session().call<api::ops::MergeIntoBranch>(request);
  if (!merged) {
    return merged.error().is(kApiConflict) ? failure("Conflict found.") : merged.error();
  }
  ctl.console.print(fmt::format("Merged \"{}\" into \"{}\" to get \"{}\".\n",
                                ctl.console.paint(color::kYellow, *source.ref),
                                ctl.console.paint(color::kYellow, *destination.ref),
                                ctl.console.paint(color::kGreen, merged->reference)));
  return {};
}

Result<void> cherry_pick(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri picked, ctl.ref_uri(call.arguments[0], "commit URI"));
  TARN_TRY(const LakefsUri branch, ctl.branch_uri(call.arguments[1]));
  ctl.console.print(fmt::format("Branch: {}\n", branch.str()));
  if (picked.repository != branch.repository) {
    return failure("Repository mismatch for destination branch and cherry-pick ref");
  }
  std::int64_t parent = 1;
  if (call.flags.is_set("parent-number")) {
    parent = call.flags.integer("parent-number");
    if (parent <= 0) {
      return failure("parent number must be positive, if specified");
    }
  }
  api::CherryPickRequest request;
  request.repository = branch.repository;
  request.branch = *branch.ref;
  request.body.ref = *picked.ref;
  request.body.parent_number = parent;
  TARN_TRY(const api::dto::Commit made, ctl.session().call<api::ops::CherryPick>(request));
  ctl.console.print(fmt::format("Commit for branch \"{}\" completed.\n\n{}", *branch.ref,
                                render_new_commit(ctl.console, made)));
  return {};
}

Result<void> find_merge_base(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri source, ctl.ref_uri(call.arguments[0], "source ref URI"));
  TARN_TRY(const LakefsUri destination, ctl.ref_uri(call.arguments[1], "destination ref URI"));
  ctl.console.print(fmt::format("Source: {}\nDestination: {}\n", source.str(), destination.str()));
  if (source.repository != destination.repository) {
    return failure("both references must belong to the same repository");
  }
  api::FindMergeBaseRequest request;
  request.repository = source.repository;
  request.source_ref = *source.ref;
  request.destination_branch = *destination.ref;
  TARN_TRY(const api::dto::FindMergeBaseResult found,
           ctl.session().call<api::ops::FindMergeBase>(request));
  ctl.console.print(fmt::format("Found base \"{}\" when merging \"{}\" into \"{}\".\n",
                                ctl.console.paint(color::kYellow, found.base_commit_id),
                                ctl.console.paint(color::kYellow, found.source_commit_id),
                                ctl.console.paint(color::kYellow, found.destination_commit_id)));
  return {};
}

Result<void> show_commit(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.ref_uri(call.arguments[0], "commit URI"));
  TARN_TRY(const api::dto::Commit commit,
           ctl.session().call<api::ops::GetCommit>(
               {.repository = uri.repository, .commit_id = *uri.ref}));
  ctl.console.print(render_commit(ctl.console, commit, call.flags.boolean("show-meta-range-id")));
  return {};
}

}  // namespace

std::vector<Command> commit_commands() {
  const FlagSpec parent_number{.name = "parent-number",
                               .letter = 'm',
                               .kind = FlagKind::kInt,
                               .fallback = "0",
                               .text = "Parent of a merge commit, from 1, whose changes to apply"};
  return {
      {.words = "commit",
       .usage = "<branch URI>",
       .summary = "Commit the changes of a branch",
       .arguments = {1, 1},
       .flags = flags_of(message_flags(false),
                         std::vector<FlagSpec>{{.name = "allow-empty-commit",
                                                .kind = FlagKind::kBool,
                                                .text = "Commit even if nothing changed"},
                                               {.name = "epoch-time-seconds",
                                                .kind = FlagKind::kInt,
                                                .fallback = "-1",
                                                .text = "Time of the commit",
                                                .hidden = true}}),
       .run = commit},
      {.words = "merge",
       .usage = "<source ref URI> <destination ref URI>",
       .summary = "Merge a reference into a branch",
       .arguments = {2, 6},
       .flags = flags_of(
           message_flags(true),
           std::vector<FlagSpec>{
               {.name = "strategy", .text = "Who wins a conflict: dest-wins or source-wins"},
               {.name = "force",
                .kind = FlagKind::kBool,
                .text = "Merge into a read-only repository"},
               {.name = "allow-empty",
                .kind = FlagKind::kBool,
                .text = "Merge even if nothing changes"},
               {.name = "squash",
                .kind = FlagKind::kBool,
                .text = "One commit with all changes and one parent"}}),
       .run = merge},
      {.words = "cherry-pick",
       .usage = "<commit URI> <branch URI>",
       .summary = "Apply the changes of one commit to a branch",
       .arguments = {2, 2},
       .flags = {parent_number},
       .run = cherry_pick},
      {.words = "find-merge-base",
       .usage = "<source ref URI> <destination ref URI>",
       .summary = "Find the commit that a merge would compare with",
       .arguments = {2, 2},
       .run = find_merge_base,
       .hidden = true},
      {.words = "show", .summary = "Show one thing"},
      {.words = "show commit",
       .usage = "<commit URI>",
       .summary = "Show a commit",
       .arguments = {1, 1},
       .flags = {{.name = "show-meta-range-id",
                  .kind = FlagKind::kBool,
                  .text = "Show the id of its metarange"}},
       .run = show_commit},
  };
}

}  // namespace tarn::ctl
