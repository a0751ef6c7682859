#pragma once

#include "runtime/task.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>

namespace tarn {

/// Owns background work: no task outlives its group. Thread-safe.
/// Close it (and wait) before what its tasks use is destroyed; the destructor asserts that nothing
/// is left.
class TaskGroup {
 public:
  TaskGroup();
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task` on `executor`; false (and the task is dropped unstarted) once the group is
  /// closed. A task must not throw; an exception is logged as a bug.
  bool spawn(const boost::asio::any_io_executor& executor, Task<void> task);
  /// Refuses new work from now on.
  void close();
  /// Waits until no task runs. Call close() first.
  Task<void> join();
  /// The same for a thread that is not a loop.
  void join_blocking();
  std::size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tarn
