#pragma once

#include "base/error.h"

namespace tarn::action_file {

/// An action file that cannot be used, or a hook whose properties make no sense. The author of the
/// file can react to it, so it is no error of the server.
inline constexpr ErrorId kInvalidAction{ErrorKind::kPreconditionFailed, "invalid action"};

}  // namespace tarn::action_file
