// `auth users` and what belongs to a user.
#include "ctl/commands/all.h"
#include "ctl/commands/auth_common.h"
#include "ctl/format.h"

namespace tarn::ctl {
namespace {

namespace ops = api::ops;
namespace dto = api::dto;

/// --id, or who the credentials belong to.
Result<std::string> id_or_self(Ctl& ctl, const Flags& flags) {
  std::string id = flags.text("id");
  if (id.empty()) {
    TARN_TRY(const dto::CurrentUser current, ctl.session().call<ops::GetCurrentUser>({}));
    id = current.user.id;
  }
  return id;
}

std::string_view user_name(const dto::User& user) {
  if (!user.friendly_name.value_or("").empty()) {
    return *user.friendly_name;
  }
  return user.email.value_or("").empty() ? std::string_view(user.id) : *user.email;
}

Result<void> list_users(Ctl& ctl, const Invocation& call) {
  return print_page<ops::ListUsers>(
      ctl, call.flags, {}, Table({"ID", "User", "Creation Date"}),
      [](Table& table, const dto::User& user) {
        table.add({user.id, std::string(user_name(user)), format_date(user.creation_date)});
      });
}

Result<void> create_user(Ctl& ctl, const Invocation& call) {
  api::CreateUserRequest request;
  request.body.emplace();
  request.body->id = call.flags.text("id");
  TARN_TRY(const dto::User user, ctl.session().call<ops::CreateUser>(request));
  ctl.console.print(render_created(ctl.console, "User", user.id, user.creation_date));
  return {};
}

Result<void> delete_user(Ctl& ctl, const Invocation& call) {
  return perform<ops::DeleteUser>(ctl, {.user_id = call.flags.text("id")},
                                  "User deleted successfully\n");
}

Result<void> create_credentials(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const std::string id, id_or_self(ctl, call.flags));
  TARN_TRY(const dto::CredentialsWithSecret made,
           ctl.session().call<ops::CreateCredentials>({.user_id = id}));
  const Console& console = ctl.console;
  ctl.console.print(
      fmt::format("{}\nAccess Key ID:     {}\nSecret Access Key: {}\n\n{}\n",
                  console.paint(color::kGreen, "Credentials created successfully."),
                  console.paint(color::kBold, made.access_key_id),
                  console.paint(color::kBold, made.secret_access_key.reveal()),
                  console.paint(color::kYellow,
                                "Keep these somewhere safe since you will not be able to see "
                                "the secret key again")));
  return {};
}

Result<void> delete_credentials(Ctl& ctl, const Invocation& call) {
  TARN_TRY(std::string id, id_or_self(ctl, call.flags));
  return perform<ops::DeleteCredentials>(
      ctl, {.user_id = std::move(id), .access_key_id = call.flags.text("access-key-id")},
      "Credentials deleted successfully\n");
}

Result<void> list_credentials(Ctl& ctl, const Invocation& call) {
  api::ListUserCredentialsRequest request;
  TARN_TRY(request.user_id, id_or_self(ctl, call.flags));
  return print_page<ops::ListUserCredentials>(
      ctl, call.flags, std::move(request), Table({"Access Key ID", "Issued Date"}),
      [](Table& table, const dto::Credentials& key) {
        table.add({key.access_key_id, format_date(key.creation_date)});
      });
}

Result<void> list_user_groups(Ctl& ctl, const Invocation& call) {
  api::ListUserGroupsRequest request;
  request.user_id = call.flags.text("id");
  return print_page<ops::ListUserGroups>(ctl, call.flags, std::move(request),
                                         Table({"Group ID", "Creation Date"}),
                                         [](Table& table, const dto::Group& group) {
                                           table.add({group.id, format_date(group.creation_date)});
                                         });
}

Result<void> list_user_policies(Ctl& ctl, const Invocation& call) {
  api::ListUserPoliciesRequest request;
  request.user_id = call.flags.text("id");
  request.effective = call.flags.boolean("effective");
  return print_page<ops::ListUserPolicies>(ctl, call.flags, std::move(request), policy_table(),
                                           add_policy);
}

Result<void> attach_user_policy(Ctl& ctl, const Invocation& call) {
  return perform<ops::AttachPolicyToUser>(
      ctl, {.user_id = call.flags.text("id"), .policy_id = call.flags.text("policy")},
      "Policy attached successfully\n");
}

Result<void> detach_user_policy(Ctl& ctl, const Invocation& call) {
  return perform<ops::DetachPolicyFromUser>(
      ctl, {.user_id = call.flags.text("id"), .policy_id = call.flags.text("policy")},
      "Policy detached successfully\n");
}

// IAM principals.

Result<void> attach_principal(Ctl& ctl, const Invocation& call) {
  api::CreateUserExternalPrincipalRequest request;
  TARN_TRY(request.user_id, id_or_self(ctl, call.flags));
  request.principal_id = call.flags.text("principal-id");
  request.body.emplace();
  return perform<ops::CreateUserExternalPrincipal>(ctl, request,
                                                   "IAM role attached successfully\n");
}

Result<void> detach_principal(Ctl& ctl, const Invocation& call) {
  api::DeleteUserExternalPrincipalRequest request;
  TARN_TRY(request.user_id, id_or_self(ctl, call.flags));
  request.principal_id = call.flags.text("principal-id");
  return perform<ops::DeleteUserExternalPrincipal>(ctl, request,
                                                   "IAM role detached successfully\n");
}

Result<void> list_principals(Ctl& ctl, const Invocation& call) {
  api::ListUserExternalPrincipalsRequest request;
  TARN_TRY(request.user_id, id_or_self(ctl, call.flags));
  return print_page<ops::ListUserExternalPrincipals>(
      ctl, call.flags, std::move(request), Table({"Principal ID", "User ID"}),
      [](Table& table, const dto::ExternalPrincipal& principal) {
        table.add({principal.id, principal.user_id});
      });
}

Result<void> look_up_principal(Ctl& ctl, const Invocation& call) {
  api::GetExternalPrincipalRequest request;
  request.principal_id = call.flags.text("principal-id");
  TARN_TRY(const dto::ExternalPrincipal principal,
           ctl.session().call<ops::GetExternalPrincipal>(request));
  ctl.console.print(fmt::format("Principal ID: {}\nUser ID: {}\n",
                                ctl.console.paint(color::kBold, principal.id),
                                ctl.console.paint(color::kBold, principal.user_id)));
  return {};
}

}  // namespace

