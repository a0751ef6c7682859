#pragma once

#include "base/error.h"
#include "tables/json_text.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// A line of a Delta log that cannot be used; the message says what is wrong with it.
inline constexpr ErrorId kBadDeltaAction{ErrorKind::kInvalid, "invalid Delta action"};

/// The members of a `deletionVector` that say where it lies.
struct DeltaVector {
  /// `u`, `p` or `i` (inline), as the Delta protocol calls them.
  std::string storage_type;
  std::string path_or_inline;
  TextSpan storage_type_at;
  TextSpan path_at;
};

/// What an `add`, `remove` or `cdc` action of a line names.
struct DeltaFile {
  /// The action's word.
  std::string kind;
  /// As the log has it: a URI, mostly relative to the table.
  std::string path;
  TextSpan path_at;
  /// Of `add` and `remove`.
  std::optional<DeltaVector> vector;
};

/// The files that one line of a Delta log names; none for actions of other kinds. Errors:
/// kBadDeltaAction for what is no JSON object, and for an action without a path.
Result<std::vector<DeltaFile>> find_delta_files(std::string_view line);

}  // namespace tarn::tables
