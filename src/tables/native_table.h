#pragma once

#include "base/json.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/descriptor.h"
#include "tables/object_reader.h"

#include <cstddef>
#include <functional>
#include <string>

namespace tarn::tables {

// What exports of tables have in common that engines read without manifests: Iceberg and Delta.

/// The path of the table's folder with a slash at its end, or nothing for the root.
std::string table_prefix(const TableDescriptor& descriptor);

/// A difference between commits of which a table is a part.
struct TableChanges {
  std::string from;
  std::string to;
  std::string prefix;
  std::size_t page_objects = 1000;
};
/// Whether no object that `matters` was replaced or removed. False, too, when `from` is gone.
/// Errors: those of the reader.
Task<Result<bool>> only_added(Context ctx, ChangeReader& changes, TableChanges difference,
                              std::function<bool(const std::string&)> matters);

/// Glue's TableInput of an external table without partitions: `columns`, `location`, and the
/// members of `storage` and `parameters` go over what the user says. Errors kBadTableInput.
Result<Json> make_native_input(Json columns, std::string name, std::string location,
                               const Json& storage, const Json& parameters, Json user_input);

}  // namespace tarn::tables
