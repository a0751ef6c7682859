#include "ctl/commands/all.h"
#include "ctl/commands/common.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/prompt.h"
#include "ctl/table.h"

namespace tarn::ctl {
namespace {

Result<void> list_deleted(Ctl& ctl, const Invocation& call) {
  api::ListDeletedRepositoriesRequest request;
  set_page(request, call.flags);
  TARN_TRY(const api::dto::DeletedRepositoryList page,
           ctl.session().call<api::ops::ListDeletedRepositories>(request));
  Table table({"Repository", "Instance", "Deleted", "Purged", "With Data", "Storage Namespace"});
  for (const api::dto::DeletedRepository& deleted : page.results) {
    table.add({deleted.repository.id, deleted.instance, format_date(deleted.deleted_at),
               format_date(deleted.purged_at), deleted.purge_data ? "yes" : "no",
               deleted.repository.storage_namespace});
  }
  print_list(ctl.console, table, page.pagination, request.amount);
  return {};
}

Result<void> list(Ctl& ctl, const Invocation& call) {
  if (call.flags.boolean("deleted")) {
    return list_deleted(ctl, call);
  }
  api::ListRepositoriesRequest request;
  set_page(request, call.flags);
  TARN_TRY(const api::dto::RepositoryList page,
           ctl.session().call<api::ops::ListRepositories>(request));
  Table table(
      {"Repository", "Creation Date", "Default Ref Name", "Storage ID", "Storage Namespace"});
  for (const api::dto::Repository& repository : page.results) {
    // The fourth column is lakectl's slip, which its tests have come to ask for.
    table.add({repository.id, format_date(repository.creation_date), repository.default_branch,
               repository.id, repository.storage_namespace});
  }
  print_list(ctl.console, table, page.pagination, request.amount);
  return {};
}

Result<void> create_repository(Ctl& ctl, const Invocation& call, bool bare) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Repository: {}\n", uri.str()));
  api::CreateRepositoryRequest request;
  request.bare = bare;
  request.body.name = uri.repository;
  request.body.storage_namespace = call.arguments[1];
  request.body.default_branch = call.flags.text("default-branch");
  request.body.sample_data = !bare && call.flags.boolean("sample-data");
  TARN_TRY(const api::dto::Repository made,
           ctl.session().call<api::ops::CreateRepository>(request));
  ctl.console.print(fmt::format(
      "Repository '{}' created:\nstorage namespace: {}\ndefault branch: {}\ntimestamp: {}\n",
      made.id, made.storage_namespace, made.default_branch, made.creation_date));
  if (request.body.sample_data) {
    ctl.console.print("sample data included\n");
  }
  return {};
}

Result<void> create(Ctl& ctl, const Invocation& call) {
  return create_repository(ctl, call, false);
}
Result<void> create_bare(Ctl& ctl, const Invocation& call) {
  return create_repository(ctl, call, true);
}

Result<void> remove(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Repository: {}\n", uri.str()));
  if (!confirmed(ctl, call.flags.boolean("yes"),
                 "Are you sure you want to delete repository: " + uri.repository)) {
    return failure(fmt::format("Delete Repository '{}' aborted\n", uri.repository));
  }
  api::DeleteRepositoryRequest request;
  request.repository = uri.repository;
  request.purge_data = call.flags.boolean("purge-data");
  TARN_CHECK_OK(ctl.session().call<api::ops::DeleteRepository>(request));
  ctl.console.print(fmt::format("Repository '{}' deleted\n", uri.repository));
  return {};
}

Result<void> undelete(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const LakefsUri uri, ctl.repository_uri(call.arguments[0]));
  ctl.console.print(fmt::format("Repository: {}\n", uri.str()));
  api::UndeleteRepositoryRequest request;
  request.repository = uri.repository;
  if (call.flags.is_set("instance")) {
    request.instance = call.flags.text("instance");
  }
  TARN_CHECK_OK(ctl.session().call<api::ops::UndeleteRepository>(request));
  ctl.console.print(fmt::format("Repository '{}' undeleted\n", uri.repository));
  return {};
}

}  // namespace

std::vector<Command> repo_commands() {
  const FlagSpec default_branch{.name = "default-branch",
                                .letter = 'd',
                                .fallback = "main",
                                .text = "Name of the first branch"};
  return {
      {.words = "repo", .summary = "Work with repositories"},
      {.words = "repo list",
       .summary = "List repositories",
       .flags =
           flags_of(pagination_flags(),
                    std::vector<FlagSpec>{{.name = "deleted",
                                           .kind = FlagKind::kBool,
                                           .text = "Those that can be brought back (Tarn only)"}}),
       .run = list},
      {.words = "repo create",
       .usage = "<repository URI> <storage namespace>",
       .summary = "Create a repository",
       .arguments = {2, 2},
       .flags = {default_branch,
                 {.name = "sample-data",
                  .kind = FlagKind::kBool,
                  .text = "Begin with sample data"}},
       .run = create},
      {.words = "repo create-bare",
       .usage = "<repository URI> <storage namespace>",
       .summary = "Create a repository without a first commit, to restore references into",
       .arguments = {2, 2},
       .flags = {default_branch},
       .run = create_bare,
       .hidden = true},
      {.words = "repo delete",
       .usage = "<repository URI>",
       .summary = "Delete a repository; its objects stay in the storage namespace",
       .arguments = {1, 1},
       .flags = {yes_flag(),
                 {.name = "purge-data",
                  .kind = FlagKind::kBool,
                  .text = "Delete its objects, too, when it cannot be brought back any more "
                          "(Tarn only)"}},
       .run = remove},
      {.words = "repo undelete",
       .usage = "<repository URI>",
       .summary = "Bring back a deleted repository (Tarn only)",
       .arguments = {1, 1},
       .flags = {{.name = "instance",
                  .text = "Which one of that name, as repo list --deleted shows it; the last one "
                          "deleted if not given"}},
       .run = undelete},
  };
}

}  // namespace tarn::ctl
