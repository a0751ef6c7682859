#pragma once

#include "action_file/action.h"
#include "actions/errors.h"

/// Action files in the words of this module.
namespace tarn::actions {

using action_file::Action;
using action_file::FileTriggers;
using action_file::HookRetry;
using action_file::HookSpec;
using action_file::HookType;
using action_file::parse_action;

}  // namespace tarn::actions
