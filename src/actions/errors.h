#pragma once

#include "action_file/errors.h"
#include "base/error.h"

namespace tarn::actions {

using action_file::kInvalidAction;
/// A hook ran and said no. The message is the hook's own.
inline constexpr ErrorId kHookFailed{ErrorKind::kPreconditionFailed, "hook failed"};
/// An `if` expression that has no boolean value.
inline constexpr ErrorId kConditionFailed{ErrorKind::kPreconditionFailed,
                                          "hook 'if' expression should evaluate to a boolean"};
/// A variable that an action refers to is not set.
inline constexpr ErrorId kMissingVariable{ErrorKind::kPreconditionFailed, "missing env var"};
inline constexpr ErrorId kActionNotFound{ErrorKind::kNotFound, "nothing to run"};
inline constexpr ErrorId kActionsOff{ErrorKind::kUnsupported,
                                     "actions are switched off (actions.enabled)"};
inline constexpr ErrorId kRunNotFound{ErrorKind::kNotFound, "not found"};
/// Runs are listed by branch or by commit.
inline constexpr ErrorId kConflictingFilters{
    ErrorKind::kInvalid, "can't use both branchID and MergedCommitID: parameters conflict"};

}  // namespace tarn::actions
