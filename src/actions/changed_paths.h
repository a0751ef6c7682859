#pragma once

#include "graveler/hooks.h"
#include "graveler/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <string>
#include <vector>

namespace tarn::actions {

/// Whether what the event's operation changes (against the first parent; before a commit, what is
/// staged) has a path that one of the globs (path_glob) matches. Stops at the first one; otherwise
/// reads all changes below what the patterns begin with.
Task<Result<bool>> changes_match(Context ctx, graveler::VersionStore& versions,
                                 const graveler::HookRecord& record,
                                 std::vector<std::string> globs);

}  // namespace tarn::actions
