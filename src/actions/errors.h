#pragma once

#include "base/error.h"

namespace tarn::actions {

/// An action file that cannot be used, or a hook whose properties make no sense. The author of the
/// file can react to it, so it is no error of the server.
inline constexpr ErrorId kInvalidAction{ErrorKind::kPreconditionFailed, "invalid action"};
/// A hook ran and said no. The message is the hook's own.
inline constexpr ErrorId kHookFailed{ErrorKind::kPreconditionFailed, "hook failed"};
/// An `if` expression that has no boolean value.
inline constexpr ErrorId kConditionFailed{ErrorKind::kPreconditionFailed,
                                          "hook 'if' expression should evaluate to a boolean"};
/// A variable that an action refers to is not set.
inline constexpr ErrorId kMissingVariable{ErrorKind::kPreconditionFailed, "missing env var"};
inline constexpr ErrorId kRunNotFound{ErrorKind::kNotFound, "not found"};
/// Runs are listed by branch or by commit.
inline constexpr ErrorId kConflictingFilters{
    ErrorKind::kInvalid, "can't use both branchID and MergedCommitID: parameters conflict"};

}  // namespace tarn::actions
