#pragma once

#include "base/error.h"

namespace tarn::kv {

/// No row of that key.
inline constexpr ErrorId kKeyNotFound{ErrorKind::kNotFound, "key not found"};
/// set_if: the row is not as expected; someone else won.
inline constexpr ErrorId kPredicateFailed{ErrorKind::kConflict, "predicate failed"};
/// set_if or set over a network: it may have been applied. Re-read.
inline constexpr ErrorId kUnknownOutcome{ErrorKind::kUnknownOutcome, "write may have been applied"};
inline constexpr ErrorId kMissingPartition{ErrorKind::kInvalid, "missing partition key"};
inline constexpr ErrorId kMissingKey{ErrorKind::kInvalid, "missing key"};
inline constexpr ErrorId kSlowDown{ErrorKind::kThrottled, "slow down"};

}  // namespace tarn::kv
