#pragma once

#include "base/bytes.h"
#include "graveler/refs.h"
#include "kv/store.h"

#include <functional>
#include <string>

namespace tarn::catalog {

/// Removes the rows below `folder` of every repository that `is_old` says are. Stops at the first
/// error, also of `is_old`.
Task<Result<void>> remove_old_rows(Context ctx, kv::Store& store, graveler::Refs& refs,
                                   std::string folder,
                                   std::function<Result<bool>(ByteView row)> is_old);

}  // namespace tarn::catalog
