#pragma once

#include "base/error.h"

namespace tarn::tables {

/// A table descriptor that cannot be used; the message begins with its file and names the field.
inline constexpr ErrorId kBadDescriptor{ErrorKind::kInvalid, "invalid table descriptor"};
/// A TableInput that Glue would refuse; the message names the member.
inline constexpr ErrorId kBadTableInput{ErrorKind::kInvalid, "invalid table input"};
/// Objects that no manifest can list.
inline constexpr ErrorId kBadManifest{ErrorKind::kInvalid, "cannot be listed in a manifest"};

}  // namespace tarn::tables
