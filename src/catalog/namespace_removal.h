#pragma once

#include "block/adapter.h"
#include "names/ids.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstdint>
#include <string>

namespace tarn::catalog {

/// Deletes what repositories write below their storage namespace: every object under `data/` and
/// under `tables_prefix` (`_lakefs`). Whatever else lies there stays. The marker `dummy`, which
/// keeps others from taking the namespace, goes last, so a removal that was cut short can be
/// repeated. Returns how many objects it deleted. Holds one page of keys.
Task<Result<std::uint64_t>> remove_namespace_data(Context ctx, block::Adapter& blocks,
                                                  StorageNamespace storage_namespace,
                                                  std::string tables_prefix);

}  // namespace tarn::catalog
