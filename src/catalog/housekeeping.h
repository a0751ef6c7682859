#pragma once

#include "runtime/cancel.h"
#include "runtime/context.h"
#include "runtime/loops.h"
#include "runtime/task.h"
#include "runtime/task_group.h"

#include <chrono>
#include <functional>
#include <string>

namespace tarn::catalog {

/// Work that comes around: each job runs at once and then again an interval after it ended, on a
/// loop of its own choice. A job that fails is logged and comes around all the same. Thread-safe.
class Housekeeping {
 public:
  using Job = std::function<Task<Result<void>>(Context ctx)>;

  explicit Housekeeping(Loops& loops) : loops_(loops) {}
  /// As stop().
  ~Housekeeping() { stop(); }
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  /// `name` is for the log.
  void start(std::string name, std::chrono::nanoseconds interval, Job job);
  /// Cancels what runs and waits for it. Not from a loop's thread.
  void stop();

 private:
  Task<void> run(std::string name, std::chrono::nanoseconds interval, Job job);

  Loops& loops_;
  CancelSource stop_;
  TaskGroup running_;
};

}  // namespace tarn::catalog
