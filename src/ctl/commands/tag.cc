#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/prompt.h"
#include "ctl/table.h"

namespace tarn::ctl {
namespace {

Result<void> list(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  api::ListTagsRequest request;
  request.repository = uri.repository;
  set_page(request, call.flags);
  TARN_TRY(const api::dto::RefList page, ctl.session().call<api::ops::ListTags>(request));
  Table table({"Tag", "Commit ID"});
  for (const api::dto::Ref& tag : page.results) {
    table.add({tag.id, tag.commit_id});
  }
  print_list(ctl.console, table, page.pagination, request.amount);
  return {};
}

Result<void> delete_tag(Ctl& ctl, const LakefsUri& uri) {
  api::DeleteTagRequest request;
  request.repository = uri.repository;
  request.tag = *uri.ref;
  TARN_CHECK_OK(ctl.session().call<api::ops::DeleteTag>(request));
  return {};
}

Result<void> create(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.ref_uri(call.arguments[0], "tag URI"));
  TARN_TRY(const LakefsUri commit, ctl.ref_uri(call.arguments[1], "commit URI"));
  if (commit.repository != uri.repository) {
    return failure("both references must belong to the same repository");
  }
  if (call.flags.boolean("force")) {
    // The target must exist before the old tag goes.
    TARN_CHECK_OK(ctl.session().call<api::ops::GetCommit>(
        {.repository = uri.repository, .commit_id = *commit.ref}));
    const Result<void> deleted = delete_tag(ctl, uri);
    if (!deleted && !deleted.error().is(kApiNotFound)) {
      return deleted.error();
    }
  }
  api::CreateTagRequest request;
  request.repository = uri.repository;
  request.body.id = *uri.ref;
  request.body.ref = *commit.ref;
  TARN_TRY(const api::dto::Ref made, ctl.session().call<api::ops::CreateTag>(request));
  ctl.console.print(
      fmt::format("Created tag '{}' ({{{} {}}})\n", made.id, made.commit_id, made.id));
  return {};
}

Result<void> remove(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.ref_uri(call.arguments[0], "tag URI"));
  if (!confirmed(ctl, call.flags.boolean("yes"), "Are you sure you want to delete tag")) {
    return failure("Delete tag aborted");
  }
  return delete_tag(ctl, uri);
}

Result<void> show(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.ref_uri(call.arguments[0], "tag URI"));
  TARN_TRY(const api::dto::Ref tag,
           ctl.session().call<api::ops::GetTag>({.repository = uri.repository, .tag = *uri.ref}));
  ctl.console.print(fmt::format("{} {}\n", tag.id, tag.commit_id));
  return {};
}

}  // namespace

std::vector<Command> tag_commands() {
  return {
      {.words = "tag", .summary = "Work with tags"},
      {.words = "tag list",
       .usage = "<repository URI>",
       .summary = "List the tags of a repository",
       .arguments = {1, 1},
       .flags = pagination_flags(),
       .run = list},
      {.words = "tag create",
       .usage = "<tag URI> <commit URI>",
       .summary = "Create a tag",
       .arguments = {2, 2},
       .flags = {{.name = "force",
                  .letter = 'f',
                  .kind = FlagKind::kBool,
                  .text = "Replace a tag of that name"}},
       .run = create},
      {.words = "tag delete",
       .usage = "<tag URI>",
       .summary = "Delete a tag",
       .arguments = {1, 1},
       .flags = {yes_flag()},
       .run = remove},
      {.words = "tag show",
       .usage = "<tag URI>",
       .summary = "Show the commit of a tag",
       .arguments = {1, 1},
       .run = show},
  };
}

}  // namespace tarn::ctl
