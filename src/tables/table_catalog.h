#pragma once

#include "base/json.h"
#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/glue_partitions.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

struct PartitionChanges {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t deleted = 0;
};

/// One database of a catalog of tables, which are in the form of Glue's API. Everything is
/// repeatable: what is there already is updated, what is gone already is not missed, whatever
/// became of an earlier try. Not to be used for one table by two tasks at once.
class TableCatalog {
 public:
  virtual ~TableCatalog() = default;

  virtual const std::string& database() const = 0;
  /// The same catalog's other database.
  virtual std::unique_ptr<TableCatalog> other(std::string database) const = 0;
  /// Names of all databases.
  virtual Task<Result<std::vector<std::string>>> databases(Context ctx) = 0;
  /// Makes this database; tells whether it is new.
  virtual Task<Result<bool>> create_database(Context ctx) = 0;

  /// The Table, or nothing.
  virtual Task<Result<std::optional<Json>>> find_table(Context ctx, std::string table) = 0;
  /// Every Table of the database; none if there is no such database.
  virtual Task<Result<std::vector<Json>>> tables(Context ctx) = 0;
  virtual Task<Result<void>> update_table(Context ctx, Json table_input) = 0;
  /// Also when it is not there.
  virtual Task<Result<void>> delete_table(Context ctx, std::string table) = 0;

  /// Creates or updates partitions of the table that `table_input` describes. `exist` guesses which
  /// it will mostly be; a wrong guess costs time. Errors: kBadPartition for what is refused.
  virtual Task<Result<PartitionChanges>> put_partitions(Context ctx, Json table_input,
                                                        std::vector<GluePartition> partitions,
                                                        bool exist) = 0;
  /// Gives how many were there.
  virtual Task<Result<std::uint64_t>> delete_partitions(
      Context ctx, std::string table, std::vector<std::vector<std::string>> values) = 0;
  virtual Task<Result<std::vector<GluePartition>>> partitions(Context ctx, std::string table) = 0;
  /// Those that there are of these.
  virtual Task<Result<std::vector<GluePartition>>> find_partitions(
      Context ctx, std::string table, std::vector<std::vector<std::string>> values) = 0;

  struct Registered {
    bool created = false;
    PartitionChanges partitions;
  };
  /// Creates the table, or updates the export that has its name, with exactly these partitions;
  /// without a list their records are not touched. A table that this call created and could not
  /// finish is removed again. Errors: kForeignTable when there is one of that name that is no
  /// export.
  virtual Task<Result<Registered>> register_table(
      Context ctx, Json table_input, std::optional<std::vector<GluePartition>> partitions) = 0;
};

/// Whether a location lies in a folder of exports.
bool is_export_location(std::string_view location);
/// Errors kForeignTable unless `table`, as the catalog has it, is an export.
Result<void> require_export(const Json& table, std::string_view database);

}  // namespace tarn::tables
