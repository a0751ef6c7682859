#pragma once

#include "base/json.h"
#include "tables/delta_action.h"
#include "tables/object_reader.h"

#include <cstdint>
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

/// The log of a Delta table (https://github.com/delta-io/delta/blob/master/PROTOCOL.md): version 0
/// and those that follow it.
struct DeltaLog {
  /// Of the table: a path with a slash at its end, or empty.
  std::string prefix;
  /// Sizes of the files, by version.
  std::vector<std::uint64_t> sizes;

  std::string path_of(std::uint64_t version) const;
};

/// Errors: kBadDelta when there are no versions, one is missing, or the first ones are; those of
/// the reader.
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
