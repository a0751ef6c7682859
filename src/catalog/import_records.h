#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "graveler/records.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tarn::catalog {

/// What is known of an import, while it runs and for a day after. It has ended when it is completed
/// or has an error.
struct ImportRecord {
  std::string id;
  bool completed = false;
  WallTime updated_at;
  /// Found so far; of a completed import those in its tree.
  std::int64_t objects = 0;
  MetaRangeId meta_range_id;
  std::optional<graveler::CommitRecord> commit;
  std::string error;
  /// Its commit is on the way to the branch.
  bool committing = false;

  bool ended() const { return completed || !error.empty(); }
};

Bytes encode(const ImportRecord& record);
/// Errors: kCorruption.
Result<ImportRecord> decode_import(ByteView bytes);

}  // namespace tarn::catalog
