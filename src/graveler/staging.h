#pragma once

#include "graveler/records.h"
#include "kv/store.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "sstable/value.h"

#include <optional>
#include <string>
#include <vector>

namespace tarn::graveler {

/// What is staged under a token: a value, or a tombstone that hides what lies below.
inline bool is_tombstone(const Value& value) { return value.identity.empty(); }
inline bool is_tombstone(const sstable::Value& value) { return value.identity.empty(); }

kv::Key staged_key(const StagingToken& token, std::string_view path);

/// The newest staged value of `path` over `tokens` (newest first), tombstones included; absent if
/// none has it.
Task<Result<std::optional<Value>>> find_staged(Context ctx, kv::Store& store,
                                               std::vector<StagingToken> tokens, std::string path);

/// Walks what is staged over several tokens, newest first, in order of paths; of one path the
/// newest. Tombstones are shown. Not thread-safe.
class StagedCursor {
 public:
  StagedCursor(kv::Store& store, std::vector<StagingToken> tokens, std::string prefix,
               std::size_t page_hint);

  /// To the first path at or after `path` (within the prefix).
  Task<Result<void>> seek(Context ctx, std::string path);
  /// To the next path if that needs no I/O; else false, and `load_next` does it.
  bool step();
  Task<Result<void>> load_next(Context ctx);
  bool valid() const { return current_ != nullptr; }
  // Need valid(); they live until the cursor moves.
  const std::string& key() const;
  const sstable::Value& value() const;

 private:
  struct Source {
    StagingToken token;
    std::vector<kv::Entry> rows;
    /// Of the rows, into which they point.
    std::vector<sstable::Value> values;
    std::size_t at = 0;
    bool more = false;
    std::string resume;

    bool at_end() const { return at == rows.size(); }
  };

  Task<Result<void>> load(Context ctx, Source& source, std::string start);
  Task<Result<void>> refill(Context ctx);
  void choose();

  kv::Store& store_;
  const std::string prefix_;
  std::size_t page_size_;
  std::vector<Source> sources_;
  Source* current_ = nullptr;
};

}  // namespace tarn::graveler