std::vector<Command> auth_user_commands() {
  const FlagSpec principal_flag{
      .name = "principal-id", .text = "ARN of the IAM role or user", .required = true};
  return {
      {.words = "auth users", .summary = "Manage users"},
      {.words = "auth users list",
       .summary = "List users",
       .flags = pagination_flags(),
       .run = list_users},
      {.words = "auth users create",
       .summary = "Create a user",
       .flags = {id_flag("Id of the user", true)},
       .run = create_user},
      {.words = "auth users delete",
       .summary = "Delete a user",
       .flags = {id_flag("Id of the user", true)},
       .run = delete_user},
      {.words = "auth users credentials", .summary = "Manage the keys of a user"},
      {.words = "auth users credentials create",
       .summary = "Create a key and show its secret, once",
       .flags = {id_flag("Id of the user; yourself if it is not given", false)},
       .run = create_credentials},
      {.words = "auth users credentials delete",
       .summary = "Delete a key",
       .flags = {id_flag("Id of the user; yourself if it is not given", false),
                 {.name = "access-key-id", .text = "Id of the key", .required = true}},
       .run = delete_credentials},
      {.words = "auth users credentials list",
       .summary = "List the keys of a user",
       .flags = flags_of(
           pagination_flags(),
           std::vector<FlagSpec>{id_flag("Id of the user; yourself if it is not given", false)}),
       .run = list_credentials},
      {.words = "auth users groups", .summary = "Look at the groups of a user"},
      {.words = "auth users groups list",
       .summary = "List the groups of a user",
       .flags =
           flags_of(pagination_flags(), std::vector<FlagSpec>{id_flag("Id of the user", true)}),
       .run = list_user_groups},
      {.words = "auth users policies", .summary = "Manage the policies of a user"},
      {.words = "auth users policies list",
       .summary = "List the policies of a user",
       .flags = flags_of(
           pagination_flags(),
           std::vector<FlagSpec>{
               id_flag("Id of the user", true),
               {.name = "effective", .kind = FlagKind::kBool, .text = "Also those of the groups"}}),
       .run = list_user_policies},
      {.words = "auth users policies attach",
       .summary = "Attach a policy to a user",
       .flags = {id_flag("Id of the user", true), policy_flag()},
       .run = attach_user_policy},
      {.words = "auth users policies detach",
       .summary = "Detach a policy from a user",
       .flags = {id_flag("Id of the user", true), policy_flag()},
       .run = detach_user_policy},
      {.words = "auth users aws-iam", .summary = "Manage the IAM principals of a user"},
      {.words = "auth users aws-iam attach",
       .summary = "Attach an IAM principal to a user",
       .flags = {id_flag("Id of the user; yourself if it is not given", false), principal_flag},
       .run = attach_principal},
      {.words = "auth users aws-iam detach",
       .summary = "Detach an IAM principal from a user",
       .flags = {id_flag("Id of the user; yourself if it is not given", false), principal_flag},
       .run = detach_principal},
      {.words = "auth users aws-iam list",
       .summary = "List the IAM principals of a user",
       .flags = flags_of(
           pagination_flags(),
           std::vector<FlagSpec>{id_flag("Id of the user; yourself if it is not given", false)}),
       .run = list_principals},
      {.words = "auth users aws-iam lookup",
       .summary = "Find the user of an IAM principal",
       .flags = {principal_flag},
       .run = look_up_principal},
  };
}

}  // namespace tarn::ctl
