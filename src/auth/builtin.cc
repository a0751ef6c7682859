#include "auth/builtin.h"

namespace tarn::auth {
namespace {

constexpr BuiltinPolicy kPolicies[] = {
    {"FSFullAccess", "fs:*"},
    {"FSReadWriteAll",
     "fs:Read* fs:List* fs:WriteObject fs:DeleteObject fs:RevertBranch fs:CreateBranch "
     "fs:CreateTag fs:DeleteBranch "
     "fs:DeleteTag fs:CreateCommit"},
    {"FSReadAll", "fs:List* fs:Read*"},
    {"RepoManagementFullAccess", "ci:* retention:* branches:* pr:* fs:ReadConfig"},
    {"PRReadWriteAll", "pr:*"},
    {"CatalogReadAll",
     "catalog:ListNamespaces catalog:GetNamespace catalog:ListTables catalog:ReadTable "
     "catalog:ListViews catalog:ReadView"},
    {"CatalogReadWriteAll", "catalog:*"},
    {"RepoManagementReadAll",
     "ci:Read* retention:Get* branches:Get* pr:Read* pr:List* fs:ReadConfig"},
    {"AuthFullAccess", "auth:*"},
    {"AuthManageOwnCredentials",
     "auth:CreateCredentials auth:DeleteCredentials auth:ListCredentials auth:ReadCredentials",
     "arn:lakefs:auth:::user/${user}"},
};

constexpr BuiltinGroup kGroups[] = {
    {kAdminsGroup, "FSFullAccess CatalogReadWriteAll AuthFullAccess RepoManagementFullAccess"},
    {"SuperUsers",
     "FSFullAccess CatalogReadWriteAll AuthManageOwnCredentials RepoManagementReadAll"},
    {"Developers",
     "FSReadWriteAll PRReadWriteAll CatalogReadWriteAll AuthManageOwnCredentials "
     "RepoManagementReadAll"},
    {"Viewers", "FSReadAll CatalogReadAll AuthManageOwnCredentials"},
};

}  // namespace

std::span<const BuiltinPolicy> builtin_policies() { return kPolicies; }
std::span<const BuiltinGroup> builtin_groups() { return kGroups; }

}  // namespace tarn::auth
