#pragma once

#include "actions/run_order.h"
#include "kv/store.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <string>
#include <vector>

namespace tarn::actions {

/// Runs that are ordered and have not ended: rows of the KV partition `actions-queue`, keyed by
/// run. Thread-safe.
class RunQueue {
 public:
  /// The store outlives the queue.
  explicit RunQueue(kv::Store& kv) : kv_(kv) {}

  /// Writes the row, or writes it anew. Durable when it returns.
  Task<Result<void>> put(Context ctx, RunOrder order);
  /// Repeatable.
  Task<Result<void>> remove(Context ctx, std::string run_id);
  /// All rows, oldest runs first. A row that cannot be read is left out and logged.
  Task<Result<std::vector<StoredOrder>>> load(Context ctx);

 private:
  kv::Store& kv_;
};

}  // namespace tarn::actions
