#pragma once

#include "base/error.h"

namespace tarn::actions::lua {

// Errors of State::run. The message is the text that hook records and clients show; limits read
// `runtime error: [string "lua"]:3: … limit …` with a traceback where there is one.

/// The script does not compile: `syntax error: [string "lua"]:1: …`.
inline constexpr ErrorId kScriptSyntax{ErrorKind::kPreconditionFailed, "syntax error"};
/// The script raised an error: `runtime error: …` and a traceback.
inline constexpr ErrorId kScriptFailed{ErrorKind::kPreconditionFailed, "runtime error"};
/// The script called hook.fail; the message is the script's own.
inline constexpr ErrorId kHookFailure{ErrorKind::kPreconditionFailed, "hook failed"};
/// A limit on instructions, memory, output or pattern steps ended the script.
inline constexpr ErrorId kScriptLimit{ErrorKind::kThrottled, "script limit reached"};
/// The deadline ended the script.
inline constexpr ErrorId kScriptTimeout{ErrorKind::kTimeout, "script deadline reached"};
/// The host cancelled the script.
inline constexpr ErrorId kScriptCancelled{ErrorKind::kCancelled, "script cancelled"};

}  // namespace tarn::actions::lua
