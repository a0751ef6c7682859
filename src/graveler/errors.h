#pragma once

#include "base/error.h"

namespace tarn::graveler {

// The texts are lakeFS's: its clients match on some of them, its messages embed all of them.
inline constexpr ErrorId kNotFound{ErrorKind::kNotFound, "not found"};
inline constexpr ErrorId kRepositoryNotFound{ErrorKind::kNotFound, "repository not found"};
inline constexpr ErrorId kBranchNotFound{ErrorKind::kNotFound, "branch not found"};
inline constexpr ErrorId kTagNotFound{ErrorKind::kNotFound, "tag not found"};
inline constexpr ErrorId kCommitNotFound{ErrorKind::kNotFound, "commit not found"};
/// A path is not in the tree.
inline constexpr ErrorId kObjectNotFound{ErrorKind::kNotFound, "not found"};
inline constexpr ErrorId kNotUnique{ErrorKind::kAlreadyExists, "not unique"};
inline constexpr ErrorId kBranchExists{ErrorKind::kAlreadyExists,
                                       "branch already exists: not unique"};
inline constexpr ErrorId kTagExists{ErrorKind::kAlreadyExists, "tag already exists: not unique"};
inline constexpr ErrorId kCommitExists{ErrorKind::kAlreadyExists,
                                       "commit already exists: not unique"};
inline constexpr ErrorId kConflict{ErrorKind::kConflict, "conflict found"};
inline constexpr ErrorId kRepositoryInDeletion{ErrorKind::kNotFound, "repository in deletion"};
inline constexpr ErrorId kNoChanges{ErrorKind::kInvalid, "no changes"};
inline constexpr ErrorId kDirtyBranch{ErrorKind::kInvalid, "uncommitted changes (dirty branch)"};
inline constexpr ErrorId kSourceMetaRangeOnDirtyBranch{
    ErrorKind::kInvalid, "cannot use source MetaRange on a branch with uncommitted changes"};
inline constexpr ErrorId kWriteToProtectedBranch{ErrorKind::kForbidden,
                                                 "cannot write to protected branch"};
inline constexpr ErrorId kCommitToProtectedBranch{ErrorKind::kForbidden,
                                                  "cannot commit to protected branch"};
inline constexpr ErrorId kReadOnlyRepository{ErrorKind::kForbidden, "read-only repository"};
inline constexpr ErrorId kDeleteDefaultBranch{ErrorKind::kForbidden,
                                              "cannot delete repository default branch"};
/// A parent number beyond what a commit has.
inline constexpr ErrorId kInvalidRef{ErrorKind::kInvalid, "invalid value: validation error"};
inline constexpr ErrorId kNoMergeBase{ErrorKind::kInvalid, "no merge base"};
inline constexpr ErrorId kRevertParentNeeded{
    ErrorKind::kConflict, "must specify 1-based parent number for reverting merge commit"};
inline constexpr ErrorId kPickParentNeeded{
    ErrorKind::kInvalid, "must specify 1-based parent number for cherry-picking merge commit"};
inline constexpr ErrorId kParentOutOfRange{ErrorKind::kInvalid,
                                           "given commit does not have the given parent number"};
inline constexpr ErrorId kStagingNotACommit{ErrorKind::kInvalid,
                                            "reference to staging area with $ is not a commit"};
inline constexpr ErrorId kBranchFromStaging{ErrorKind::kInvalid,
                                            "can't create a branch without commit"};
inline constexpr ErrorId kPreconditionFailed{ErrorKind::kPreconditionFailed, "precondition failed"};
inline constexpr ErrorId kTooManyTries{ErrorKind::kThrottled, "too many tries"};
inline constexpr ErrorId kMetaRangeNotFound{ErrorKind::kNotFound, "metarange not found"};
inline constexpr ErrorId kNamespaceInUse{ErrorKind::kInvalid, "storage namespace already in use"};
inline constexpr ErrorId kNamespaceInaccessible{ErrorKind::kInvalid, "failed to access storage"};
inline constexpr ErrorId kKeysTooMany{ErrorKind::kInvalid, "invalid value"};
/// A hook refused the operation. The message names event, run and reason.
inline constexpr ErrorId kHookAborted{ErrorKind::kPreconditionFailed, "hook aborted"};

}  // namespace tarn::graveler
