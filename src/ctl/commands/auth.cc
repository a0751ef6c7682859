// `auth groups` and `auth policies`.
#include "base/json.h"
#include "ctl/commands/all.h"
#include "ctl/commands/auth_common.h"
#include "ctl/errors.h"
#include "ctl/format.h"
#include "ctl/transfer/source.h"

namespace tarn::ctl {
namespace {

namespace ops = api::ops;
namespace dto = api::dto;

constexpr std::size_t kDocumentBytesMax = kMiB;

// Groups.

Result<void> list_groups(Ctl& ctl, const Invocation& call) {
  return print_page<ops::ListGroups>(
      ctl, call.flags, {}, Table({"ID", "Group Name", "Creation Date"}),
      [](Table& table, const dto::Group& group) {
        const std::string name = group.name.value_or("");
        table.add({group.id, name.empty() ? group.id : name, format_date(group.creation_date)});
      });
}

Result<void> create_group(Ctl& ctl, const Invocation& call) {
  api::CreateGroupRequest request;
  request.body.emplace();
  request.body->id = call.flags.text("id");
  TARN_TRY(const dto::Group group, ctl.session().call<ops::CreateGroup>(request));
  ctl.console.print(render_created(ctl.console, "Group", group.id, group.creation_date));
  return {};
}

Result<void> delete_group(Ctl& ctl, const Invocation& call) {
  return perform<ops::DeleteGroup>(ctl, {.group_id = call.flags.text("id")},
                                   "Group deleted successfully\n");
}

Result<void> list_members(Ctl& ctl, const Invocation& call) {
  api::ListGroupMembersRequest request;
  request.group_id = call.flags.text("id");
  return print_page<ops::ListGroupMembers>(
      ctl, call.flags, std::move(request), Table({"User ID"}),
      [](Table& table, const dto::User& user) { table.add({user.id}); });
}

Result<void> add_member(Ctl& ctl, const Invocation& call) {
  return perform<ops::AddGroupMembership>(
      ctl, {.group_id = call.flags.text("id"), .user_id = call.flags.text("user")},
      "User successfully added\n");
}

Result<void> remove_member(Ctl& ctl, const Invocation& call) {
  return perform<ops::DeleteGroupMembership>(
      ctl, {.group_id = call.flags.text("id"), .user_id = call.flags.text("user")},
      "User successfully removed\n");
}

Result<void> list_group_policies(Ctl& ctl, const Invocation& call) {
  api::ListGroupPoliciesRequest request;
  request.group_id = call.flags.text("id");
  return print_page<ops::ListGroupPolicies>(ctl, call.flags, std::move(request), policy_table(),
                                            add_policy);
}

Result<void> attach_group_policy(Ctl& ctl, const Invocation& call) {
  return perform<ops::AttachPolicyToGroup>(
      ctl, {.group_id = call.flags.text("id"), .policy_id = call.flags.text("policy")},
      "Policy attached successfully\n");
}

Result<void> detach_group_policy(Ctl& ctl, const Invocation& call) {
  return perform<ops::DetachPolicyFromGroup>(
      ctl, {.group_id = call.flags.text("id"), .policy_id = call.flags.text("policy")},
      "Policy detached successfully\n");
}

Result<void> get_acl(Ctl& ctl, const Invocation& call) {
  const std::string id = call.flags.text("id");
  TARN_TRY(const dto::ACL acl, ctl.session().call<ops::GetGroupACL>({.group_id = id}));
  ctl.console.print(fmt::format("Group {}:{}\n", id, acl.permission));
  return {};
}

Result<void> set_acl(Ctl& ctl, const Invocation& call) {
  api::SetGroupACLRequest request;
  request.group_id = call.flags.text("id");
  request.body.permission = call.flags.text("permission");
  return perform<ops::SetGroupACL>(ctl, request, "");
}

// Policies.

Result<void> list_policies(Ctl& ctl, const Invocation& call) {
  return print_page<ops::ListPolicies>(
      ctl, call.flags, {}, Table({"Policy ID", "Creation Date"}),
      [](Table& table, const dto::Policy& policy) {
        table.add({policy.id, format_date(policy.creation_date.value_or(0))});
      });
}

/// As Go's encoder writes it: also where it might stand in a page.
std::string escape_markup(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&') {
      out.append(fmt::format("\\u{:04x}", static_cast<unsigned>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

/// The statements as a document that `create` takes, except that a resource which is a JSON array
/// of strings is shown as one.
std::string render_statements(const dto::Policy& policy) {
  Json statements = Json::array();
  for (const dto::Statement& statement : policy.statement) {
    const Result<Json> encoded = parse_json(api::encode(statement));
    const Result<Json> list = parse_json(statement.resource);
    Json shown = Json::object();
    for (const std::string_view key : {"action", "condition", "effect", "resource"}) {
      const Json* value = encoded ? encoded->find(key) : nullptr;
      if (key == "resource" && list && list->is_array()) {
        shown.set(key, *list);
      } else if (value != nullptr) {
        shown.set(key, *value);
      }
    }
    statements.push_back(std::move(shown));
  }
  return escape_markup(Json::object({{"statement", std::move(statements)}}).dump(2));
}

std::string render_policy(const Console& console, const dto::Policy& policy) {
  return fmt::format("\nID: {}\nCreation Date: {}\nStatements:\n{}\n\n",
                     console.paint(color::kBold, policy.id),
                     format_date(policy.creation_date.value_or(0)), render_statements(policy));
}

Result<void> show_policy(Ctl& ctl, const Invocation& call) {
  TARN_TRY(const dto::Policy policy,
           ctl.session().call<ops::GetPolicy>({.policy_id = call.flags.text("id")}));
  ctl.console.print(render_policy(ctl.console, policy));
  return {};
}

/// What a file or stdin (`-`) holds.
Result<std::string> read_document(const std::string& path) {
  TARN_TRY(const UploadSource source, UploadSource::open(path));
  return source.read_all(kDocumentBytesMax);
}

Result<void> create_policy(Ctl& ctl, const Invocation& call) {
  const Result<std::string> text = read_document(call.flags.text("statement-document"));
  if (!text) {
    return with_context(text.error(), "could not open policy document: ");
  }
  const auto unparsable = [](const Error& error) {
    return with_context(error, "could not parse statement JSON document: ");
  };
  const Result<Json> document = parse_json(*text);
  if (!document) {
    return unparsable(document.error());
  }
  const Json* statements = document->find("statement");
  Json body = Json::object();
  body.set("id", call.flags.text("id"));
  body.set("statement", statements != nullptr ? *statements : Json::array());
  Result<dto::Policy> policy = api::decode<dto::Policy>(body.dump());
  if (!policy) {
    return unparsable(policy.error());
  }
  TARN_TRY(const dto::Policy made,
           ctl.session().call<ops::CreatePolicy>({.body = *std::move(policy)}));
  ctl.console.print(ctl.console.paint(color::kGreen, "Policy created successfully.") + "\n" +
                    render_policy(ctl.console, made));
  return {};
}

Result<void> delete_policy(Ctl& ctl, const Invocation& call) {
  return perform<ops::DeletePolicy>(ctl, {.policy_id = call.flags.text("id")},
                                    "Policy deleted successfully\n");
}

}  // namespace

std::vector<Command> auth_commands() {
  const FlagSpec user_flag{.name = "user", .text = "Id of the user", .required = true};
  return {
      {.words = "auth", .summary = "Manage users, groups, policies and credentials"},
      {.words = "auth groups", .summary = "Manage groups"},
      {.words = "auth groups list",
       .summary = "List groups",
       .flags = pagination_flags(),
       .run = list_groups},
      {.words = "auth groups create",
       .summary = "Create a group",
       .flags = {id_flag("Id of the group", true)},
       .run = create_group},
      {.words = "auth groups delete",
       .summary = "Delete a group",
       .flags = {id_flag("Id of the group", true)},
       .run = delete_group},
      {.words = "auth groups members", .summary = "Manage the members of a group"},
      {.words = "auth groups members list",
       .summary = "List the members of a group",
       .flags =
           flags_of(pagination_flags(), std::vector<FlagSpec>{id_flag("Id of the group", true)}),
       .run = list_members},
      {.words = "auth groups members add",
       .summary = "Add a user to a group",
       .flags = {id_flag("Id of the group", true), user_flag},
       .run = add_member},
      {.words = "auth groups members remove",
       .summary = "Remove a user from a group",
       .flags = {id_flag("Id of the group", true), user_flag},
       .run = remove_member},
      {.words = "auth groups policies", .summary = "Manage the policies of a group"},
      {.words = "auth groups policies list",
       .summary = "List the policies of a group",
       .flags =
           flags_of(pagination_flags(), std::vector<FlagSpec>{id_flag("Id of the group", true)}),
       .run = list_group_policies},
      {.words = "auth groups policies attach",
       .summary = "Attach a policy to a group",
       .flags = {id_flag("Id of the group", true), policy_flag()},
       .run = attach_group_policy},
      {.words = "auth groups policies detach",
       .summary = "Detach a policy from a group",
       .flags = {id_flag("Id of the group", true), policy_flag()},
       .run = detach_group_policy},
      {.words = "auth groups acl", .summary = "Manage the access list of a group"},
      {.words = "auth groups acl get",
       .summary = "Show what a group may do",
       .flags = {id_flag("Id of the group", true)},
       .run = get_acl},
      {.words = "auth groups acl set",
       .summary = "Say what a group may do",
       .flags = {id_flag("Id of the group", true),
                 {.name = "permission", .text = "Read, Write, Super or Admin", .required = true}},
       .run = set_acl},
      {.words = "auth policies", .summary = "Manage policies"},
      {.words = "auth policies list",
       .summary = "List policies",
       .flags = pagination_flags(),
       .run = list_policies},
      {.words = "auth policies create",
       .summary = "Create a policy",
       .flags = {id_flag("Id of the policy", true),
                 {.name = "statement-document",
                  .text = "JSON file with the statements; - for stdin",
                  .required = true}},
       .run = create_policy},
      {.words = "auth policies show",
       .summary = "Show a policy",
       .flags = {id_flag("Id of the policy", true)},
       .run = show_policy},
      {.words = "auth policies delete",
       .summary = "Delete a policy",
       .flags = {id_flag("Id of the policy", true)},
       .run = delete_policy},
  };
}

}  // namespace tarn::ctl
