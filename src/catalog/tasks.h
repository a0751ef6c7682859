#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/rng.h"
#include "catalog/task_records.h"
#include "graveler/refs.h"
#include "kv/store.h"
#include "runtime/cancel.h"
#include "runtime/context.h"
#include "runtime/loops.h"
#include "runtime/task.h"
#include "runtime/task_group.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tarn::catalog {

/// No task of that id and kind in the repository.
inline constexpr ErrorId kTaskNotFound{ErrorKind::kNotFound, "not found"};

/// Ids of tasks begin with their kind's prefix; the texts are lakeFS's.
struct TaskKind {
  std::string_view prefix;
  std::string_view operation;
};
inline constexpr TaskKind kDumpRefsTask{"DR", "dump_refs"};
inline constexpr TaskKind kRestoreRefsTask{"RR", "restore_refs"};
inline constexpr TaskKind kExportTask{"EX", "export_tables"};

/// How long records outlive the last thing that happened to them.
inline constexpr std::chrono::hours kTaskKeptFor{24};

/// Work that goes on after its request was answered, with a record in the repository's KV partition
/// that tells how it goes. Thread-safe.
class Tasks {
 public:
  /// How an error is told to clients: text and HTTP status.
  struct Failure {
    std::string message;
    std::int32_t status_code = 0;
  };
  struct Services {
    kv::Store& kv;
    const Clock& clock;
    Rng& rng;
    Loops& loops;
    std::function<Failure(const Error&)> describe;
  };
  explicit Tasks(Services services);
  /// As stop().
  ~Tasks() { stop(); }
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  using Progress = std::shared_ptr<std::atomic<std::int64_t>>;
  /// Returns what the record is to keep as its result. The context is cancelled at shutdown.
  using Work = std::function<Task<Result<Bytes>>(Context ctx, Progress progress)>;

  /// The id of a new task, whose record is there when this returns. Errors: kUnavailable (shutting
  /// down).
  Task<Result<std::string>> start(Context ctx, graveler::RepositoryPtr repository, TaskKind kind,
                                  Work work);
  /// One whose server is gone is done, with an error. Errors: kTaskNotFound.
  Task<Result<TaskRecord>> status(Context ctx, graveler::RepositoryPtr repository, TaskKind kind,
                                  std::string id);
  /// Removes the records of all repositories that were kept long enough.
  Task<Result<void>> expire(Context ctx, graveler::Refs& refs);
  /// Cancels what runs and waits until its records say so. Not from a loop's thread.
  void stop();

 private:
  Task<void> run(Context ctx, std::string partition, TaskRecord record, Work work);
  /// Keeps the record's time going until cancelled.
  Task<void> beat(Context ctx, std::string partition, TaskRecord record, Progress progress);
  Task<Result<void>> write(Context ctx, std::string partition, TaskRecord record);

  Services services_;
  /// Of this process.
  const std::string owner_;
  CancelSource stop_;
  TaskGroup running_;
};

}  // namespace tarn::catalog
