#pragma once

#include "base/error.h"

namespace tarn::tables {

/// A table descriptor that cannot be used; the message begins with its file and names the field.
inline constexpr ErrorId kBadDescriptor{ErrorKind::kInvalid, "invalid table descriptor"};
/// A TableInput that Glue would refuse; the message names the member.
inline constexpr ErrorId kBadTableInput{ErrorKind::kInvalid, "invalid table input"};
/// Partitions that a catalog cannot hold; the message names their folder.
inline constexpr ErrorId kBadPartition{ErrorKind::kInvalid, "invalid partition"};
/// A table of the wanted name that is no export, or another's.
inline constexpr ErrorId kForeignTable{ErrorKind::kAlreadyExists, "table is not this export's"};
/// No table of that name in the catalog.
inline constexpr ErrorId kTableNotFound{ErrorKind::kNotFound, "table not found"};
/// Objects that no manifest can list.
inline constexpr ErrorId kBadManifest{ErrorKind::kInvalid, "cannot be listed in a manifest"};

}  // namespace tarn::tables
