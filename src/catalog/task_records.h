#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "graveler/refs_dump.h"

#include <cstdint>
#include <string>

namespace tarn::catalog {

/// What is kept of a background task.
struct TaskRecord {
  std::string id;
  bool done = false;
  /// Goes on while the task runs; one that stands still has lost its server.
  WallTime updated_at;
  /// Counts what the operation counts.
  std::int64_t progress = 0;
  /// Empty unless it failed.
  std::string error;
  /// HTTP's, of the error; 0 without one.
  std::int32_t status_code = 0;
  /// `dump_refs` and the like.
  std::string operation;
  /// The server process that runs it.
  std::string owner;
  /// The operation's result, encoded; empty before the end and for those without one.
  Bytes info;
};

// Codecs. Decoding errors: kCorruption.
Bytes encode(const TaskRecord& record);
Result<TaskRecord> decode_task(ByteView bytes);
Bytes encode_dump_info(const graveler::RefsDump& dump);
Result<graveler::RefsDump> decode_dump_info(ByteView bytes);

}  // namespace tarn::catalog
