#pragma once

#include "base/json.h"
#include "tables/delta_action.h"
#include "tables/delta_checkpoint_name.h"
#include "tables/object_reader.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// A Delta table that cannot be exported; the message names the file and what is wrong with it.
inline constexpr ErrorId kBadDelta{ErrorKind::kInvalid, "invalid Delta table"};

/// The folder of a table's log, below the table's.
inline constexpr std::string_view kDeltaLogFolder = "_delta_log/";

/// `00000000000000000007.json`: the name of a version in the log.
std::string delta_file_name(std::uint64_t version);
/// The other way round; nothing for the names of other files.
std::optional<std::uint64_t> parse_delta_file_name(std::string_view name);

/// What a log's folder holds.
struct DeltaListing {
  /// Sizes of versions.
  std::map<std::uint64_t, std::uint64_t> sizes;
  DeltaCheckpoints checkpoints;
  /// The first version from which on none is missing; 0 when there are none.
  std::uint64_t unbroken_from() const;
};
/// Of the table below `prefix`. Errors: those of the reader.
Task<Result<DeltaListing>> list_delta_folder(Context ctx, ObjectReader& reader, std::string prefix);

/// The log of a Delta table (https://github.com/delta-io/delta/blob/master/PROTOCOL.md): version 0
/// and those that follow it, or, where version 0 is gone, a checkpoint and those that follow that.
struct DeltaLog {
  /// Of the table: a path with a slash at its end, or empty.
  std::string prefix = {};
  /// Sizes of the versions in files of their own: all those of the folder, also some before the
  /// checkpoint.
  std::map<std::uint64_t, std::uint64_t> sizes = {};
  /// The newest whole one behind which no version is missing; nothing where version 0 is there.
  std::optional<DeltaCheckpoint> checkpoint = {};
  /// Behind the last version.
  std::uint64_t end = 0;
  /// From here on every version has a file of its own.
  std::uint64_t unbroken_from = 0;

  /// The first version that the table has.
  std::uint64_t begin() const { return checkpoint ? checkpoint->version : 0; }
  /// The first file of those that are part of it: that of its checkpoint's version, if it is there.
  std::uint64_t first_file() const;
  std::string path_of(std::uint64_t version) const;
};

/// Errors kBadDelta: there are no versions, one is missing, or the first ones are and there is no
/// whole checkpoint behind which none is.
Result<DeltaLog> choose_delta_log(DeltaListing found, std::string prefix);
/// Both at once.
Task<Result<DeltaLog>> list_delta_log(Context ctx, ObjectReader& reader, std::string prefix);

/// Where the files of an action lie in the repository; nothing for what is elsewhere.
struct DeltaPlaces {
  std::optional<std::string> object;
  std::optional<std::string> vector;
};
/// For the table below `prefix`. Errors kBadDeltaAction.
Result<DeltaPlaces> locate_delta_file(const DeltaFile& file, std::string_view prefix);

/// Columns in the form of Glue, those that partition the table among them, of a `schemaString`.
/// Errors kBadDelta.
Result<Json> delta_columns(std::string_view schema_string);

}  // namespace tarn::tables
