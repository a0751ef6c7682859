#pragma once

#include "base/error.h"

namespace tarn::sstable {

// Damaged input is tarn::kCorruption and a table of another kind is tarn::kUnsupported; both say
// what is wrong and at which byte of which table.

/// A key that is not above the one before it.
inline constexpr ErrorId kKeysOutOfOrder{ErrorKind::kInvalid,
                                         "keys should be written in ascending order"};
/// A key, identity or data above its limit.
inline constexpr ErrorId kRecordTooLarge{ErrorKind::kInvalid, "record is too large"};

}  // namespace tarn::sstable
