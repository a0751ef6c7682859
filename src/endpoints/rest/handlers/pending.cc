// Operations of the interface that do not exist yet: each answers 501. The list is the work that is
// left; a row leaves it when its handler appears in the file of its tag.
#include "endpoints/rest/handlers.h"

namespace tarn::endpoints::rest::handlers {

#define PENDING(handler, Name)                                                         \
  Task<Result<HandlerResult<api::ops::Name>::Type>> handler(Context, Call,             \
                                                            api::ops::Name::Request) { \
    co_return Error(kNotImplemented);                                                  \
  }

// auth
PENDING(external_principal_login, ExternalPrincipalLogin)
PENDING(sts_login, StsLogin)
PENDING(list_users, ListUsers)
PENDING(create_user, CreateUser)
PENDING(get_user, GetUser)
PENDING(delete_user, DeleteUser)
PENDING(list_groups, ListGroups)
PENDING(create_group, CreateGroup)
PENDING(get_group, GetGroup)
PENDING(delete_group, DeleteGroup)
PENDING(list_policies, ListPolicies)
PENDING(create_policy, CreatePolicy)
PENDING(get_policy, GetPolicy)
PENDING(update_policy, UpdatePolicy)
PENDING(delete_policy, DeletePolicy)
PENDING(list_group_members, ListGroupMembers)
PENDING(add_group_membership, AddGroupMembership)
PENDING(delete_group_membership, DeleteGroupMembership)
PENDING(list_user_credentials, ListUserCredentials)
PENDING(create_credentials, CreateCredentials)
PENDING(delete_credentials, DeleteCredentials)
PENDING(get_credentials, GetCredentials)
PENDING(list_user_groups, ListUserGroups)
PENDING(list_user_policies, ListUserPolicies)
PENDING(attach_policy_to_user, AttachPolicyToUser)
PENDING(detach_policy_from_user, DetachPolicyFromUser)
PENDING(create_user_external_principal, CreateUserExternalPrincipal)
PENDING(delete_user_external_principal, DeleteUserExternalPrincipal)
PENDING(list_user_external_principals, ListUserExternalPrincipals)
PENDING(get_external_principal, GetExternalPrincipal)
PENDING(list_group_policies, ListGroupPolicies)
PENDING(attach_policy_to_group, AttachPolicyToGroup)
PENDING(detach_policy_from_group, DetachPolicyFromGroup)
PENDING(set_group_acl, SetGroupACL)
PENDING(get_group_acl, GetGroupACL)
PENDING(oauth_callback, OauthCallback)

// branches

// internal
PENDING(create_symlink_file, CreateSymlinkFile)
PENDING(set_garbage_collection_rules_preflight, SetGarbageCollectionRulesPreflight)
PENDING(internal_get_garbage_collection_rules, InternalGetGarbageCollectionRules)
PENDING(internal_set_garbage_collection_rules, InternalSetGarbageCollectionRules)
PENDING(internal_delete_garbage_collection_rules, InternalDeleteGarbageCollectionRules)
PENDING(prepare_garbage_collection_commits, PrepareGarbageCollectionCommits)
PENDING(prepare_garbage_collection_commits_async, PrepareGarbageCollectionCommitsAsync)
PENDING(prepare_garbage_collection_commits_status, PrepareGarbageCollectionCommitsStatus)
PENDING(prepare_garbage_collection_uncommitted, PrepareGarbageCollectionUncommitted)
PENDING(create_branch_protection_rule_preflight, CreateBranchProtectionRulePreflight)
PENDING(internal_get_branch_protection_rules, InternalGetBranchProtectionRules)
PENDING(internal_create_branch_protection_rule, InternalCreateBranchProtectionRule)
PENDING(internal_delete_branch_protection_rule, InternalDeleteBranchProtectionRule)
PENDING(get_garbage_collection_config, GetGarbageCollectionConfig)
PENDING(get_usage_report_summary, GetUsageReportSummary)

// objects
PENDING(get_underlying_properties, GetUnderlyingProperties)

// pulls
PENDING(list_pull_requests, ListPullRequests)
PENDING(create_pull_request, CreatePullRequest)
PENDING(get_pull_request, GetPullRequest)
PENDING(update_pull_request, UpdatePullRequest)
PENDING(merge_pull_request, MergePullRequest)

// refs

// repositories
PENDING(get_gc_rules, GetGCRules)
PENDING(set_gc_rules, SetGCRules)
PENDING(delete_gc_rules, DeleteGCRules)
PENDING(get_branch_protection_rules, GetBranchProtectionRules)
PENDING(set_branch_protection_rules, SetBranchProtectionRules)

// staging
PENDING(create_presign_multipart_upload, CreatePresignMultipartUpload)
PENDING(complete_presign_multipart_upload, CompletePresignMultipartUpload)
PENDING(abort_presign_multipart_upload, AbortPresignMultipartUpload)
PENDING(upload_part, UploadPart)
PENDING(upload_part_copy, UploadPartCopy)

#undef PENDING

}  // namespace tarn::endpoints::rest::handlers
