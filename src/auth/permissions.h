#pragma once

#include <string>
#include <string_view>

/// Names of actions and resources, as policies write them.
namespace tarn::auth {

namespace action {
inline constexpr std::string_view kReadRepository = "fs:ReadRepository";
inline constexpr std::string_view kCreateRepository = "fs:CreateRepository";
inline constexpr std::string_view kUpdateRepository = "fs:UpdateRepository";
inline constexpr std::string_view kAttachStorageNamespace = "fs:AttachStorageNamespace";
inline constexpr std::string_view kImportFromStorage = "fs:ImportFromStorage";
inline constexpr std::string_view kImportCancel = "fs:ImportCancel";
inline constexpr std::string_view kDeleteRepository = "fs:DeleteRepository";
inline constexpr std::string_view kListRepositories = "fs:ListRepositories";
inline constexpr std::string_view kReadObject = "fs:ReadObject";
inline constexpr std::string_view kWriteObject = "fs:WriteObject";
inline constexpr std::string_view kDeleteObject = "fs:DeleteObject";
inline constexpr std::string_view kListObjects = "fs:ListObjects";
inline constexpr std::string_view kCreateCommit = "fs:CreateCommit";
inline constexpr std::string_view kReadCommit = "fs:ReadCommit";
inline constexpr std::string_view kListCommits = "fs:ListCommits";
inline constexpr std::string_view kCreateBranch = "fs:CreateBranch";
inline constexpr std::string_view kDeleteBranch = "fs:DeleteBranch";
inline constexpr std::string_view kReadBranch = "fs:ReadBranch";
inline constexpr std::string_view kRevertBranch = "fs:RevertBranch";
inline constexpr std::string_view kListBranches = "fs:ListBranches";
inline constexpr std::string_view kCreateTag = "fs:CreateTag";
inline constexpr std::string_view kDeleteTag = "fs:DeleteTag";
inline constexpr std::string_view kReadTag = "fs:ReadTag";
inline constexpr std::string_view kListTags = "fs:ListTags";
inline constexpr std::string_view kReadConfig = "fs:ReadConfig";
inline constexpr std::string_view kReadAction = "ci:ReadAction";
/// Not lakeFS's: to run actions by hand.
inline constexpr std::string_view kRunAction = "ci:RunAction";
}  // namespace action

/// Builders of `arn:lakefs:…` names.
namespace arn {
inline constexpr std::string_view kAll = "*";
inline std::string repository(std::string_view repository) {
  return std::string("arn:lakefs:fs:::repository/").append(repository);
}
/// Objects are not scoped by reference.
inline std::string object(std::string_view repo, std::string_view path) {
  return repository(repo).append("/object/").append(path);
}
inline std::string branch(std::string_view repo, std::string_view branch) {
  return repository(repo).append("/branch/").append(branch);
}
inline std::string tag(std::string_view repo, std::string_view tag) {
  return repository(repo).append("/tag/").append(tag);
}
inline std::string storage_namespace(std::string_view uri) {
  return std::string("arn:lakefs:fs:::namespace/").append(uri);
}
inline std::string user(std::string_view name) {
  return std::string("arn:lakefs:auth:::user/").append(name);
}
}  // namespace arn

}  // namespace tarn::auth
