#pragma once

#include "runtime/blocking_pool.h"
#include "runtime/semaphore.h"
#include "tables/iceberg_manifest.h"
#include "tables/iceberg_objects.h"
#include "tables/position_deletes.h"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace tarn::tables {

/// What became of a file of deletes by position.
struct IcebergDeletesOutcome {
  /// The file with other addresses; nothing where it stays.
  std::optional<IcebergDeletesFile> now = {};
  /// It depends on objects of the table's folder only that are there.
  bool inside = true;
  /// Why it cannot be translated; empty if it can.
  std::string wrong = {};
};

/// Writes a table's files of deletes by position again, with the addresses of data in the store for
/// those in the repository, one at a time: a file is held in memory. To be awaited on a loop.
class IcebergDeletes {
 public:
  using Write = std::function<Task<Result<void>>(std::string name, Bytes content)>;

  /// `objects` and `pool` (null = work happens on the loop) outlive it. `folder` is where `write`
  /// writes.
  IcebergDeletes(IcebergObjects& objects, std::string folder, Write write, BlockingPool* pool)
      : objects_(objects), folder_(std::move(folder)), write_(std::move(write)), pool_(pool) {}

  /// `file` is there. Each file is translated once, and stays if it names nothing of the repository
  /// that is there: files of data that are gone are of no concern to what is left of the deletes.
  /// Errors: those of the reader, the writer and the pool.
  Task<Result<IcebergDeletesOutcome>> translate(IcebergObject file, std::string format);

 private:
  Task<Result<IcebergDeletesOutcome>> make(IcebergObject file, std::string format);

  IcebergObjects& objects_;
  const std::string folder_;
  const Write write_;
  BlockingPool* const pool_;
  AsyncSemaphore one_{1};
  /// By path.
  std::map<std::string, IcebergDeletesOutcome, std::less<>> done_;
};

}  // namespace tarn::tables
